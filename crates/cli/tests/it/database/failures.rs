//! What can be wrong with a database, its directory and its master key.

use super::month_keys;
use crate::world::World;

const STATS: [&str; 5] = ["pool", "stats", "--json", "--data", "data"];

#[test]
fn a_data_directory_that_is_a_file() {
    let world = World::new();
    std::fs::write(world.path("data"), "x").expect("written");
    let run = world.run(&STATS);
    assert_eq!(run.failure(), (2, "FILE".to_owned()));
    assert!(run.out.contains("must be a directory"), "{}", run.out);
    assert_eq!(world.read("data"), "x");
}

#[test]
fn another_programs_database_is_left_alone() {
    let world = World::new();
    let database = rusqlite::Connection::open(world.path("old.db")).expect("a database");
    database.execute_batch("create table licenses (id integer)").expect("a table");
    drop(database);
    let before = std::fs::read(world.path("old.db")).expect("the file");
    let run = world.run(&[&STATS[..], &["--database", "sqlite:old.db"]].concat());
    assert_eq!(run.failure(), (2, "DATABASE_FOREIGN".to_owned()));
    assert!(run.out.contains("keyward import"), "{}", run.out);
    assert_eq!(std::fs::read(world.path("old.db")).expect("the file"), before);
    assert!(!world.path("data/master.key").exists());
}

#[test]
fn a_newer_schema_is_refused() {
    let world = World::new();
    world.db_out(&["pool", "stats"]);
    let database = rusqlite::Connection::open(world.path("data/keyward.db")).expect("the database");
    let newer = "insert into schema_version (version, name, applied_on, checksum) values (99990101000000, 'x', '', '1')";
    database.execute(newer, []).expect("a row");
    drop(database);
    assert_eq!(world.run(&STATS).failure(), (2, "DATABASE_NEWER".to_owned()));
}

#[test]
fn an_unreachable_server_and_its_password() {
    let world = World::new();
    let url = "postgres://me:hush@127.0.0.1:1/db";
    let run = world.run(&[&STATS[..], &["--database", url]].concat());
    assert_eq!(run.failure(), (2, "DATABASE_UNREACHABLE".to_owned()));
    assert!(run.err.contains("shows in process lists"), "{}", run.err);
    assert!(!run.out.contains("hush") && !run.err.contains("hush"));
    let quiet = world.run_in(&[("KEYWARD_DATABASE", url)], &STATS, "");
    assert_eq!(quiet.failure(), (2, "DATABASE_UNREACHABLE".to_owned()));
    assert_eq!(quiet.err, "");
    let unknown = world.run(&[&STATS[..], &["--database", "mysql://h/db"]].concat());
    assert_eq!(unknown.failure(), (2, "CONFIG".to_owned()));
}

#[test]
fn the_master_key_must_be_the_databases_own() {
    let world = World::new();
    let first = world.db(&["pool", "stats"]);
    assert!(first.err.contains("keep a copy of the key"), "{}", first.err);
    assert_eq!(world.db(&["pool", "stats"]).err, "");
    let other = [("KEYWARD_MASTER_KEY", "11".repeat(32))].map(|(name, key)| (name, key));
    let other: Vec<(&str, &str)> = other.iter().map(|(name, key)| (*name, key.as_str())).collect();
    let wrong = world.run_in(&other, &STATS, "");
    assert_eq!(wrong.failure(), (2, "MASTER_KEY_WRONG".to_owned()));
    assert!(!wrong.out.contains("1111111111"), "{}", wrong.out);
    let key = world.read("data/master.key");
    assert_eq!(world.run_in(&[("KEYWARD_MASTER_KEY", key.trim())], &STATS, "").status, 0);
    std::fs::remove_file(world.path("data/master.key")).expect("removed");
    assert_eq!(world.run(&STATS).failure(), (2, "MASTER_KEY_MISSING".to_owned()));
    assert!(!world.path("data/master.key").exists(), "never replaced");
    let empty = world.run_in(&[("KEYWARD_MASTER_KEY", "short")], &STATS, "");
    assert_eq!(empty.failure(), (2, "MASTER_KEY_MALFORMED".to_owned()));
}

#[test]
fn a_licence_that_is_not_there() {
    let world = World::new();
    let key = month_keys(&world, "1")[0].clone();
    for wrong in
        ["license", "show", "00000000-0000-7000-8000-000000000000", "QF-PRO-0123456789ABCDEF-1700000000"]
            .into_iter()
            .skip(2)
    {
        let run = world.db(&["license", "show", wrong, "--json"]);
        assert_eq!(run.failure(), (2, "NOT_FOUND".to_owned()), "{wrong}");
    }
    let last = if key.ends_with('A') { "B" } else { "A" };
    let typo = world.db(&["license", "show", &format!("{}{last}", &key[..11])]);
    assert!(typo.status == 2 && typo.err.contains("typing error"), "{}", typo.err);
    assert!(!typo.err.contains(&key[..11]), "{}", typo.err);
    let malformed = world.db(&["license", "revoke", "hello", "--json"]);
    assert_eq!(malformed.failure(), (2, "MALFORMED".to_owned()));
}

#[test]
#[cfg(unix)]
fn keys_that_nobody_reads_are_not_stored() {
    let world = World::new();
    world.db_out(&["pool", "stats"]);
    let script = "\"$KEYWARD\" issue pool --data data --json | true; exit ${PIPESTATUS[0]}";
    let status = std::process::Command::new("bash")
        .args(["-c", script])
        .current_dir(&world.directory)
        .env("KEYWARD", env!("CARGO_BIN_EXE_keyward"))
        .stderr(std::process::Stdio::null())
        .status()
        .expect("bash starts");
    assert_eq!(status.code(), Some(2));
    assert_eq!(world.db_json(&["pool", "stats"])["total_licenses"], 0);
}
