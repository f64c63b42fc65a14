//! Installations and their tokens.

use super::*;

#[tokio::test]
async fn a_token_is_bound_to_its_installation_and_reads_its_key_only_where_it_may() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        let caller = stored.caller();
        let make = async |reads_key| {
            let made = stored.engine.create_installation_token(&caller, "acme", reads_key, "rack 7", None);
            made.await.expect("a token").token.expose().to_owned()
        };
        for reads_key in [false, true] {
            let token = make(reads_key).await;
            assert!(token.starts_with("inst-"), "its kind is told");
            let bearer = stored.engine.authenticate(&token).await.expect("asked").expect("known");
            assert_eq!((bearer.role, bearer.installation), (None, Some(copy.id)));
            assert_eq!(bearer.reads_installation_key, reads_key);
            assert!(bearer.must(keyward_engine::token::Permission::LicenseRead).is_err(), "it has no role");
        }
        let none = stored.engine.create_installation_token(&stored.caller(), "nobody", false, "", None).await;
        assert_eq!(none.expect_err("no such installation").code(), "NOT_FOUND");
        let twice = stored.engine.create_installation(&stored.caller(), "acme", None).await;
        assert_eq!(twice.expect_err("taken").code(), "TAKEN");
        for name in ["", " ", "a\nb", &"x".repeat(101)] {
            let bad = stored.engine.create_installation(&stored.caller(), name, None).await;
            assert_eq!(bad.expect_err(name).code(), "INVALID_ARGUMENT");
        }
        let names: Vec<_> =
            stored.engine.installations().await.expect("read").into_iter().map(|row| row.name).collect();
        assert_eq!(names, ["own", "acme"]);
    }
}
