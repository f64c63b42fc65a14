//! Moving in from older systems.

use std::collections::BTreeMap;
use std::path::Path;

use keyward_store::testing::Database;
use serde_json::{Value, json};

use crate::world::{World, root, testdata};

/// A world with a copy of a sample database.
fn with_sample(world: &World, name: &str) -> String {
    let copy = world.path(name);
    std::fs::copy(testdata(&format!("old/{name}")), &copy).expect("the sample is copied");
    copy.display().to_string()
}

/// What stands in a directory, to the byte.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries =
        std::fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path());
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read(path).expect("a file"))
    };
    entries.filter(|path| path.is_file()).map(read).collect()
}

#[test]
fn a_bad_row_refuses_all_and_is_named() {
    for world in World::of_each_database() {
        for (system, sample, product) in
            [("A", "a.db", "records"), ("B", "b.db", "pool"), ("C", "c.db", "tier")]
        {
            let from = with_sample(&world, sample);
            let run = world.db(&["import", system, "--from", &from, "--json"]);
            assert_eq!(run.status, 1, "{}{}", run.out, run.err);
            let report = run.json();
            assert_eq!(
                (&report["refused"], &report["imported"], &report["product"]),
                (&json!(true), &json!(0), &json!(product))
            );
            let bad =
                report["skipped"].as_array().expect("a list").iter().find(|s| s["reason"] == "MALFORMED");
            let bad = bad.expect("malformed rows").clone();
            assert_eq!((&bad["count"], bad["rows"].as_array().map(Vec::len)), (&json!(2), Some(2)), "{bad}");
            assert!(bad["rows"][0]["id"].is_string() && bad["rows"][0]["note"].is_string(), "{bad}");

            let run = world.db(&["import", system, "--from", &from]);
            assert_eq!(run.status, 1);
            let id = bad["rows"][1]["id"].as_str().expect("an id");
            assert!(run.out.contains(&format!("  {id}  ")) && run.out.contains("Refused"), "{}", run.out);

            let run = world.db(&["import", system, "--from", &from, "--dry-run", "--skip-bad"]);
            assert!(run.status == 0 && run.out.contains("nothing was written"), "{}{}", run.out, run.err);
            let mark = format!("\"system\":\"{system}\"");
            assert!(!world.db_out(&["audit", "log"]).contains(&mark), "nothing was changed so far");

            let done = world.db_json(&["import", &system.to_lowercase(), "--from", &from, "--skip-bad"]);
            assert_eq!((&done["imported"], &done["refused"]), (&json!(50), &json!(false)), "{done}");
            assert!(done["batch"].is_string());
            let log = world.db_out(&["audit", "log"]);
            assert!(log.contains(&mark), "{log}");
            let again = world.db(&["import", system, "--from", &from, "--skip-bad"]);
            assert!(again.status == 0 && again.out.contains("Nothing was to be done"), "{}", again.out);
            assert_eq!(world.db_out(&["audit", "log"]), log);
        }
        let stats = world.db_json(&["pool", "stats"]);
        assert_eq!(stats["total_licenses"], 50);
        assert_eq!(world.db_json(&["audit", "verify"])["sound"], true);
    }
}

#[test]
fn a_dry_run_leaves_nothing_behind_and_says_what_the_run_would_refuse() {
    let world = World::new();
    let from = with_sample(&world, "c.db");
    let dry = ["import", "C", "--from", &from, "--skip-bad", "--dry-run"];
    let before = files(&world.path(""));
    let run = world.run(&dry);
    assert!(run.status == 0 && run.out.contains("nothing was written"), "{}{}", run.out, run.err);
    assert!(run.err.is_empty() && !world.path("keyward-data").exists(), "{}", run.err);
    assert!(files(&world.path("")) == before);
    let public = [("MASTER_KEY", "your-secret-key-here")];
    for arguments in [&dry[..], &dry[..5]] {
        let refused = world.run_in(&public, arguments, "");
        assert!(refused.status == 2 && refused.err.contains("PUBLIC_SECRET"), "{}", refused.err);
    }
}

#[test]
fn what_came_from_the_old_system_is_shown() {
    let world = World::with_keys();
    world.db_out(&[
        "import",
        "B",
        "--from",
        &with_sample(&world, "b.db"),
        "--skip-bad",
        "--now",
        "2027-01-15",
    ]);
    let answers = std::fs::read_to_string(testdata("old/b.jsonl")).expect("the answers");
    let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let used = answers.iter().find(|answer| answer["used"] == true).expect("a used key");
    let key = used["license_key"].as_str().expect("a key");
    let shown = world.db_json(&["license", "show", key]);
    assert_eq!(shown["batch"], "import B 2027-01-15T00:00:00Z");
    assert_eq!(shown["machines"][0]["fingerprint"], used["domain"]);
    assert_eq!(shown["verdicts"]["activate"]["code"], "ALREADY_USED");
    let table = world.db_out(&["license", "show", key]);
    assert!(table.contains("import B") && !table.contains(key), "{table}");

    world.db_out(&["import", "A", "--from", &with_sample(&world, "a.db"), "--skip-bad"]);
    world.db_out(&["keys", "import", "rsa.pem", "--product", "records"]);
    let answers = std::fs::read_to_string(testdata("old/a.jsonl")).expect("the answers");
    let valid = answers.lines().find(|line| line.contains("License is valid.")).expect("a valid record");
    let valid: Value = serde_json::from_str(valid).expect("JSON");
    let list = world.db_json(&["import", "A", "--from", &with_sample(&world, "a.db"), "--skip-bad"]);
    assert_eq!(list["imported"], 0);
    assert!(valid["signature"].as_str().expect("a signature").len() == 512);
}

#[test]
fn the_old_database_is_only_read() {
    let world = World::with_keys();
    let directory = world.path("old");
    std::fs::create_dir_all(&directory).expect("a directory");
    let file = directory.join("c.db");
    std::fs::copy(testdata("old/c.db"), &file).expect("the sample is copied");
    let import = ["import", "C", "--from", file.to_str().expect("a path"), "--skip-bad", "--dry-run"];
    let unchanged = |what: &str, rows: u64| {
        let before = files(&directory);
        let report = world.db_json(&import);
        assert_eq!(report["read"], rows, "{what}");
        assert!(files(&directory) == before, "{what}: {:?}", files(&directory).keys());
    };
    unchanged("as it is", 52);

    // With a write-ahead log: closed, then copied while it is open.
    let connection = rusqlite::Connection::open(&file).expect("it opens");
    connection.pragma_update(None, "journal_mode", "wal").expect("it has a log");
    drop(connection);
    unchanged("with an empty log", 52);
    let live = world.path("live.db");
    std::fs::copy(&file, &live).expect("it is copied");
    let connection = rusqlite::Connection::open(&live).expect("it opens");
    let add = "insert into licenses (license_key, user_id, tier, expires_at) values ('QF-PRO-0-1', 'u', 'pro', '2030-01-01')";
    connection.execute(add, []).expect("a row is added");
    for ending in ["", "-wal"] {
        let from = world.path(&format!("live.db{ending}"));
        std::fs::copy(from, directory.join(format!("c.db{ending}"))).expect("it is copied");
    }
    unchanged("a copy with its log", 53);
    // While the old system has it open, in the middle of a change.
    connection.execute_batch("begin immediate; delete from licenses;").expect("it is changing");
    let live = ["import", "C", "--from", live.to_str().expect("a path"), "--skip-bad", "--dry-run"];
    assert_eq!(world.db_json(&live)["read"], 53);
}

#[test]
fn what_is_no_old_database_is_told_apart() {
    let world = World::with_keys();
    std::fs::write(world.path("text.db"), "this is no database at all").expect("a file");
    std::fs::write(world.path("empty.db"), "").expect("a file");
    for (from, why) in [
        ("nowhere.db", "there is no such file"),
        ("text.db", "no SQLite database"),
        ("empty.db", "no table licenses"),
        ("postgres://someone:hush@127.0.0.1:1/nothing", "cannot be read"),
    ] {
        let run = world.db(&["import", "B", "--from", from, "--json"]);
        assert_eq!(run.failure(), (2, "IMPORT_SOURCE".to_owned()), "{}", run.out);
        assert!(run.out.contains(why), "{from}: {}", run.out);
        assert!(!run.out.contains("hush") && !run.err.contains("hush"), "{}{}", run.out, run.err);
    }
    // Another system's database says which columns are missing.
    let run = world.db(&["import", "A", "--from", &with_sample(&world, "b.db"), "--json"]);
    assert!(run.out.contains("client_id") && run.status == 2, "{}", run.out);
    let run =
        world.run_in(&[], &["import", "B", "--from-env", "OLD_DATABASE", "--data", "data", "--json"], "");
    assert_eq!(run.failure(), (2, "INVALID_ARGUMENT".to_owned()));
    let sample = with_sample(&world, "b.db");
    let run = world.db(&["import", "B", "--from", &sample, "--product", "none", "--json"]);
    assert_eq!(run.failure(), (2, "NOT_FOUND".to_owned()));
    // Whoever points Keyward at the old database itself is told of the command.
    let database = format!("sqlite:{}", with_sample(&world, "b.db"));
    let run = world.run(&["pool", "stats", "--database", &database, "--data", "other", "--json"]);
    assert_eq!(run.failure(), (2, "DATABASE_FOREIGN".to_owned()));
    assert!(run.out.contains("keyward import"), "{}", run.out);
}

#[test]
fn postgresql_is_read_through_a_variable() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let Some(old) = runtime.block_on(Database::postgres()) else { return };
    let world = World::with_keys();
    let out = world.path("old.sql");
    let script = root().join("testdata/make_old_databases.py");
    let made = std::process::Command::new("python3")
        .arg(script)
        .arg("C")
        .arg(&out)
        .args(["--rows", "300", "--bad", "3", "--sql"])
        .status();
    assert!(made.expect("python3 starts").success());
    runtime.block_on(old.run_script(&world.read("old.sql")));
    let url = old.url().expect("it is PostgreSQL");
    let arguments = ["import", "C", "--from-env", "OLD", "--skip-bad", "--data", "data", "--json"];
    let secret = "the old master key of the samples";
    let run = world.run_in(&[("OLD", &url), ("MASTER_KEY", secret)], &arguments, "");
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    let report = run.json();
    assert_eq!((&report["imported"], &report["from"]["kind"]), (&json!(300), &json!("postgres")));
    assert_eq!(report["seals"]["wrong"], 5, "{report}");
}
