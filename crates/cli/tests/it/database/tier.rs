//! Tiered keys on a database.

use std::collections::HashSet;

use super::first_column;
use crate::world::World;

#[test]
fn a_tier_key_is_issued_shown_and_moved_to_another_customer() {
    for world in World::of_each_database() {
        let issue = ["issue", "tier", "pro", "--user", "u-1", "--email", "ann@example.com", "--days", "10"];
        let run = world.db(&[&issue[..], &["--now", "2026-05-01"]].concat());
        assert_eq!(run.status, 0, "{}", run.err);
        let key = run.out.trim_end();
        assert!(key.starts_with("QF-PRO-"), "{key}");
        for part in ["u-1, ann@example.com", "2026-05-11T00:00:00Z", "a server must know this key"] {
            assert!(run.err.contains(part), "{part}: {}", run.err);
        }
        let shown = world.db_json(&["license", "show", key, "--as-of", "2026-05-02"]);
        assert_eq!(shown["verdicts"]["run"]["code"], "VALID", "{shown}");
        assert!(shown["features"].as_array().is_some_and(|features| !features.is_empty()));
        let told = world.db_out(&["license", "transfer", key, "--user", "u-2", "--now", "2026-05-02"]);
        assert!(told.contains("another customer"), "{told}");
        assert_eq!(world.db_json(&["license", "show", key])["user"], "u-2");
        let renewed = world.db_json(&["license", "renew", key, "--days", "5", "--now", "2026-05-02"]);
        assert_eq!(renewed["license"]["expires"], "2026-05-16T00:00:00Z");
        assert!(renewed["newKey"].is_null());
        let lifetime = world.db_json(&["issue", "tier", "lifetime"]);
        assert_eq!(lifetime["kept"]["perpetual"], true);
        let table = world.db_out(&["license", "show", lifetime["license"].as_str().expect("a key")]);
        assert!(table.contains("expires   never") || table.contains("never\n"), "{table}");
    }
}

#[test]
fn each_of_many_takes_the_next_second() {
    for world in World::of_each_database() {
        let issue = ["issue", "tier", "elite", "--now", "2026-05-01"];
        world.db_out(&issue);
        let csv = world.db_out(&[&issue[..], &["--count", "40"]].concat());
        let keys = first_column(&csv);
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), 40);
        let seconds: Vec<i64> = keys
            .iter()
            .map(|key| key.rsplit('-').next().expect("seconds").parse().expect("a number"))
            .collect();
        let first = 1_777_593_601;
        assert_eq!(seconds, (first..first + 40).collect::<Vec<_>>());
        let json = world.db(&[&issue[..], &["--count", "3601", "--json"]].concat());
        assert_eq!(json.failure(), (2, "TOO_MANY".to_owned()));
    }
}

#[test]
fn what_cannot_be_is_said() {
    let world = World::with_keys();
    let unknown = world.db(&["issue", "tier", "gold"]);
    assert_eq!(unknown.status, 2);
    assert!(unknown.err.contains("the tiers are free, pro, elite, lifetime"), "{}", unknown.err);
    for arguments in [
        vec!["issue", "tier", "pro", "--prefix", "XX"],
        vec!["issue", "tier", "pro", "--user", "u", "--secret-env", "SECRET"],
        vec!["issue", "tier", "pro", "--out", "keys.csv"],
    ] {
        let run = world.db(&[&arguments[..], &["--json"]].concat());
        assert_eq!(run.failure(), (2, "INVALID_ARGUMENT".to_owned()), "{arguments:?}");
    }
}

#[test]
fn uses_are_counted() {
    for world in World::of_each_database() {
        let key = world.db_out(&["issue", "tier", "pro"]);
        assert_eq!(world.db_json(&["license", "use", &key])["used"], 1);
        assert_eq!(world.db_json(&["license", "use", &key, "uses", "4"])["used"], 5);
        assert_eq!(world.db_out(&["license", "use", &key, "uses", "-2"]), "uses: 3 used");
        let unknown = world.db(&["license", "use", &key, "calls", "--json"]);
        assert_eq!(unknown.failure(), (2, "NOT_FOUND".to_owned()));
        world.db_out(&["license", "suspend", &key]);
        assert_eq!(world.db(&["license", "use", &key, "--json"]).failure(), (1, "SUSPENDED".to_owned()));
    }
}
