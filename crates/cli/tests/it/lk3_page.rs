//! `docs/lk3.md`: its worked example is true, and a decoder written from it reads every kind of key.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::world::{World, block, root, testdata};

const EXAMPLE: [&str; 20] = [
    "issue",
    "lk3",
    "--product",
    "acme",
    "--tier",
    "PRO",
    "--company",
    "Zoë",
    "--devices",
    "3",
    "--days",
    "365",
    "--now",
    "2026-01-01",
    "--key",
    "ed.pem",
    "--feature",
    "export",
    "--limit",
    "api_calls=1000",
];

fn page() -> String {
    std::fs::read_to_string(root().join("docs/lk3.md")).expect("the page")
}

#[test]
fn the_worked_example_is_what_we_issue() {
    let world = World::with_keys();
    let id = ["--license-id", "019b7700-0000-7000-8000-000000000001"];
    assert_eq!(world.out(&[&EXAMPLE[..], &id].concat()), block(&page(), "lk3", 0));
    assert_eq!(world.out(&["keys", "public", "ed.pem"]), block(&page(), "pem", 0));
}

#[test]
fn the_bytes_of_the_table_are_those_of_the_key() {
    use base64::Engine as _;
    let page = page();
    let (_, table) = page.split_once("stand 140 bytes").expect("the table");
    let mut bytes = Vec::new();
    for row in
        table.lines().skip_while(|line| !line.starts_with("| 0 ")).take_while(|line| line.starts_with('|'))
    {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells[1], bytes.len().to_string(), "the offset of {row}");
        let hex = cells[2].trim_matches('`').split(' ');
        bytes.extend(hex.map(|byte| u8::from_str_radix(byte, 16).expect("a byte")));
    }
    assert_eq!(bytes.len(), 140);
    let key = format!("LK-3-{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes));
    assert_eq!(key, block(&page, "lk3", 0));
}

/// Field numbers and names of the payload, as a line each says them.
fn payload_fields(text: &str, read: impl Fn(&str) -> Option<(u32, String)>) -> Vec<(u32, String)> {
    text.lines().filter_map(read).collect()
}

#[test]
fn the_published_message_is_the_one_that_the_decoder_reads() {
    let proto = std::fs::read_to_string(root().join("docs/lk3.proto")).expect("the message");
    let (_, payload) = proto.split_once("message Payload {").expect("the payload");
    let published = payload_fields(payload.split("\n}").next().expect("its end"), |line| {
        let (before, after) = line.split_once(" = ")?;
        let number = after.split(';').next()?.parse().ok()?;
        Some((number, before.split_whitespace().last()?.to_owned()))
    });
    let decoder = std::fs::read_to_string(testdata("lk3_decoder.py")).expect("the decoder");
    let (_, table) = decoder.split_once("PAYLOAD = {").expect("its table");
    let read = payload_fields(table.split("\n}").next().expect("its end"), |line| {
        let (number, rest) = line.trim().split_once(": (\"")?;
        Some((number.parse().ok()?, rest.split('"').next()?.to_owned()))
    });
    assert_eq!(published.len(), 17);
    assert_eq!(published, read);
}

/// A key, and what a verifier of it holds.
struct Sample {
    key: String,
    public: bool,
    secret: Option<&'static str>,
}

const OURS: Option<&str> = Some("a secret that both sides share");
const PAGES: Option<&str> = Some("only an example");

impl Sample {
    /// The key with a character changed, added, cut off, …
    fn spoiled(&self) -> Vec<Self> {
        let key = &self.key;
        let middle = key.len() / 2;
        let other = if key.as_bytes()[middle] == b'A' { "B" } else { "A" };
        let keys = [
            format!("{}{other}{}", &key[..middle], &key[middle + 1..]),
            format!("{key}A"),
            format!("{key}="),
            key[..12].to_owned(),
            key[..key.len() - 4].to_owned(),
            key.replace("LK-3-", "LK-4-"),
            key.replace("LK-3-", "LK-03-"),
            key.replace("LK-3-", "LK-3-_"),
        ];
        let mut spoiled: Vec<Self> = keys.into_iter().map(|key| Self { key, ..*self }).collect();
        // As delivered, asked by somebody who holds something else.
        for (public, secret) in [(true, None), (true, Some("another")), (false, Some("another"))] {
            if public != self.public || self.secret.is_some() {
                spoiled.push(Self { key: key.clone(), public, secret });
            }
        }
        spoiled
    }

    fn request(&self, public_key: &str) -> Value {
        let public_keys = if self.public { vec![public_key] } else { Vec::new() };
        json!({
            "key": self.key,
            "public_keys": public_keys,
            "secrets": self.secret.iter().collect::<Vec<_>>(),
            "macs": !self.public,
        })
    }

    fn ask_us(&self, world: &World) -> Value {
        let mut arguments = vec!["verify", &self.key, "--json", "--now", "2026-02-01"];
        if self.public {
            arguments.extend(["--key", "ed.pem"]);
        }
        if let Some(secret) = self.secret {
            std::fs::write(world.path("secret"), secret).expect("written");
            arguments.extend(["--secret-file", "secret"]);
        }
        world.run(&arguments).json()
    }
}

fn samples(world: &World) -> Vec<Sample> {
    let full = [
        "--grace",
        "5",
        "--trial",
        "--not-before",
        "2026-01-02",
        "--customer",
        "C-7",
        "--device",
        "D1",
        "--pool",
        "floor=5@2026-06-01",
        "--pool",
        "roof=2",
        "--feature",
        "sso",
        "--limit",
        "storage=9007199254740993",
    ];
    let mac: Vec<&str> = EXAMPLE
        .iter()
        .map(|part| match *part {
            "--key" => "--secret-env",
            "ed.pem" => "SECRET",
            other => other,
        })
        .collect();
    let encrypted = ["--secret-env", "SECRET", "--encrypt"];
    let sample = |key, public, secret| Sample { key, public, secret };
    vec![
        sample(block(&page(), "lk3", 0), true, None),
        sample(block(&page(), "lk3", 1), false, PAGES),
        sample(block(&page(), "lk3", 2), false, PAGES),
        sample(world.out(&EXAMPLE), true, None),
        sample(world.out(&[&EXAMPLE[..], &full].concat()), true, None),
        sample(world.out(&[&EXAMPLE[..], &full, &encrypted].concat()), true, OURS),
        sample(world.out(&mac), false, OURS),
        sample(world.out(&[&mac[..], &["--encrypt"], &full].concat()), false, OURS),
    ]
}

#[test]
fn the_decoder_reads_what_we_issue_and_refuses_what_we_refuse() {
    let world = World::with_keys();
    let public = world.out(&["keys", "public", "ed.pem"]);
    let good = samples(&world);
    let spoiled: Vec<Sample> = good.iter().flat_map(Sample::spoiled).collect();
    let mut answers = decode(&good.iter().chain(&spoiled).map(|sample| sample.request(&public)).collect());
    let refusals = answers.split_off(good.len());
    for (sample, answer) in good.iter().zip(&answers) {
        assert_eq!(answer["ok"], true, "{}: {answer}", sample.key);
        same_licence(&sample.ask_us(&world)["license"], &answer["payload"]);
    }
    let mut seen = std::collections::BTreeSet::new();
    for (sample, answer) in spoiled.iter().zip(&refusals) {
        assert_eq!(answer["ok"], false, "{}", sample.key);
        let ours = sample.ask_us(&world);
        assert_eq!(ours["code"], answer["code"], "{}", sample.key);
        if ours["code"] == "BAD_SIGNATURE" {
            assert_eq!(ours["reason"], answer["reason"], "{}", sample.key);
        }
        seen.insert(format!("{} {}", answer["code"], answer["reason"]).replace('"', ""));
    }
    let wanted = [
        "BAD_SIGNATURE CANNOT_DECRYPT",
        "BAD_SIGNATURE SEAL_NOT_ACCEPTED",
        "BAD_SIGNATURE null",
        "MALFORMED null",
        "UNSUPPORTED_VERSION null",
    ];
    assert!(seen.iter().eq(wanted), "{seen:?}");
}

fn same_licence(ours: &Value, theirs: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    assert_eq!(text(&ours["licenseId"]), text(&theirs["license_id"]));
    assert_eq!(text(&ours["product"]), text(&theirs["product"]));
    assert_eq!(text(&ours["tier"]), text(&theirs["tier"]));
    assert_eq!(text(&ours["device"]), text(&theirs["device_id"]));
    assert_eq!(ours["maxDevices"], theirs["max_devices"]);
    assert_eq!(ours["features"], theirs["features"]);
    assert_eq!(
        ours["limits"].as_object().cloned().unwrap_or_default(),
        *theirs["limits"].as_object().expect("limits")
    );
    assert_eq!(ours["graceDays"], theirs["grace_days"]);
    assert_eq!(ours["trialDays"], theirs["trial_days"]);
    assert_eq!(ours["trial"], theirs["trial"] == true || !theirs["trial_days"].is_null());
    assert_eq!(text(&ours["holder"]), text(&theirs["company"]));
    let instant = |seconds: &Value| {
        seconds.as_i64().map(|seconds| keyward_core::time::Timestamp::from_seconds(seconds).to_string())
    };
    assert_eq!(ours["expires"].as_str().map(str::to_owned), instant(&theirs["expires"]));
    assert_eq!(ours["notBefore"].as_str().map(str::to_owned), instant(&theirs["not_before"]));
    let pools = |value: &Value, limit: &str| -> Vec<(String, Value)> {
        let list = value.as_array().cloned().unwrap_or_default();
        list.iter().map(|pool| (text(&pool["name"]), pool[limit].clone())).collect()
    };
    assert_eq!(pools(&ours["pools"], "maxDevices"), pools(&theirs["device_pools"], "max_devices"));
}

fn decode(requests: &Value) -> Vec<Value> {
    let missing = "run `cargo xtask test` once: it installs what this test needs";
    let mut child = Command::new(root().join("target/python/bin/python"))
        .arg(testdata("lk3_decoder.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect(missing);
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(requests.to_string().as_bytes())
        .expect("the decoder reads");
    let output = child.wait_with_output().expect("the decoder ends");
    assert!(output.status.success(), "{missing}");
    serde_json::from_slice(&output.stdout).expect("the decoder writes JSON")
}
