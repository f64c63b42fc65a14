//! Keys that were made elsewhere.

use serde_json::json;

use super::first_column;
use crate::world::World;

#[test]
fn a_pool_made_offline_is_taken_in() {
    for world in World::of_each_database() {
        let offline = world.out(&["issue", "pool", "--offline", "--count", "100", "--duration", "5d"]);
        let keys = first_column(&offline);
        let input = format!("{}\n\n hello\nABC\n{}\n", keys.join("\n"), keys[0]);
        let run = world.db_with(&["register", "pool", "-", "--duration", "5d", "--json"], &input);
        let report = run.json();
        assert_eq!(
            (run.status, &report["read"], &report["taken"]),
            (1, &json!(103), &json!(100)),
            "{report}"
        );
        let codes: Vec<_> =
            report["skipped"].as_array().expect("a list").iter().map(|s| (&s["line"], &s["code"])).collect();
        assert_eq!(
            codes,
            [
                (&json!(102), &json!("MALFORMED")),
                (&json!(103), &json!("MALFORMED")),
                (&json!(104), &json!("TAKEN"))
            ]
        );
        assert!(!run.out.contains(&keys[0]), "{}", run.out);
        assert_eq!(world.db_json(&["pool", "stats"])["by_duration"]["5"]["available"], 100);
        let people = world.db_with(&["register", "pool", "-", "--duration", "5d"], &keys[0]);
        assert!(people.out.contains("1 key read, 0 taken, 1 skipped"), "{}", people.out);
        let again = world.db(&["register", "pool", &keys[3], "--duration", "5d", "--json"]);
        assert_eq!(again.failure(), (2, "TAKEN".to_owned()));
    }
}

#[test]
fn a_tier_key_needs_the_secret_it_is_sealed_under() {
    let world = World::with_keys();
    let secret = [("MASTER_KEY", "a secret that both sides share")];
    let register = |variables: &[(&str, &str)], key: &str| {
        world.run_in(variables, &["register", "tier", key, "--user", "u-9", "--data", "data", "--json"], "")
    };
    let key = world.out(&["issue", "tier", "pro", "--secret-env", "SECRET"]);
    let taken = register(&secret, &key);
    assert_eq!(taken.status, 0, "{}{}", taken.out, taken.err);
    assert_eq!(taken.json()["registered"]["user"], "u-9");
    assert_eq!(register(&secret, &key).failure(), (2, "TAKEN".to_owned()));
    let other = world.out(&["issue", "tier", "elite", "--secret-env", "OTHER"]);
    assert_eq!(register(&secret, &other).failure(), (2, "BAD_SIGNATURE".to_owned()));
    let replaced = register(&[("MASTER_KEY", "another secret")], &other);
    assert_eq!(replaced.failure(), (2, "SECRET_IN_USE".to_owned()));
    let public = register(&[("MASTER_KEY", "your-secret-key-here")], &other);
    assert_eq!(public.failure(), (2, "PUBLIC_SECRET".to_owned()));
}
