//! Runs a script of `testdata/border` once for many requests.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::world::root;

/// The answers of a Python script, in the order of the requests.
pub(super) fn python(script: &str, requests: &[Value]) -> Vec<Value> {
    answers(&root().join("target/python/bin/python"), script, requests)
}

/// The answers of a Node script, in the order of the requests.
pub(super) fn node(script: &str, requests: &[Value]) -> Vec<Value> {
    answers(Path::new("node"), script, requests)
}

fn answers(program: &Path, script: &str, requests: &[Value]) -> Vec<Value> {
    const INSTALL: &str = "run `cargo xtask test` once: it installs what this test needs";
    let mut child = Command::new(program)
        .arg(root().join("testdata/border").join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not start ({error}); {INSTALL}", program.display()));
    let input = serde_json::to_vec(requests).expect("requests are JSON");
    let written = child.stdin.take().expect("standard input is a pipe").write_all(&input);
    let output = child.wait_with_output().expect("the script ends");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(!complaint.contains("ModuleNotFoundError"), "{complaint}{INSTALL}");
    assert!(output.status.success(), "{script} failed: {complaint}");
    written.expect("the script reads all requests");
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).expect("the script answers in JSON");
    assert_eq!(answers.len(), requests.len(), "{script} answers every request");
    answers
}

#[test]
#[should_panic(expected = "run `cargo xtask test` once: it installs what this test needs")]
fn a_missing_tool_says_how_to_get_it() {
    answers(&root().join("target/python/bin/no-such-python"), "a.py", &[]);
}
