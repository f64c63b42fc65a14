//! Real answers, held against the document.

use keyward_engine::token::Role;
use keyward_server::openapi::document;
use keyward_server::serve::Serves;
use serde_json::{Value, json};

use super::{operations, schema};
use crate::lk::tenant::{Tenant, day};
use crate::records::{encoded, give_key, token};
use crate::site::{Site, ask};
use crate::world::Answer;

/// A server, with its document.
struct Checked {
    site: Site,
    document: Value,
}

impl Checked {
    async fn new() -> Self {
        let config = |config: &mut keyward_server::config::Config| {
            config.dialects.tier.requests_per_minute = 10_000;
            config.limits.failures = 10_000;
        };
        let site = Site::with(config).await;
        give_key(&site).await;
        let mut wanted = keyward_server::config::Config::default();
        config(&mut wanted);
        Self { site, document: document(&wanted, Serves::All) }
    }

    /// Asks; the answer must be one that the document has for the route, and have this status.
    async fn ask(&self, route: &str, status: u16, path: &str, headers: &str, body: &str) -> Answer {
        let (method, template) = route.split_once(' ').expect("a method and a path");
        let answer =
            ask(&self.site.url, &format!("{} {path} HTTP/1.1{headers}", method.to_uppercase()), body).await;
        assert_eq!(answer.status, status, "{route}: {answer:?}");
        self.hold(&answer, method, template);
        answer
    }

    fn hold(&self, answer: &Answer, method: &str, template: &str) {
        let operation = &self.document["paths"][template][method];
        let said = &operation["responses"][answer.status.to_string()];
        assert!(said.is_object(), "{method} {template} is not documented to answer {answer:?}");
        let Some(content) = said["content"].as_object() else {
            assert!(answer.body.is_empty(), "{method} {template}: {answer:?}");
            return;
        };
        let media =
            answer.header("content-type").and_then(|media| media.split(';').next()).unwrap_or_default();
        let content =
            content.get(media).unwrap_or_else(|| panic!("{method} {template} as {media:?}: {answer:?}"));
        let value = if media == "application/json" { answer.json() } else { answer.body.clone().into() };
        let flaws = schema::flaws(&self.document, &content["schema"], &value, "$");
        assert!(flaws.is_empty(), "{method} {template}: {flaws:#?}");
    }
}

fn bearer(token: &str) -> String {
    format!("\r\nAuthorization: Bearer {token}")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_gets_an_answer_that_is_documented() {
    let checked = Checked::new().await;
    let tenant = Tenant::new(&checked.site, "acme").await;
    let (_, records) = token(&checked.site, Role::SalesAgent).await;
    for (method, path, operation) in operations(&checked.document) {
        let mut place = path.clone();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if let (Some(name), Some(example)) = (parameter["name"].as_str(), parameter["example"].as_str()) {
                place = place.replace(&format!("{{{name}}}"), example);
            }
        }
        let (media, body) =
            match operation["requestBody"]["content"].as_object().and_then(|all| all.iter().next()) {
                None => (String::new(), String::new()),
                Some((media, content)) => {
                    let example = &content["example"];
                    let flaws = schema::flaws(&checked.document, &content["schema"], example, "$");
                    assert!(flaws.is_empty(), "{method} {path}: {flaws:#?}");
                    let text = if media == "application/json" { example.to_string() } else { form(example) };
                    (format!("\r\nContent-Type: {media}"), text)
                }
            };
        let token = if path.starts_with("/records") { &records } else { &tenant.token };
        for headers in ["", &bearer(token), &bearer("nobody's")] {
            let head = format!("{} {place} HTTP/1.1{media}{headers}", method.to_uppercase());
            checked.hold(&ask(&checked.site.url, &head, &body).await, method, path);
        }
    }
}

fn form(example: &Value) -> String {
    let fields = example.as_object().expect("fields").iter();
    encoded(&fields.map(|(name, value)| (name.as_str(), value.as_str().expect("a text"))).collect::<Vec<_>>())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pool_answers_as_documented() {
    let checked = Checked::new().await;
    let key = checked.site.pool_key("30").await.key;
    let (question, activate) = ("get /api/validate/{key}", "post /api/activate");
    let path = format!("/api/validate/{key}");
    checked.ask(question, 200, &path, "", "").await;
    let body = json!({ "license_key": key, "domain_fingerprint": "example.com" }).to_string();
    let again = "\r\nIdempotency-Key: one";
    for _ in 0..2 {
        checked.ask(activate, 200, "/api/activate", again, &body).await;
    }
    checked.ask(activate, 400, "/api/activate", "", &body).await;
    checked.ask(activate, 422, "/api/activate", again, &body.replace("example", "other")).await;
    checked.ask(activate, 400, "/api/activate", "", "{").await;
    checked.ask(activate, 400, "/api/activate", "\r\nIdempotency-Key: ", &body).await;
    checked.ask(activate, 404, "/api/activate", "", &body.replace(&key, "ZZZZZZZZZZZZ")).await;
    checked.ask(activate, 413, "/api/activate", "", &" ".repeat(1 << 21)).await;
    checked.ask(question, 400, &path, "", "").await;
    checked.ask(question, 404, "/api/validate/nothing", "", "").await;
    checked.ask("get /api/validate/", 404, "/api/validate/", "", "").await;
    checked.ask("get /api/stats", 200, "/api/stats", "", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tiers_and_records_answer_as_documented() {
    let checked = Checked::new().await;
    let key = checked.site.tier_key("pro", "user").await.key;
    for path in ["/api/verify", "/api/validate"] {
        let route = format!("post {path}");
        checked.ask(&route, 200, path, "", &json!({ "license": key }).to_string()).await;
        checked.ask(&route, 401, path, "", &json!({ "license": 7 }).to_string()).await;
        checked.ask(&route, 400, path, "", "[]").await;
        checked.ask(&route, 413, path, "", &" ".repeat(1 << 21)).await;
    }
    checked.ask("get /api/health", 200, "/api/health", "", "").await;

    let validate = "post /validate_license";
    let question = json!({ "client_id": "example.com", "signature": "00" }).to_string();
    for (status, body) in [(200, question.as_str()), (400, "{}"), (400, "{"), (413, &" ".repeat(1 << 21))] {
        checked.ask(validate, status, "/validate_license", "", body).await;
    }
    checked.ask("get /public_key", 200, "/public_key", "", "").await;
    let (_, sales) = token(&checked.site, Role::SalesAgent).await;
    let (_, reader) = token(&checked.site, Role::ReadOnly).await;
    let (sales, reader) = (bearer(&sales), bearer(&reader));
    let form = encoded(&[("client_id", "example.com"), ("license_type", "Pro"), ("duration", "30")]);
    let made = checked.ask("post /records", 303, "/records", &sales, &form).await;
    let place =
        made.header("location").and_then(|place| place.split('?').next()).expect("the licence").to_owned();
    checked.ask("post /records", 409, "/records", &sales, &form).await;
    checked.ask("post /records", 422, "/records", &sales, "client_id=").await;
    checked.ask("post /records", 403, "/records", &reader, &form).await;
    checked.ask("post /records", 401, "/records", "", &form).await;
    checked.ask("get /records", 200, "/records", &sales, "").await;
    checked.ask("get /records", 200, "/records", "", "").await;
    checked.ask("get /records/{serial}", 200, &place, &sales, "").await;
    checked.ask("get /records/{serial}", 404, "/records/none", &sales, "").await;
    let file = "get /records/{serial}/record.json";
    let record = format!("{place}/record.json");
    checked.ask(file, 200, &record, &sales, "").await;
    checked.ask(file, 401, &record, "", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn installations_are_answered_as_documented() {
    let checked = Checked::new().await;
    let tenant = Tenant::new(&checked.site, "acme").await;
    let other = bearer(&crate::lk::tenant::token(&checked.site, "acme", false).await);
    let own = bearer(&tenant.token);
    let ask = async |route: &str, status: u16, path: &str, body: &str| {
        checked.ask(route, status, path, &own, body).await
    };
    let key = json!({ "licenseKey": tenant.lk2("PRO-10", 10, Some(&day(&checked.site, 30))) }).to_string();
    ask("get /license/decode", 404, "/license/decode", "").await;
    ask("post /license/activate", 200, "/license/activate", &key).await;
    ask("post /license/activate", 400, "/license/activate", "{}").await;
    for (name, body) in [("first", &key), ("again", &key)] {
        let headers = format!("{own}\r\nIdempotency-Key: {name}");
        checked.ask("post /license/activate", 200, "/license/activate", &headers, body).await;
    }
    let headers = format!("{own}\r\nIdempotency-Key: first");
    let spaced = format!("{key} ");
    checked.ask("post /license/activate", 422, "/license/activate", &headers, &spaced).await;
    let device = json!({ "deviceId": "one", "name": "One" }).to_string();
    ask("post /devices", 201, "/devices", &device).await;
    ask("post /devices", 200, "/devices", &device).await;
    ask("post /devices", 400, "/devices", r#"{"deviceId":7}"#).await;
    let activate = "post /devices/{id}/activate-license";
    ask(activate, 201, "/devices/two/activate-license", &key).await;
    for path in
        ["/license/status", "/license/decoded", "/license/decode", "/license/usage", "/licenses", "/devices"]
    {
        ask(&format!("get {path}"), 200, path, "").await;
        checked.ask(&format!("get {path}"), 401, path, "", "").await;
        checked.ask(&format!("get /api{path}"), 200, &format!("/api{path}"), &own, "").await;
    }
    ask("get /license/status", 400, "/license/status?feature=", "").await;
    ask("get /license/installation-key", 200, "/license/installation-key", "").await;
    checked.ask("get /license/installation-key", 403, "/license/installation-key", &other, "").await;
    ask("post /license/usage", 404, "/license/usage", r#"{"name":"none","amount":1}"#).await;
    ask("post /license/usage", 400, "/license/usage", r#"{"name":"none"}"#).await;
    let license = "/licenses/{id}";
    ask("get /licenses/{id}", 200, "/licenses/1", "").await;
    ask("get /licenses/{id}", 404, "/licenses/99", "").await;
    ask(&format!("patch {license}"), 200, "/licenses/1", r#"{"notes":"paid","companyName":null}"#).await;
    ask(&format!("patch {license}"), 400, "/licenses/1", r#"{"tier":"ENTERPRISE"}"#).await;
    ask("get /devices/{id}", 200, "/devices/one", "").await;
    ask("get /devices/{id}", 404, "/devices/none", "").await;
    ask("delete /devices/{id}", 200, "/devices/one", "").await;
    ask("delete /devices/{id}", 404, "/devices/one", "").await;
    ask(&format!("delete {license}"), 200, "/licenses/1", "").await;
    ask(&format!("delete {license}"), 404, "/licenses/1", "").await;
    tenant.fill(0..2).await;
    ask("post /devices", 409, "/devices", r#"{"deviceId":"one too many"}"#).await;
    checked.ask("get /license", 200, "/license", "", "").await;
    checked.ask("get /license", 303, "/license", "\r\nAccept: text/html", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_answers_as_documented() {
    let checked = Checked::new().await;
    for path in ["/health/live", "/health/ready", "/openapi.json", "/docs", "/docs/style.css", "/metrics"] {
        checked.ask(&format!("get {path}"), 200, path, "", "").await;
    }
    checked.ask("get /metrics", 403, "/metrics", "\r\nX-Forwarded-For: 198.51.100.7", "").await;
    checked.ask("get /", 303, "/", "", "").await;
}
