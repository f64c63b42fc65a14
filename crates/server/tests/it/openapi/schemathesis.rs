//! Schemathesis makes requests out of the document and sends them to a whole server: none fails, and each is answered as the
//! document says.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use keyward_engine::token::Role;
use serde_json::{Map, Value, json};

use super::{operations, references};
use crate::lk::tenant::{Tenant, day};
use crate::records::{Person, give_key, token};
use crate::site::Site;

const CONFIGURATION: &str = include_str!("../../../../../testdata/schemathesis.toml");
const INSTALL: &str = "run `cargo xtask test` once: it installs what this test needs";

/// Requests that are made up for an operation, beside the systematic ones.
const EXAMPLES: &str = "15";

/// A browser alone gets it, for its `Accept`.
const NOT_ASKED_FOR: (&str, &str, &str) = ("get", "/license", "303");

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_gets_no_answer_that_is_not_documented() {
    let site = Site::seeded_with(4_325, |config| {
        config.limits.failures = 10_000_000;
        config.dialects.tier.requests_per_minute = 10_000_000;
    })
    .await;
    give_key(&site).await;
    let mut document = site.get("/openapi.json").await.json();
    let (_, records) = token(&site, Role::SalesAgent).await;
    let tenant = Tenant::new(&site, "acme").await;
    give_pool_and_tier(&site, &mut document).await;
    give_records(&site, &records, &mut document).await;
    give_installation(&tenant, &mut document).await;
    leave_no_room(&mut document);

    let name = format!("schemathesis-{}", std::process::id());
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&place).expect("a directory");
    let configuration =
        CONFIGURATION.replace("INSTALLATION_TOKEN", &tenant.token).replace("RECORDS_TOKEN", &records);
    std::fs::write(place.join("schemathesis.toml"), configuration).expect("it is written");
    std::fs::write(place.join("openapi.json"), document.to_string()).expect("it is written");
    let report = tokio::task::block_in_place(|| run(&place, &site.url));
    // Where it fails, what was asked is left to be looked at.
    let _ = std::fs::remove_dir_all(&place);
    let answers = answers(&report);

    // A key that nobody knows gets no further than the door: every yes must have been said.
    let reached: BTreeSet<(&str, &str, &str)> =
        answers.iter().map(|it| (&*it.method, &*it.path, &*it.status)).collect();
    let wanted = operations(&document).flat_map(|(method, path, operation)| {
        let statuses = operation["responses"].as_object().into_iter().flat_map(Map::keys);
        let yes = statuses.filter(|status| status.starts_with(['2', '3']));
        yes.map(move |status| (method.as_str(), path.as_str(), status.as_str()))
    });
    let missed: Vec<_> = wanted.filter(|yes| *yes != NOT_ASKED_FOR && !reached.contains(yes)).collect();
    assert!(missed.is_empty(), "never answered: {missed:?}");
    // These say yes and no with one status.
    for (path, yes) in [
        ("/validate_license", "License is valid."),
        ("/license/status", "\"isValid\":true"),
        ("/api/license/status", "\"isValid\":true"),
    ] {
        assert!(answers.iter().any(|it| it.path == path && it.body.contains(yes)), "{path}: {yes}");
    }
}

/// Has the document's operations asked, and returns the report.
fn run(place: &Path, url: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.canonicalize().expect("the workspace").join("target/python/bin/python");
    let report = place.join("report.ndjson");
    let mut command = Command::new(&python);
    // What it leaves behind is left there.
    command.current_dir(place).args(["-m", "schemathesis.cli", "--config-file", "schemathesis.toml"]);
    command.args(["run", "openapi.json", "--url", url, "--max-examples", EXAMPLES]);
    command.args(["--no-color", "--warnings", "off", "--report", "ndjson", "--report-ndjson-path"]);
    command.arg(&report);
    if std::env::var_os("KEYWARD_TEST_LONG").is_some_and(|value| value == "1") {
        command.args(["--max-time", "600"]);
    }
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{} does not start ({error}); {INSTALL}", python.display()));
    let [said, complaint] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(!complaint.contains("No module named"), "{complaint}{INSTALL}");
    assert!(output.status.success(), "{said}{complaint}");
    std::fs::read_to_string(report).expect("the report")
}

/// What was answered to a request.
struct Answer {
    method: String,
    path: String,
    status: String,
    body: String,
}

fn answers(report: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for line in report.lines() {
        let event: Value = serde_json::from_str(line).expect("each line is JSON");
        let recorder = &event["ScenarioFinished"]["recorder"];
        for (id, case) in recorder["cases"].as_object().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let response = &recorder["interactions"][id]["response"];
            let body = BASE64_STANDARD.decode(text(&response["content"]["$base64"])).expect("base64");
            answers.push(Answer {
                method: text(&case["value"]["method"]).to_ascii_lowercase(),
                path: text(&case["value"]["path"]),
                status: response["status_code"].to_string(),
                body: String::from_utf8_lossy(&body).into_owned(),
            });
        }
    }
    answers
}

/// What an answer has must be said: where the document leaves room for more, as it does for clients' sake, none is left.
fn leave_no_room(document: &mut Value) {
    let mut todo: Vec<String> = operations(document)
        .flat_map(|(_, _, operation)| references(&operation["responses"]))
        .map(str::to_owned)
        .collect();
    let mut done = BTreeSet::new();
    while let Some(place) = todo.pop() {
        if place.starts_with("#/components/schemas/") && done.insert(place.clone()) {
            let schema = document.pointer_mut(&place[1..]).expect("it leads somewhere");
            close(schema);
            todo.extend(references(schema).into_iter().map(str::to_owned));
        }
    }
}

fn close(schema: &mut Value) {
    match schema {
        Value::Array(values) => values.iter_mut().for_each(close),
        Value::Object(fields) => {
            fields.values_mut().for_each(close);
            if fields.contains_key("properties") {
                fields.entry("additionalProperties").or_insert(false.into());
            }
        }
        _ => {}
    }
}

/// Puts what is there in place of the examples of an operation: of parameters by their names, and of the body.
fn give(document: &mut Value, id: &str, examples: &Value) {
    let methods = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    let mut all = methods.filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    let operation = all.find(|operation| operation["operationId"] == id);
    let operation = operation.unwrap_or_else(|| panic!("there is no {id}"));
    let mut given = 0;
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        if let Some(example) = parameter["name"].as_str().and_then(|name| examples.get(name)) {
            parameter["example"] = example.clone();
            given += 1;
        }
    }
    if let Some(example) = examples.get("body") {
        let content = operation["requestBody"]["content"].as_object_mut();
        for media in content.into_iter().flat_map(Map::values_mut) {
            media["example"] = example.clone();
            given += 1;
        }
    }
    assert_eq!(Some(given), examples.as_object().map(Map::len), "{id} takes {examples}");
}

async fn give_pool_and_tier(site: &Site, document: &mut Value) {
    let [asked, used] = [site.pool_key("30").await.key, site.pool_key("30").await.key];
    give(document, "poolValidate", &json!({ "key": asked }));
    let body = json!({ "license_key": used, "domain_fingerprint": "example.com" });
    give(document, "poolActivate", &json!({ "body": body }));
    for id in ["tierVerify", "tierValidate"] {
        let key = site.tier_key("pro", id).await.key;
        give(document, id, &json!({ "body": { "license": key } }));
    }
}

async fn give_records(site: &Site, token: &str, document: &mut Value) {
    let person = Person::at(site).await;
    for id in ["recordShow", "recordFile", "recordRevoke", "recordReactivate"] {
        let page = person.issued(id, "Pro", "30").await;
        give(document, id, &json!({ "serial": page.trim_start_matches("/records/") }));
    }
    let page = person.issued("recordValidate", "Pro", "30").await;
    let body = json!({ "client_id": "recordValidate", "signature": person.signature(&page).await });
    give(document, "recordValidate", &json!({ "body": body }));
    give(document, "recordSignIn", &json!({ "body": { "token": token } }));
}

async fn give_installation(tenant: &Tenant<'_>, document: &mut Value) {
    let large = tenant.lk3(|key| {
        key.limits.insert("exports".to_owned(), 1_000_000);
        key.max_devices = Some(10_000);
    });
    let kept = tenant.activated(&large).await;
    let key = || tenant.lk2("PRO-10", 10, Some(&day(tenant.site, 30)));
    for word in ["", "BelowApi"] {
        let mut give = |id: &str, examples: &Value| give(document, &format!("{id}{word}"), examples);
        give("lkActivate", &json!({ "body": { "licenseKey": key() } }));
        give("lkLicense", &json!({ "id": kept }));
        give("lkChangeLicense", &json!({ "id": kept }));
        give("lkRemoveLicense", &json!({ "id": tenant.activated(&key()).await }));
        for id in ["lkDevice", "lkReleaseDevice"] {
            let device = format!("{id}{word}");
            assert_eq!(tenant.add(&device).await.status, 201);
            give(id, &json!({ "id": device }));
        }
        give("lkAddDevice", &json!({ "body": { "deviceId": format!("added{word}") } }));
        let body = json!({ "licenseKey": large });
        give("lkActivateDevice", &json!({ "id": format!("activated{word}"), "body": body }));
    }
}
