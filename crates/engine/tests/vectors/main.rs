//! Runs the vectors of `testdata/vectors`, or of the directory in `VECTORS_DIR` (relative to the workspace root).
//!
//! Every case that is not optional must give exactly its value or error kind; an optional one may also be refused.

mod format_a;
mod format_b;
mod format_c;
mod format_d;
mod format_e;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use keyward_core::code::Code;
use keyward_core::crypto::{Provider, PublicKey, pure::Pure};
use keyward_core::refusal::Refusal;
use keyward_core::time::Timestamp;
use keyward_core::verdict::Verdict;
use keyward_engine::crypto::AwsLc;
use keyward_engine::issue::IssueError;
use serde_json::{Map, Value};

/// What an operation gave: its value, or the kind of its error.
type Outcome = Result<Value, String>;

/// A case's inputs with the keys of its file.
struct Inputs<'a> {
    fields: &'a Map<String, Value>,
    keys: &'a Map<String, Value>,
    provider: &'a dyn Provider,
}

impl Inputs<'_> {
    fn value(&self, name: &str) -> &Value {
        self.fields.get(name).unwrap_or_else(|| panic!("the input {name} is missing"))
    }

    /// A text; anything else is malformed, as it would be on the wire.
    fn text(&self, name: &str) -> Result<&str, String> {
        self.value(name).as_str().ok_or_else(malformed)
    }

    /// A whole number; anything else is malformed.
    fn number(&self, name: &str) -> Result<i64, String> {
        self.value(name).as_i64().ok_or_else(malformed)
    }

    fn optional_text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }

    fn now(&self) -> Result<Timestamp, String> {
        self.text("now").map(at)
    }

    /// The PEM texts of the public key that an input names: SPKI and PKCS#1.
    fn public_keys(&self, name: &str) -> Vec<PublicKey> {
        ["public_spki", "public_pkcs1"]
            .map(|form| {
                let pem = self.keys[self.text(name).expect("the name of a key")][form]
                    .as_str()
                    .expect("a PEM text");
                PublicKey::from_pem(pem, self.provider).expect("a public key of the vectors")
            })
            .to_vec()
    }

    fn private_pems(&self, name: &str) -> [&str; 2] {
        ["private_pkcs8", "private_pkcs1"].map(|form| {
            self.keys[self.text(name).expect("the name of a key")][form].as_str().expect("a PEM text")
        })
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap_or_else(|| panic!("{text} is no RFC 3339 time"))
}

fn malformed() -> String {
    kind(Code::Malformed)
}

/// The kind of what could not be issued: a date that cannot be written is a malformed request.
fn not_issued(error: &IssueError) -> String {
    match error {
        IssueError::Field(refusal) => kind(refusal.code()),
        _ => malformed(),
    }
}

fn kind(code: Code) -> String {
    code.as_str().to_lowercase()
}

fn refusal(refusal: impl Into<Refusal>) -> String {
    kind(refusal.into().code())
}

/// Turns a verdict into an outcome.
fn decided(verdict: &Verdict, value: impl FnOnce() -> Value) -> Outcome {
    if verdict.valid { Ok(value()) } else { Err(kind(verdict.code)) }
}

/// All must be the same, whatever the form of the key.
fn agreed(outcomes: impl IntoIterator<Item = Outcome>) -> Outcome {
    let mut outcomes = outcomes.into_iter();
    let first = outcomes.next().expect("at least one outcome");
    for other in outcomes {
        assert_eq!(first, other, "the forms of one key disagree");
    }
    first
}

fn directory() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.join(std::env::var_os("VECTORS_DIR").unwrap_or_else(|| "testdata/vectors".into()))
}

fn files() -> BTreeMap<String, Value> {
    let directory = directory();
    let entries = std::fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("the vectors in {} cannot be read: {error}", directory.display()));
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry.expect("a directory entry").path();
        if path.extension().is_some_and(|e| e == "json") {
            let text = std::fs::read_to_string(&path).expect("a readable vector file");
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let parsed = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
            files.insert(name, parsed);
        }
    }
    assert!(!files.is_empty(), "no vector file in {}", directory.display());
    files
}

fn run(op: &str, inputs: &Inputs<'_>) -> Outcome {
    match op.as_bytes().first() {
        Some(b'a') => format_a::run(op, inputs),
        Some(b'b') => format_b::run(op, inputs),
        Some(b'c') => format_c::run(op, inputs),
        Some(b'd') => format_d::run(op, inputs),
        Some(b'e') => format_e::run(op, inputs),
        _ => panic!("unknown operation {op}"),
    }
}

/// Why an outcome is not the expected one; `Ok(true)` when an optional case was declined.
fn compare(expected: &Value, optional: bool, outcome: &Outcome) -> Result<bool, String> {
    let also = expected["also_accept"].as_array().cloned().unwrap_or_default();
    match (expected["ok"].as_bool().expect("ok is a boolean"), outcome) {
        (true, Ok(value)) => {
            for (name, wanted) in expected["value"].as_object().expect("value is an object") {
                if value.get(name) != Some(wanted) {
                    return Err(format!("{name}: expected {wanted}, got {:?}", value.get(name)));
                }
            }
            Ok(false)
        }
        (_, Err(kind)) if optional && expected["error"] != **kind => Ok(true),
        (true, Err(kind)) => Err(format!("expected a value, got the error {kind}")),
        (false, Err(kind)) if expected["error"] == **kind || also.iter().any(|k| *k == **kind) => Ok(false),
        (false, outcome) => Err(format!("expected the error {}, got {outcome:?}", expected["error"])),
    }
}

#[test]
fn every_case_of_every_file() {
    let mut failures = Vec::new();
    for (name, file) in files() {
        let cases = file["cases"].as_array().unwrap_or_else(|| panic!("{name} has no cases"));
        assert!(!cases.is_empty(), "{name} has no cases");
        let empty = Map::new();
        let keys = file["keys"].as_object().unwrap_or(&empty);
        let mut declined = 0;
        for case in cases {
            let optional = case["optional"].as_bool().unwrap_or(false);
            let mut outcomes = [&AwsLc as &dyn Provider, &Pure].map(|provider| {
                let fields = case["inputs"].as_object().expect("inputs are an object");
                let op = case["op"].as_str().expect("op is a text");
                let inputs = Inputs { fields, keys, provider };
                // One case that panics must not hide the others.
                match catch_unwind(AssertUnwindSafe(|| run(op, &inputs))) {
                    Ok(outcome) => compare(&case["expected"], optional, &outcome),
                    Err(_) => Err("panicked, see above".to_owned()),
                }
            });
            outcomes.sort_by_key(Result::is_ok);
            match &outcomes[0] {
                Ok(was_declined) => declined += usize::from(*was_declined),
                Err(why) => failures.push(format!("{name}: {}: {why}", case["name"])),
            }
        }
        // Written past the test harness, which would keep it to itself.
        writeln!(std::io::stdout(), "{name}: {} cases, {declined} optional declined", cases.len())
            .expect("standard output can be written");
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
#[should_panic(expected = "unknown operation")]
fn an_unknown_operation_fails() {
    let (fields, keys) = (Map::new(), Map::new());
    let _ = run("e_surprise", &Inputs { fields: &fields, keys: &keys, provider: &Pure });
}
