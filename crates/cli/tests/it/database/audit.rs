//! The audit log.

use super::month_keys;
use crate::world::World;

#[test]
fn every_command_seals_what_it_wrote() {
    for world in World::of_each_database() {
        let key = &month_keys(&world, "1")[0];
        world.db_out(&["license", "suspend", key]);
        world.db_out(&["token", "create", "--role", "read-only"]);
        let verified = world.db_json(&["audit", "verify"]);
        assert_eq!((&verified["sound"], &verified["unsealed"]), (&true.into(), &0.into()), "{verified}");
        let lines = world.db_out(&["audit", "export"]);
        assert_eq!(Some(lines.lines().count() as u64), verified["entries"].as_u64());
        assert!(lines.contains("\"event\":\"license.suspend\"") && !lines.contains(&key[..]), "{lines}");
        let last: serde_json::Value =
            serde_json::from_str(lines.lines().last().expect("a line")).expect("an object");
        assert_eq!(last["digest"], verified["digest"]);
        assert_eq!(world.db_out(&["audit", "export", "--out", "audit.jsonl"]).lines().count(), 1);
        assert_eq!(world.read("audit.jsonl").trim_end(), lines);
        let log = world.db_out(&["audit", "log", "--limit", "1"]);
        assert!(log.contains("token.create") && !log.contains("license.suspend"), "{log}");
        // A made-up present takes no lease: the next command seals.
        world.db_out(&["license", "reinstate", key, "--now", "2030-01-01"]);
        assert_eq!(world.db_json(&["audit", "verify"])["unsealed"], 1);
        assert!(world.db_out(&["audit", "verify"]).contains("not sealed yet"));
        world.db_out(&["license", "suspend", key]);
        assert_eq!(world.db_json(&["audit", "verify"])["unsealed"], 0);
    }
}

#[test]
fn a_broken_chain_is_named() {
    let world = World::with_keys();
    let key = &month_keys(&world, "1")[0];
    for verb in ["suspend", "reinstate"] {
        world.db_out(&["license", verb, key]);
    }
    let database = rusqlite::Connection::open(world.path("data/keyward.db")).expect("the database");
    let change = "update audit_log set detail = '{}' where event = 'license.suspend'";
    assert_eq!(database.execute(change, []).expect("a change"), 1);
    drop(database);
    let broken = world.db(&["audit", "verify", "--json"]);
    assert_eq!(broken.status, 1, "{}", broken.err);
    assert_eq!(broken.json()["findings"][0]["code"], "ENTRY_ALTERED");
    let table = world.db(&["audit", "verify"]);
    assert!(table.status == 1 && table.out.contains("ENTRY_ALTERED") && table.out.contains("where"));
}
