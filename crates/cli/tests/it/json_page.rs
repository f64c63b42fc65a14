//! `docs/json.md` names every field that is printed, and no other.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::world::{World, root};

fn fields_of(section: &str) -> BTreeSet<String> {
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next().map(str::to_owned)).collect()
}

fn fields(value: &Value) -> BTreeSet<String> {
    value.as_object().expect("an object").keys().cloned().collect()
}

#[test]
fn every_field_has_its_row() {
    let world = World::with_keys();
    let page = std::fs::read_to_string(root().join("docs/json.md")).expect("the page");
    let (stored, tables) = page.split_once("## The verdict").expect("the first table");
    let (verdict, license) = tables.split_once("## What it says").expect("the second table");
    let issued = [
        vec!["issue", "lk3", "--product", "p", "--key", "ed.pem", "--pool", "a=1", "--json"],
        vec!["issue", "tier", "pro", "--secret-env", "SECRET", "--json"],
        vec!["issue", "record", "a.example", "--key", "rsa.pem", "--json"],
    ];
    for arguments in issued {
        let said = world.run(&arguments).json();
        assert_eq!(fields(&said["check"]), fields_of(verdict), "{arguments:?}");
        assert_eq!(fields(&said["check"]["license"]), fields_of(license), "{arguments:?}");
        assert_eq!(
            fields(&said),
            ["license", "check", "note", "letter", "sql", "file"].map(str::to_owned).into()
        );
    }
    assert_eq!(fields(&world.run(&["verify", "hello", "--json"]).json()), fields_of(verdict));

    let (kept, shown) = stored.split_once("### What `license show` adds").expect("two tables");
    let issued = world.db_json(&["issue", "tier", "pro"]);
    assert_eq!(fields(&issued["kept"]), fields_of(kept));
    let record = world.db_json(&["issue", "record", "a.example"]);
    assert_eq!(fields(&record["kept"]), fields_of(kept));
    assert_eq!(
        fields(&record),
        ["license", "check", "note", "letter", "sql", "file", "kept", "tell"].map(str::to_owned).into()
    );
    let key = issued["license"].as_str().expect("a key");
    assert_eq!(fields(&world.db_json(&["license", "suspend", key])["license"]), fields_of(kept));
    let all = world.db_json(&["license", "show", key]);
    assert_eq!(fields(&all), &fields_of(kept) | &fields_of(shown));
    let asked: BTreeSet<String> = ["license".to_owned()].into();
    assert_eq!(fields(&all["verdicts"]["run"]), &fields_of(verdict) - &asked);
}
