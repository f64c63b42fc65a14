//! A pool from its first key to its end.

use serde_json::json;

use super::{first_column, month_keys};
use crate::world::World;

#[test]
fn keys_are_made_kept_and_written_whole() {
    for world in World::of_each_database() {
        let issue = ["issue", "pool", "--count", "600", "--batch", "spring", "--out", "keys.csv"];
        assert_eq!(world.db_out(&issue), "");
        let csv = world.read("keys.csv");
        assert!(csv.starts_with("license_key,duration_days,duration_label,batch_id\n"), "{}", &csv[..80]);
        let keys = first_column(&csv);
        assert_eq!(keys.len(), 3_000);
        assert_eq!(csv.lines().filter(|line| line.ends_with(",30,1 mois,spring")).count(), 600);
        for key in [&keys[0], &keys[1_500], &keys[2_999]] {
            let shown = world.db_json(&["license", "show", key]);
            assert_eq!(shown["batch"], "spring", "{key}");
            assert_eq!(shown["verdicts"]["activate"]["code"], "VALID");
        }
        let stats = world.db_json(&["pool", "stats"]);
        assert_eq!((&stats["total_licenses"], &stats["used_licenses"]), (&json!(3_000), &json!(0)));
        assert_eq!(
            stats["by_duration"]["365"],
            json!({ "label": "12 mois", "total": 600, "used": 0, "available": 600 })
        );
        let again = world.db(&[&issue[..], &["--json"]].concat());
        assert_eq!(again.failure(), (2, "FILE_EXISTS".to_owned()));
        assert_eq!(world.db_json(&["pool", "stats"])["total_licenses"], 3_000, "nothing more was made");
        let table = world.db_out(&["pool", "stats"]);
        assert!(table.contains("6 mois") && table.contains("activation rate"), "{table}");
    }
}

#[test]
fn support_finds_suspends_renews_and_moves_a_key() {
    for world in World::of_each_database() {
        let key = &month_keys(&world, "2")[0];
        let spoken = format!("{}-{} {}", &key[..4].to_lowercase(), &key[4..8], &key[8..]);
        assert_eq!(world.db_json(&["license", "show", &spoken])["keyHint"], key[8..]);

        let told = world.db_out(&["license", "suspend", key, "--reason", "chargeback"]);
        assert!(told.contains("is suspended") && told.contains("the customer needs no new key"), "{told}");
        assert!(!told.contains(&key[..]), "{told}");
        let shown = world.db_json(&["license", "show", key]);
        assert_eq!(shown["verdicts"]["activate"]["code"], "INACTIVE");
        assert_eq!(shown["verdicts"]["run"]["code"], "SUSPENDED");
        assert_eq!(shown["suspensionReason"], "suspended");
        let twice = world.db(&["license", "suspend", key, "--json"]);
        assert_eq!(twice.failure(), (1, "ALREADY_SO".to_owned()));
        let moved = world.db(&["license", "transfer", key, "--device", "b.example", "--json"]);
        assert_eq!(moved.failure(), (1, "SUSPENDED".to_owned()));
        assert_eq!(world.db_json(&["pool", "stats"])["inactive_licenses"], 1);
        world.db_out(&["license", "revoke", key]);
        assert_eq!(world.db_json(&["license", "show", key])["verdicts"]["run"]["code"], "REVOKED");
        world.db_out(&["license", "reinstate", key]);

        let id = world.db_json(&["license", "show", key])["id"].as_str().expect("an id").to_owned();
        let table = world.db_out(&["license", "show", &id]);
        for part in ["30 days after its first activation", "license.suspend", "chargeback", "may it run"] {
            assert!(table.contains(part), "{part}: {table}");
        }
        assert!(!table.contains(&key[..]), "{table}");
        let revealed = world.db_out(&["license", "show", &id, "--reveal"]);
        assert!(revealed.contains(&key[..]), "{revealed}");
        assert!(world.db_out(&["audit", "log", key]).contains("license.reveal"));
    }
}

#[test]
fn a_used_key_is_renewed_released_and_moved() {
    for world in World::of_each_database() {
        let key = "ABCD2345EFGH";
        let used = ["register", "pool", key, "--duration", "1m", "--used-at", "2026-01-01"];
        let registered = world.db_json(&used);
        assert_eq!(registered["registered"]["expires"], "2026-01-31T00:00:00Z");
        let as_of = |time| world.db_json(&["license", "show", key, "--as-of", time]);
        assert_eq!(as_of("2026-01-15")["verdicts"]["run"]["valid"], true);
        assert_eq!(as_of("2026-02-15")["verdicts"]["run"]["code"], "EXPIRED");
        assert_eq!(as_of("2026-01-15")["verdicts"]["activate"]["code"], "ALREADY_USED");

        let told = world.db_out(&["license", "renew", key, "--now", "2026-01-15"]);
        assert!(told.contains("now ends 2026-03-02T00:00:00Z"), "{told}");
        world.db_out(&["license", "renew", key, "--until", "2027-01-01"]);
        assert_eq!(as_of("2026-12-31")["verdicts"]["run"]["valid"], true);

        for (device, number) in [("a.example", 1), ("b.example", 2)] {
            let told = world.db_out(&["license", "transfer", key, "--device", device]);
            assert!(told.contains(&format!("(transfer {number})")), "{told}");
        }
        let shown = world.db_json(&["license", "show", key]);
        assert_eq!(shown["machines"].as_array().map(Vec::len), Some(1));
        assert_eq!(shown["machines"][0]["fingerprint"], "b.example");
        assert!(world.db_out(&["license", "show", key]).contains("b.example"));
        let told = world.db_out(&["license", "release", key, "--device", "b.example"]);
        assert!(told.contains("stays used"), "{told}");
        let gone = world.db(&["license", "release", key, "--device", "b.example", "--json"]);
        assert_eq!(gone.failure(), (2, "NOT_FOUND".to_owned()));
        assert_eq!(as_of("2026-12-31")["verdicts"]["activate"]["code"], "ALREADY_USED");
        let nowhere = world.db(&["license", "transfer", key, "--json"]);
        assert_eq!(nowhere.failure(), (2, "INVALID_ARGUMENT".to_owned()));
    }
}

#[test]
fn a_reset_writes_the_keys_down_and_keeps_the_audit() {
    for world in World::of_each_database() {
        let keys = month_keys(&world, "300");
        world.db_out(&["license", "suspend", &keys[0]]);
        world.db_out(&["license", "transfer", &keys[1], "--device", "a.example"]);
        let unasked = world.db_with(&["pool", "reset", "--json"], "no\n");
        assert_eq!(unasked.failure(), (2, "NOT_CONFIRMED".to_owned()));
        assert!(unasked.err.contains("removes all 300 keys"), "{}", unasked.err);
        assert_eq!(world.db_json(&["pool", "stats"])["total_licenses"], 300);

        let asked = world.db_with(&["pool", "reset", "--json"], "yes\n");
        assert_eq!(asked.status, 0, "{}", asked.err);
        assert_eq!(asked.json()["removed"], 300);
        let export = asked.json()["export"].as_str().expect("a file").to_owned();
        let csv = world.read(&export);
        assert_eq!(first_column(&csv).len(), 300);
        assert!(keys.iter().all(|key| csv.contains(&key[..])), "every key is in the export");
        assert!(csv.contains("suspended") && csv.contains("a.example"));

        let stats = world.db_json(&["pool", "stats"]);
        for count in ["total_licenses", "available_licenses", "inactive_licenses", "failed_attempts"] {
            assert_eq!(stats[count], 0, "{count}");
        }
        let gone = world.db(&["license", "show", &keys[1], "--json"]);
        assert_eq!(gone.failure(), (2, "NOT_FOUND".to_owned()));
        assert!(world.db_out(&["audit", "log"]).contains("pool.reset"));
        assert_eq!(world.db_json(&["audit", "verify"])["sound"], true);
        assert_eq!(month_keys(&world, "5").len(), 5);
        let again = world.db_json(&["pool", "reset", "--yes"]);
        assert_eq!(again["removed"], 5);
        assert_ne!(again["export"], asked.json()["export"], "no export is overwritten");
    }
}

#[test]
fn a_single_key_stands_alone() {
    let world = World::with_keys();
    let run = world.db(&["issue", "pool", "--count", "1", "--duration", "1m"]);
    assert_eq!((run.status, run.out.trim_end().len()), (0, 12), "{}{}", run.out, run.err);
    assert!(run.err.contains("30 days from its first activation"), "{}", run.err);
    // Moved before it was ever used, it begins with the move.
    let key = run.out.trim_end();
    let move_it = ["license", "transfer", key, "--device", "a.example", "--now", "2026-05-01"];
    assert_eq!(world.db_json(&move_it)["license"]["expires"], "2026-05-31T00:00:00Z");
    assert_eq!(world.db_json(&["pool", "stats"])["used_licenses"], 1);
}
