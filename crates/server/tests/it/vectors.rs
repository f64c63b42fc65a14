//! Runs the cases of `testdata/vectors`, or of the directory in `VECTORS_DIR` (relative to the workspace root), that say
//! what is answered over HTTP. Each has a server of its own, with its records in the database.

mod pool;
mod tier;

use std::path::PathBuf;

use keyward_core::time::Timestamp;
use keyward_engine::Caller;
use keyward_engine::license::{Named, Suspension};
use serde_json::Value;

use crate::site::Site;
use crate::world::Answer;

/// What came back, with the kind of the error where it was one.
struct Said {
    answer: Answer,
    kind: Option<String>,
    /// The record as it is afterwards, where the operation changes it.
    record: Option<Value>,
}

/// The cases of files B and C.
fn cases() -> Vec<Value> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let directory = root.join(std::env::var_os("VECTORS_DIR").unwrap_or_else(|| "testdata/vectors".into()));
    let cases = ["format_b.json", "format_c.json"].map(|name| {
        let path = directory.join(name);
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()));
        let file: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        file["cases"].as_array().unwrap_or_else(|| panic!("{name} has no cases")).clone()
    });
    cases.concat()
}

/// What is answered; `None` for operations that are asked without a server.
async fn run(case: &Value) -> Option<Said> {
    let inputs = &case["inputs"];
    match text(case, "op") {
        "b_validate" => Some(pool::validate(inputs).await),
        "b_activate" => Some(pool::activate(inputs).await),
        "c_verify_api" => Some(tier::verify(inputs).await),
        "b_key" | "b_duration" | "b_activation_status" => None,
        "c_sign" | "c_verify_key" | "c_tier_features" => None,
        op => panic!("unknown operation {op}"),
    }
}

/// Why an answer is not the expected one.
fn compare(expected: &Value, said: &Said) -> Result<(), String> {
    let other = said.kind.as_deref().filter(|kind| expected["error"] != **kind);
    if let (Some(kind), Some(also)) = (other, expected["also_accept"].as_array())
        && also.iter().any(|also| also == kind)
    {
        return Ok(());
    }
    if said.kind.is_some() != (expected["ok"] == false) || other.is_some() {
        return Err(format!("expected {}, got the kind {:?}", expected["error"], said.kind));
    }
    let (wanted, body) = (&expected["http"], said.answer.json());
    if wanted["status"] != said.answer.status {
        return Err(format!("expected the status {}, got {}: {body}", wanted["status"], said.answer.status));
    }
    same("body", &wanted["body"], &body)?;
    match (&said.record, expected["value"].get("record_after")) {
        (Some(record), Some(wanted)) => same("record_after", wanted, record),
        (None, Some(_)) => Err("nothing says what the record is afterwards".to_owned()),
        _ => Ok(()),
    }
}

/// Every field that is named has its value; there may be more.
fn same(what: &str, wanted: &Value, found: &Value) -> Result<(), String> {
    for (name, wanted) in wanted.as_object().unwrap_or_else(|| panic!("{what} is an object")) {
        if found.get(name) != Some(wanted) {
            return Err(format!("{what}: {name}: expected {wanted}, got {:?}", found.get(name)));
        }
    }
    Ok(())
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is no text"))
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap_or_else(|| panic!("{text} is no RFC 3339 time"))
}

fn records(inputs: &Value) -> &Vec<Value> {
    inputs["records"].as_array().expect("records are a list")
}

async fn revoke(site: &Site, key: &str) {
    let named = Named::Key(key.to_owned());
    site.engine.suspend(&Caller::operator(), named, Suspension::Revoke, None).await.expect("it is revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_that_of_the_older_systems() {
    let (mut failures, mut asked) = (Vec::new(), 0);
    for case in cases() {
        let Some(said) = run(&case).await else { continue };
        asked += 1;
        if let Err(why) = compare(&case["expected"], &said) {
            failures.push(format!("{}: {why}", case["name"]));
        }
    }
    assert!(asked > 0, "there is no case that says what is answered");
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[tokio::test]
#[should_panic(expected = "unknown operation")]
async fn an_unknown_operation_fails() {
    run(&serde_json::json!({ "op": "b_surprise" })).await;
}
