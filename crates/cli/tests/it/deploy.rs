//! The files of `deploy/`: each is well-formed, and every flag, path, variable, setting and metric that it names is there.
//!
//! What only another program can tell (`systemd-analyze`, `promtool`) is asked where that program is installed; elsewhere
//! the test says that it was not. No container engine is needed, and none is asked.

mod compose;
mod image;
mod rules;
mod unit;

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::world::{World, root};

/// A file of `deploy/`.
fn file(name: &str) -> String {
    std::fs::read_to_string(root().join("deploy").join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A YAML file of `deploy/`, read by Python's parser.
fn yaml(name: &str) -> Value {
    let python = root().join("target/python/bin/python");
    let output = Command::new(&python)
        .args(["-c", "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"])
        .stdin(std::fs::File::open(root().join("deploy").join(name)).expect("the file"))
        .output()
        .unwrap_or_else(|error| {
            panic!("{} does not start ({error}); run `cargo xtask test` once", python.display())
        });
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The texts of a list.
fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|text| text.as_str().expect("a text")).collect()
}

/// Runs what may not be installed; `None`, and a word on it, where it is not.
fn if_installed(program: &str, arguments: &[&str]) -> Option<(bool, String)> {
    match Command::new(program).args(arguments).stdin(Stdio::null()).output() {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
        }
        Err(error) => {
            println!("{program} is not asked: it does not start ({error})");
            None
        }
    }
}

/// What a command line asks for exists: the command, and its flags.
fn command_exists(world: &World, arguments: &[&str]) {
    let flags: Vec<&str> = arguments.iter().copied().filter(|word| word.starts_with("--")).collect();
    let command: Vec<&str> = arguments.iter().copied().take_while(|word| !word.starts_with("--")).collect();
    let help = world.out(&[&command[..], &["--help"]].concat());
    for flag in flags {
        let known = help.split_whitespace().any(|word| word.trim_end_matches(',') == flag);
        assert!(known, "`keyward {}` has no {flag}", command.join(" "));
    }
}

/// The configuration that these variables make together with a file is one, and none of them is unknown.
fn configuration_is_good(world: &World, file: Option<&str>, variables: &[(&str, &str)]) {
    let mut arguments = vec!["config", "check", "--json"];
    arguments.extend(file.iter().flat_map(|file| ["--config", file]));
    let checked = world.run_in(variables, &arguments, "").json();
    assert_eq!(checked, serde_json::json!({ "valid": true, "faults": [], "warnings": [] }), "{variables:?}");
}

/// What holds with this file and these variables, by section and key.
fn settings(world: &World, file: Option<&str>, variables: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut arguments = vec!["config", "print"];
    arguments.extend(file.iter().flat_map(|file| ["--config", file]));
    let printed = world.run_in(variables, &arguments, "").out;
    let mut section = "";
    let mut settings = BTreeMap::new();
    for line in printed.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((name, value)) = line.split_once(" = ") {
            let value = value.split(" # from ").next().unwrap_or_default().trim_matches('"');
            settings.insert(format!("{section}.{name}"), value.to_owned());
        }
    }
    settings
}

/// `60s`, `2m`.
fn seconds(duration: &str) -> u64 {
    let (number, unit) = duration.split_at(duration.find(|c: char| !c.is_ascii_digit()).expect("a unit"));
    number.parse::<u64>().expect("a number") * if unit == "m" { 60 } else { 1 }
}

/// The server needs so long to end well: requests in flight, and three steps of five seconds after them.
fn longest_end(settings: &BTreeMap<String, String>) -> u64 {
    seconds(&settings["server.drain_timeout"]) + 15
}
