//! Tokens.

use crate::world::World;

#[test]
fn tokens_are_shown_once_and_revoked() {
    for world in World::of_each_database() {
        let mut texts = Vec::new();
        for (role, kind) in [
            ("admin", "admin-"),
            ("developer", "dev-"),
            ("sales-agent", "sales-"),
            ("support-agent", "spprt-"),
            ("read-only", "read-"),
        ] {
            let made = world.db(&["token", "create", "--role", role, "--name", "for a test", "--days", "30"]);
            assert_eq!(made.status, 0, "{}", made.err);
            let text = made.out.trim_end().to_owned();
            assert!(text.starts_with(kind) && text.len() == kind.len() + 64, "{text}");
            assert!(made.err.contains(role) && !made.err.contains(&text), "{}", made.err);
            texts.push(text);
        }
        let list = world.db_json(&["token", "list"]);
        assert_eq!(list.as_array().map(Vec::len), Some(5));
        let table = world.db_out(&["token", "list"]);
        let log = world.db_out(&["audit", "log", "--json"]);
        for text in &texts {
            assert!(!list.to_string().contains(&text[..]) && !table.contains(&text[..]));
            assert!(!log.contains(&text[..]));
        }
        let id = list[1]["id"].as_str().expect("an id");
        assert!(world.db_out(&["token", "revoke", id]).contains("revoked"));
        assert_eq!(world.db_json(&["token", "list"])[1]["state"], "revoked");
        assert_eq!(world.db(&["token", "revoke", id, "--json"]).failure(), (2, "NOT_FOUND".to_owned()));
        let wrong = world.db(&["token", "create", "--role", "owner"]);
        assert!(wrong.status == 2 && wrong.err.contains("support-agent"), "{}", wrong.err);
        let past = world.db(&["token", "create", "--role", "admin", "--expires", "2020-01-01", "--json"]);
        assert_eq!(past.failure(), (2, "INVALID_ARGUMENT".to_owned()));
    }
}
