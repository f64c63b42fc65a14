//! `keyward export` and `keyward import keyward`, as somebody moves house.

use serde_json::Value;

use super::month_keys;
use crate::served::{Served, until};
use crate::world::World;

const PASSPHRASE: &[(&str, &str)] = &[("PASS", "a sentence that nobody guesses")];
const WITH: [&str; 2] = ["--passphrase-env", "PASS"];

/// Where a world's database is.
fn at(world: &World) -> Vec<String> {
    let mut place = vec!["--data".to_owned(), world.path("data").display().to_string()];
    place.extend(world.url().into_iter().flat_map(|url| ["--database".to_owned(), url.to_owned()]));
    place
}

/// Runs a command on a world's database with the passphrase in its environment.
fn run(world: &World, arguments: &[&str], json: bool) -> crate::world::Run {
    let place = at(world);
    let mut all: Vec<&str> = arguments.to_vec();
    all.extend(place.iter().map(String::as_str));
    all.extend(json.then_some("--json"));
    world.run_in(PASSPHRASE, &all, "")
}

fn done(world: &World, arguments: &[&str]) -> Value {
    let run = run(world, arguments, true);
    assert_eq!(run.status, 0, "{arguments:?}: {}{}", run.out, run.err);
    run.json()
}

#[test]
fn a_vendor_moves_from_each_kind_of_database_to_each() {
    for world in World::of_each_database() {
        let pool = month_keys(&world, "3");
        let tier = world.db_json(&["issue", "tier", "pro", "--user", "u-1"]);
        let tier = tier["license"].as_str().expect("a key");
        let record = world.db_json(&["issue", "record", "example.com"]);
        let token = world.db_json(&["token", "create", "--role", "admin"]);
        let token = token["token"].as_str().expect("a token");
        let file = world.path("all.keyward");
        let file = file.to_str().expect("a name");
        let exported = done(&world, &["export", file, WITH[0], WITH[1]]);
        assert_eq!((&exported["rows"]["licenses"], &exported["secrets"]), (&5.into(), &true.into()));
        let first = std::fs::read(file).expect("the file");
        let head = String::from_utf8_lossy(&first[..200]).lines().next().expect("a line").to_owned();
        assert!(
            head.starts_with("{\"keyward\":\"sealed-export\",\"version\":1") && !head.contains("lookup"),
            "{head}"
        );

        for other in World::of_each_database() {
            let imported = done(&other, &["import", "keyward", file, WITH[0], WITH[1]]);
            for part in ["content", "log"] {
                assert_eq!(imported[part]["file"], exported[part], "{imported}");
                assert_eq!(imported[part]["database"], exported[part], "{imported}");
            }
            assert_ne!(imported["masterKey"], exported["masterKey"]);
            assert_eq!(imported["from"]["masterKey"], exported["masterKey"]);
            let verified = other.db_json(&["audit", "verify"]);
            assert_eq!((&verified["sound"], &verified["unsealed"]), (&true.into(), &0.into()), "{verified}");
            let id = record["kept"]["id"].as_str().expect("an id");
            assert_eq!(other.db_json(&["license", "show", id])["verdicts"]["run"]["code"], "VALID");
            let place = at(&other);
            let place: Vec<&str> = place.iter().map(String::as_str).collect();
            let served = Served::with(&other, &place, &[]);
            assert_eq!(served.get(&format!("/api/validate/{}", pool[0])).0, 200);
            let asked = served.post("/api/verify", &serde_json::json!({ "license": tier }));
            assert_eq!(asked.0, 200, "{asked:?}");
            let header = format!("Authorization: Bearer {token}\r\n");
            let metrics = crate::served::ask(&served.host, "GET", "/metrics", &header, "");
            assert_eq!(metrics.expect("an answer").0, 200);
            drop(served);

            // Out again: what it is, is the same; what was done, one entry more.
            let again = other.path("again.keyward");
            let second = done(&other, &["export", again.to_str().expect("a name"), WITH[0], WITH[1]]);
            assert_eq!(second["rows"]["licenses"], exported["rows"]["licenses"]);
            assert!(second["rows"]["audit_log"].as_u64() > exported["rows"]["audit_log"].as_u64());
            let twice = run(&other, &["import", "keyward", file, WITH[0], WITH[1]], true);
            assert_eq!(twice.failure(), (2, "DATABASE_NOT_EMPTY".to_owned()));
        }
        let log = world.db_out(&["audit", "log"]);
        assert!(log.contains("account.export"), "{log}");
    }
}

#[test]
fn whoever_was_erased_stays_so_where_it_goes() {
    for world in World::of_each_database() {
        let record = world.db_json(&["issue", "record", "ada@example.com"]);
        let id = record["kept"]["id"].as_str().expect("an id");
        world.db_json(&["user", "erase", "ada@example.com", "--yes"]);
        let file = world.path("all.keyward");
        let file = file.to_str().expect("a name");
        let exported = done(&world, &["export", file, WITH[0], WITH[1]]);
        for other in World::of_each_database() {
            let imported = done(&other, &["import", "keyward", file, WITH[0], WITH[1]]);
            assert_eq!(imported["content"]["database"], exported["content"], "{imported}");
            let renewed = other.db(&["license", "renew", id, "--days", "3", "--json"]);
            assert_eq!(renewed.failure(), (2, "NOT_FOUND".to_owned()), "its text is gone");
            let again = other.path("again.keyward");
            let again = done(&other, &["export", again.to_str().expect("a name"), WITH[0], WITH[1]]);
            assert_eq!(again["content"], exported["content"]);
        }
    }
}

#[test]
fn a_database_that_a_server_was_started_on_takes_an_export_until_somebody_works_there() {
    let world = World::with_keys();
    month_keys(&world, "2");
    done(&world, &["export", "all.keyward", WITH[0], WITH[1]]);
    let file = world.path("all.keyward").display().to_string();
    for other in World::of_each_database() {
        let place = at(&other);
        let place: Vec<&str> = place.iter().map(String::as_str).collect();
        let mut served = Served::with(&other, &place, &[]);
        until("the log is signed", || other.db_out(&["audit", "log"]).contains("key.create"));
        assert_eq!(served.stop(), 0);
        done(&other, &["import", "keyward", &file, WITH[0], WITH[1]]);
        assert_eq!(other.db_json(&["license", "list"])["licenses"].as_array().map(Vec::len), Some(2));
    }
    let other = World::with_keys();
    other.db_out(&["token", "create", "--role", "admin"]);
    let refused = run(&other, &["import", "keyward", &file, WITH[0], WITH[1]], true);
    assert_eq!(refused.failure(), (2, "DATABASE_NOT_EMPTY".to_owned()));
}

#[test]
fn what_people_see() {
    let world = World::with_keys();
    month_keys(&world, "2");
    let told = run(&world, &["export", "all.keyward", WITH[0], WITH[1]], false);
    assert_eq!(told.status, 0, "{}", told.err);
    for part in ["sealed under the passphrase", "licences  2", "content"] {
        assert!(told.out.contains(part), "{part}: {}", told.out);
    }
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(world.path("all.keyward")).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let there = World::new();
    let file = world.path("all.keyward").display().to_string();
    let told = run(&there, &["import", "keyward", &file, WITH[0], WITH[1]], false);
    assert_eq!(told.status, 0, "{}", told.err);
    for part in ["says the file", "has the database", "sound", "before, it was"] {
        assert!(told.out.contains(part), "{part}: {}", told.out);
    }
    assert!(told.err.contains("keep a copy of the key elsewhere"), "{}", told.err);
}

#[test]
fn what_cannot_be_is_refused_with_its_code_and_leaves_nothing() {
    let world = World::with_keys();
    month_keys(&world, "300");
    done(&world, &["export", "all.keyward", WITH[0], WITH[1]]);
    done(&world, &["export", "bare.jsonl", "--without-secrets"]);
    let bytes = std::fs::read(world.path("all.keyward")).expect("the file");
    std::fs::write(world.path("cut.keyward"), &bytes[..bytes.len() - 9]).expect("written");
    std::fs::write(world.path("text"), "hello").expect("written");

    let code = |arguments: &[&str]| run(&world, arguments, true).failure();
    let failed = |code: &str| (2, code.to_owned());
    assert_eq!(code(&["export", "all.keyward", WITH[0], WITH[1]]), failed("FILE_EXISTS"));
    assert_eq!(code(&["export", "new", "--passphrase-env", "SECRETS"]), failed("SECRET"));
    assert_eq!(
        world
            .run_in(
                &[("PASS", "short")],
                &["export", "new", WITH[0], WITH[1], "--data", "data", "--json"],
                ""
            )
            .failure(),
        failed("PASSPHRASE_TOO_SHORT")
    );
    assert!(!world.path("new").exists());
    assert_eq!(run(&world, &["export", "new", "--without-secrets", WITH[0], WITH[1]], false).status, 2);

    let there = |arguments: &[&str]| {
        let place = world.path("there").display().to_string();
        let all = [arguments, &["--data", &place, "--json"]].concat();
        world.run_in(PASSPHRASE, &all, "").failure()
    };
    let wrong = |file: &str| {
        let place = world.path("there").display().to_string();
        let all = ["import", "keyward", file, WITH[0], WITH[1], "--data", &place, "--json"];
        world.run_in(&[("PASS", "another sentence, also long")], &all, "").failure()
    };
    assert_eq!(wrong("all.keyward"), failed("PASSPHRASE_WRONG"));
    assert_eq!(there(&["import", "keyward", "bare.jsonl"]), failed("ARCHIVE_WITHOUT_SECRETS"));
    assert_eq!(there(&["import", "keyward", "text"]), failed("ARCHIVE_FOREIGN"));
    assert_eq!(there(&["import", "keyward", "nothing"]), failed("FILE"));
    assert_eq!(there(&["export", "new", "--without-secrets"]), failed("FILE"), "there is no database");
    assert_eq!(
        there(&["import", "keyward", "cut.keyward", WITH[0], WITH[1]]),
        (1, "ARCHIVE_DAMAGED".to_owned())
    );
    assert!(!world.path("there").exists(), "nothing was made so far");
    assert_eq!(there(&["import", "keyward", "all.keyward", WITH[0], WITH[1]]), (0, String::new()));
    // Where a server runs, nothing is taken in.
    let empty = World::new();
    let served = Served::with(&empty, &["--data", "data"], &[]);
    let file = world.path("all.keyward").display().to_string();
    let busy = run(&empty, &["import", "keyward", &file, WITH[0], WITH[1]], true);
    assert_eq!(busy.failure(), failed("DATABASE_IN_USE"));
    drop(served);
}
