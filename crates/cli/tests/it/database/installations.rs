//! Installations of system E: each has its secret, keys and tokens.

use crate::world::World;

#[test]
fn each_installation_has_keys_of_its_own_and_a_token_that_says_what_it_may() {
    for world in World::of_each_database() {
        let made = world.db_json(&["installation", "create", "acme"]);
        assert_eq!(made["name"], "acme");
        world.db_out(&["installation", "create", "Globex Ltd", "--free-devices", "0"]);
        let twice = world.db(&["installation", "create", "acme", "--json"]);
        assert_eq!(twice.failure(), (2, "TAKEN".to_owned()));

        world.db_out(&["secret", "set", "lk", "--installation", "acme", "--secret-env", "SECRET"]);
        let secret = |name: &str| world.db_out(&["secret", "show", "--installation", name]);
        assert_eq!(secret("acme"), "a secret that both sides share");
        assert_ne!(secret("Globex Ltd"), "a secret that both sides share");
        for (form, more) in [("lk1", None), ("lk2", Some("--sql")), ("lk3", Some("--mac"))] {
            let arguments = ["issue", form, "--tier", "PRO-10", "--installation", "acme"];
            let issued = world.db_json(&arguments.into_iter().chain(more).collect::<Vec<_>>());
            assert_eq!(issued["check"]["code"], "VALID", "{form}: {issued}");
            let key = issued["license"].as_str().expect("a key");
            let verified = world.run_with(&["verify", "-", "--secret-env", "SECRET", "--json"], key);
            assert_eq!(verified.json()["code"], "VALID", "{form}");
        }
        let elsewhere =
            ["issue", "lk2", "--tier", "PRO-10", "--company", "Acme", "--secret-env", "SECRET", "--json"];
        let elsewhere = world.run_with(&elsewhere, "").json();
        let key = elsewhere["license"].as_str().expect("a key");
        let wrong = world.db(&["register", "lk2", key, "--installation", "Globex Ltd", "--json"]);
        assert_ne!(wrong.status, 0, "another's secret");
        assert_eq!(world.db(&["register", "lk2", key, "--installation", "acme"]).status, 0);

        let token = |more: &[&str]| {
            world.db_json(&[&["token", "create", "--installation", "acme"][..], more].concat())
        };
        let (plain, reads) = (token(&[]), token(&["--reads-key"]));
        assert!(plain["token"].as_str().is_some_and(|token| token.starts_with("inst-")), "{plain}");
        assert_eq!((&plain["readsKey"], &reads["readsKey"]), (&false.into(), &true.into()));
        assert_eq!(world.db(&["token", "create", "--installation", "acme", "--role", "admin"]).status, 2);
        assert_eq!(world.db(&["token", "create"]).status, 2);

        world.db_out(&["installation", "free", "acme", "5"]);
        let list = world.db_json(&["installation", "list"]);
        let of =
            |name: &str| list.as_array().and_then(|all| all.iter().find(|one| one["name"] == name).cloned());
        let acme = of("acme").expect("it is listed");
        assert_eq!((&acme["maxDevices"], &acme["tier"]), (&5.into(), &"free".into()));
        assert_eq!(of("Globex Ltd").expect("it is listed")["freeDevices"], serde_json::Value::Null);
        assert!(of("own").is_some());
        let people = world.db_out(&["installation", "list"]);
        assert!(people.contains("0 of 5") && people.contains("Globex Ltd"), "{people}");
        let other = world.db(&[
            "secret",
            "set",
            "tier",
            "--installation",
            "acme",
            "--secret-env",
            "SECRET",
            "--json",
        ]);
        assert_eq!(other.failure().0, 2);
    }
}
