//! The alerts: every metric and label is one of a running server's, and every alert has its place in `docs/operations.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use regex::Regex;
use serde_json::{Value, json};

use super::{if_installed, yaml};
use crate::served::Served;
use crate::world::{World, root};

const FILE: &str = "prometheus/keyward.rules.yml";
/// What Prometheus adds to everything that it reads.
const OF_PROMETHEUS: [&str; 2] = ["instance", "job"];

fn rules() -> Vec<Value> {
    let rules = yaml(FILE);
    let groups = rules["groups"].as_array().expect("groups").iter();
    groups.flat_map(|group| group["rules"].as_array().expect("rules").clone()).collect()
}

/// The samples of a server that was asked a bit of everything, each with its labels.
fn samples() -> BTreeMap<String, BTreeSet<String>> {
    let world = World::new();
    world.out(&["issue", "pool", "--duration", "1m", "--count", "1"]);
    let served = Served::start(&world);
    for _ in 0..12 {
        served.get("/api/validate/ABC123XYZ789");
    }
    for _ in 0..11 {
        served.post("/api/verify", &json!({ "license": "QF-PRO-0000000000000000-1" }));
    }
    let mut samples = BTreeMap::new();
    // The stock is counted at the start, beside the first answers.
    for _ in 0..1_200 {
        samples = read(&served.host);
        if samples.contains_key("keyward_pool_stock") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    samples
}

fn read(host: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut stream = TcpStream::connect(host).expect("a connection");
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").expect("a question");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let label = Regex::new("([a-z]+)=\"").expect("a pattern");
    let mut samples = BTreeMap::<_, BTreeSet<_>>::new();
    for line in answer.lines().filter(|line| line.starts_with("keyward_")) {
        let (name, rest) = line.split_at(line.find(['{', ' ']).expect("a value"));
        let labels = label.captures_iter(rest).map(|found| found[1].to_owned());
        samples.entry(name.to_owned()).or_default().extend(labels);
    }
    samples
}

#[test]
fn they_ask_for_what_a_server_says() {
    let samples = samples();
    assert!(samples["keyward_refusals_total"].contains("front") && samples.len() > 20, "{samples:?}");
    let metric = Regex::new(r"(keyward_[a-z_]+)(?:\{([^}]*)\})?").expect("a pattern");
    let grouped = Regex::new(r"by \(([^)]*)\)").expect("a pattern");
    let matcher = Regex::new("([a-z_]+)(?:=~|!~|!=|=)\"").expect("a pattern");
    let shown = Regex::new(r"\$labels\.([a-z]+)").expect("a pattern");
    for rule in rules() {
        let name = rule["alert"].as_str().expect("a name");
        let expression = rule["expr"].as_str().expect("an expression");
        let mut labels: BTreeSet<&str> = OF_PROMETHEUS.into_iter().collect();
        for found in metric.captures_iter(expression) {
            let known =
                samples.get(&found[1]).unwrap_or_else(|| panic!("{name}: there is no metric {}", &found[1]));
            labels.extend(known.iter().map(String::as_str));
            for asked in matcher.captures_iter(found.get(2).map_or("", |labels| labels.as_str())) {
                assert!(known.contains(&asked[1]), "{name}: {} has no label {}", &found[1], &asked[1]);
            }
        }
        assert!(expression.contains("keyward"), "{name}: {expression}");
        for list in grouped.captures_iter(expression) {
            for label in list[1].split(',').map(str::trim) {
                assert!(labels.contains(label), "{name}: there is no label {label}");
            }
        }
        let summary = rule["annotations"]["summary"].as_str().expect("a summary");
        for label in shown.captures_iter(summary) {
            let kept = grouped.captures_iter(expression).all(|list| list[1].contains(&label[1]));
            assert!(kept && labels.contains(&label[1]), "{name}: {summary}");
        }
        assert!(
            ["page", "ticket"].contains(&rule["labels"]["severity"].as_str().expect("a severity")),
            "{name}"
        );
    }
}

#[test]
fn each_has_its_place_in_the_operators_page() {
    let page = std::fs::read_to_string(root().join("docs/operations.md")).expect("the page");
    let told: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| `Keyward")?.split('`').next()).collect();
    let rules = rules();
    let known: Vec<&str> =
        rules.iter().map(|rule| &rule["alert"].as_str().expect("a name")["Keyward".len()..]).collect();
    assert_eq!(told, known);
}

#[test]
fn prometheus_takes_them() {
    // Where `cargo xtask test` has put it.
    let unpacked = root().join("target/prometheus/usr/bin/promtool");
    let promtool = if unpacked.is_file() { unpacked.to_str().expect("a text") } else { "promtool" };
    for (command, name) in [("check", "keyward.rules.yml"), ("test", "keyward.test.yml")] {
        let path = root().join("deploy/prometheus").join(name);
        let arguments = [command, "rules", path.to_str().expect("a text")];
        if let Some((is_good, said)) = if_installed(promtool, &arguments) {
            assert!(is_good && said.contains("SUCCESS"), "{said}");
        }
    }
}
