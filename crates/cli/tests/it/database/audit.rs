//! The audit log.

use super::month_keys;
use crate::served::Served;
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

/// The files of a SQLite database, here and back again.
fn copy(world: &World, from: &str, to: &str) {
    let _ = std::fs::remove_dir_all(world.path(to));
    std::fs::create_dir(world.path(to)).expect("a directory");
    for file in std::fs::read_dir(world.path(from)).expect("the directory") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), world.path(to).join(file.file_name())).expect("copied");
    }
}

#[test]
fn an_older_copy_of_the_database_contradicts_the_checkpoints_outside_of_it() {
    let world = World::with_keys();
    let outside = [("KEYWARD_AUDIT_CHECKPOINT_FILE", "outside.jsonl")];
    let verify = |more: &[&str]| {
        let command = [&["audit", "verify", "--json", "--data", "data"], more].concat();
        let run = world.run_in(&outside, &command, "");
        (run.status, run.json())
    };
    let code = |found: &serde_json::Value| found["findings"][0]["code"].as_str().map(str::to_owned);
    // The account's own key, which signs checkpoints.
    world.db_out(&["keys", "import", "ed.pem"]);
    let key = &month_keys(&world, "1")[0];
    let (status, nothing) = verify(&[]);
    assert_eq!((status, &nothing["outside"]["checkpoints"]), (0, &0.into()), "{nothing}");
    let (status, missing) = verify(&["--checkpoints", "nowhere.jsonl"]);
    assert_eq!((status, &missing["error"]["code"]), (2, &"FILE".into()), "{missing}");
    copy(&world, "data", "older");
    for verb in ["suspend", "reinstate"] {
        world.db_out(&["license", verb, key]);
    }
    let mut served = Served::with(&world, &["--data", "data"], &outside);
    for _ in 0..1_200 {
        if world.path("outside.jsonl").exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(served.stop(), 0);
    let (status, sound) = verify(&[]);
    assert_eq!((status, &sound["outside"]["checkpoints"]), (0, &1.into()), "{sound}");
    assert_eq!(sound["checkpoints"], 1, "the same one, inside and outside: {sound}");
    copy(&world, "data", "newer");

    // Sound in itself, and not what was signed.
    copy(&world, "older", "data");
    assert_eq!(world.db(&["audit", "verify"]).status, 0);
    let (status, rolled_back) = verify(&[]);
    assert_eq!((status, code(&rolled_back).as_deref()), (1, Some("ROLLED_BACK")), "{rolled_back}");
    // Nor is it any better when it has grown beyond that.
    for verb in ["suspend", "reinstate", "suspend", "reinstate", "suspend"] {
        world.db_out(&["license", verb, key]);
    }
    let (status, regrown) = verify(&[]);
    assert_eq!((status, code(&regrown).as_deref()), (1, Some("CHECKPOINT_MISMATCH")), "{regrown}");

    copy(&world, "newer", "data");
    assert_eq!(verify(&[]).0, 0);
    // Half a line, as a power cut leaves it, is told and proves nothing; an altered one is a finding.
    let line = world.read("outside.jsonl");
    std::fs::write(world.path("outside.jsonl"), format!("{line}{}\n", &line[..40])).expect("written");
    let (status, half) = verify(&[]);
    assert_eq!((status, &half["outside"]["unreadable"]), (0, &1.into()), "{half}");
    let altered = line.replace("\"count\":", "\"count\":1");
    assert_ne!(altered, line);
    std::fs::write(world.path("other.jsonl"), altered).expect("written");
    let (status, altered) = verify(&["--checkpoints", "other.jsonl"]);
    assert_eq!((status, code(&altered).as_deref()), (1, Some("CHECKPOINT_SIGNATURE")), "{altered}");
}
