//! `--count`.

use std::collections::HashSet;

use serde_json::Value;

use crate::world::World;

fn column(csv: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let at =
        reader.headers().expect("a header").iter().position(|header| header == name).expect("the column");
    reader.records().map(|record| record.expect("a record")[at].to_owned()).collect()
}

#[test]
fn many_licences_of_every_form_are_all_different_and_all_valid() {
    let world = World::with_keys();
    let secret = ["--secret-env", "SECRET"];
    let lk3 = ["issue", "lk3", "--product", "p", "--count", "600"];
    for (arguments, name, keys) in [
        (["issue", "lk1", "--tier", "PRO-10", "--count", "600"].to_vec(), "license_key", secret),
        (["issue", "lk2", "--tier", "PRO-10", "--count", "600"].to_vec(), "license_key", secret),
        (["issue", "tier", "pro", "--count", "600"].to_vec(), "license_key", secret),
        (lk3.to_vec(), "license_key", secret),
        (lk3.to_vec(), "license_key", ["--key", "ed.pem"]),
        (["issue", "record", "c-{n}", "--count", "20"].to_vec(), "license", ["--key", "rsa.pem"]),
        (
            ["issue", "file", "c-{n}", "D", "--product", "p", "--count", "20"].to_vec(),
            "license",
            ["--key", "rsa.pem"],
        ),
    ] {
        let csv = world.out(&[&arguments[..], &keys].concat());
        let made = column(&csv, name);
        let wanted: usize = arguments[arguments.len() - 1].parse().expect("a number");
        assert_eq!(made.iter().collect::<HashSet<_>>().len(), wanted, "{arguments:?}");
        for license in [&made[0], &made[wanted / 2], &made[wanted - 1]] {
            let run = world.run_with(&["verify", "-", keys[0], keys[1]], license);
            assert_eq!(run.status, 0, "{arguments:?}: {license}: {}", run.out);
        }
    }
}

#[test]
fn a_pool_has_a_thousand_keys_of_each_duration() {
    let world = World::new();
    let csv = world.out(&["issue", "pool", "--offline", "--batch", "first"]);
    let keys = column(&csv, "license_key");
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), 5_000);
    assert!(keys.iter().all(|key| key.len() == 12 && !key.contains(['0', 'O', '1', 'I', 'L'])));
    let labels = column(&csv, "duration_label");
    for label in ["1 jour", "5 jours", "1 mois", "6 mois", "12 mois"] {
        assert_eq!(labels.iter().filter(|found| *found == label).count(), 1_000, "{label}");
    }
    assert!(column(&csv, "batch_id").iter().all(|batch| batch == "first"));
    let some = world.out(&["issue", "pool", "--offline", "--count", "3", "--duration", "1m,12m"]);
    assert_eq!(column(&some, "duration_days"), ["30", "30", "30", "365", "365", "365"]);
}

#[test]
fn no_cell_is_a_formula() {
    let world = World::new();
    let issue = ["issue", "pool", "--offline", "--count", "1", "--duration", "1d", "--batch", "=1+1"];
    assert_eq!(column(&world.out(&issue), "batch_id"), ["'=1+1"]);
    let json: Value = serde_json::from_str(&world.out(&[&issue[..], &["--json"]].concat())).expect("JSON");
    assert_eq!(json["batch_id"], "=1+1");
}

#[test]
fn json_lines_and_a_file_of_its_own() {
    let world = World::with_keys();
    let issue = ["issue", "lk3", "--product", "p", "--count", "300", "--key", "ed.pem", "--format", "jsonl"];
    assert_eq!(world.out(&[&issue[..], &["--out", "keys.jsonl"]].concat()), "");
    let text = world.read("keys.jsonl");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 300);
    assert!(
        lines.iter().all(|line| line["license_key"].as_str().is_some_and(|key| key.starts_with("LK-3-")))
    );
    let files = std::fs::read_dir(&world.directory).expect("the directory").count();
    assert_eq!(files, 5 + 1, "nothing is left beside the keys");
    let again = world.run(&[&issue[..], &["--out", "keys.jsonl", "--json"]].concat());
    assert_eq!((again.status, again.json()["error"]["code"].as_str()), (2, Some("FILE_EXISTS")));
    assert_eq!(world.read("keys.jsonl"), text);
    let json = world.out(&["issue", "pool", "--offline", "--count", "1", "--duration", "1d", "--json"]);
    assert!(json.starts_with("{\"batch_id\"") || json.starts_with("{\"license_key\""), "{json}");
}

#[test]
fn what_cannot_be_made_whole_is_not_begun() {
    let world = World::with_keys();
    for (arguments, code) in [
        (
            vec!["issue", "tier", "pro", "--count", "3601", "--secret-env", "SECRET", "--out", "out"],
            "TOO_MANY",
        ),
        (
            vec!["issue", "record", "same", "--count", "2", "--key", "rsa.pem", "--out", "out"],
            "INVALID_ARGUMENT",
        ),
        (
            vec!["issue", "lk1", "--tier", "x y", "--count", "2", "--secret-env", "SECRET", "--out", "out"],
            "MALFORMED",
        ),
        (vec!["issue", "pool", "--offline", "--count", "2", "--out", "no/such/directory"], "FILE"),
    ] {
        let run = world.run(&[&arguments[..], &["--json"]].concat());
        assert_eq!((run.status, run.json()["error"]["code"].as_str()), (2, Some(code)), "{arguments:?}");
        assert!(!world.path("out").exists(), "{arguments:?}");
    }
    assert_eq!(world.run(&["issue", "tier", "pro", "--count", "3600", "--secret-env", "SECRET"]).status, 0);
}
