//! Nothing secret in log lines at their most talkative, in metrics, or in what is refused.

use std::time::Duration;

use serde_json::{Value, json};

use super::tenant::{Tenant, token};
use crate::log_lines;
use crate::site::Site;

const DEVICE: &str = "device-that-is-nobodys-business";
const QUERY: &str = "query-that-is-nobodys-business";
const REPEAT: &str = "repetition-that-is-nobodys-business";
const SECRET: &str = "installation-secret-that-is-nobodys-business";
const COMPANY: &str = "company-that-is-nobodys-business";
const NOTES: &str = "notes-that-are-nobodys-business";
const WRONG_TOKEN: &str = "inst-00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// One of everything, good and bad; the bodies of what was refused.
async fn session(customer: &Tenant<'_>, keys: &[String]) -> Vec<String> {
    let mut refused = Vec::new();
    let mut ask = async |method: &str, path: &str, body: Value| {
        let sign = if path.contains('?') { '&' } else { '?' };
        let head = format!(
            "{}\r\nIdempotency-Key: {REPEAT}",
            customer.head(method, &format!("{path}{sign}q={QUERY}"))
        );
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let answer = customer.site.ask(&head, &body).await;
        assert!(answer.status < 500, "{method} {path}: {answer:?}");
        if answer.status >= 400 {
            refused.push(format!("{}\n{}", answer.head, answer.body));
        }
        answer
    };
    for key in keys {
        ask("POST", "/license/activate", json!({ "licenseKey": key })).await;
        ask("POST", "/license/activate", json!({ "licenseKey": key })).await;
        ask("POST", "/license/activate", json!({ "licenseKey": format!("{key}x") })).await;
        ask("POST", "/license/activate", json!({ "licenseKey": key.replace("LK-", "lk-") })).await;
        ask("POST", &format!("/devices/{DEVICE}/activate-license"), json!({ "licenseKey": key })).await;
    }
    ask("POST", "/devices", json!({ "deviceId": DEVICE, "name": NOTES })).await;
    ask("POST", "/devices", json!({ "deviceId": DEVICE, "licenseKey": keys[0], "pool": NOTES })).await;
    ask("POST", "/devices", json!({ "deviceId": DEVICE.repeat(20) })).await;
    ask("POST", "/license/usage", json!({ "name": NOTES, "amount": 1 })).await;
    let licenses = customer.read("/licenses").await;
    let path = format!("/licenses/{}", licenses[0]["id"]);
    ask("PATCH", &path, json!({ "notes": NOTES, "companyName": COMPANY })).await;
    ask("PATCH", &path, json!({ "key": keys[1] })).await;
    for path in
        ["/license/status", "/license/decoded", "/license/decode", "/license/installation-key", "/devices"]
    {
        ask("GET", path, Value::Null).await;
        ask("GET", &format!("{path}?feature={NOTES}"), Value::Null).await;
    }
    ask("GET", &format!("/devices/{DEVICE}"), Value::Null).await;
    ask("DELETE", &format!("/devices/{DEVICE}"), Value::Null).await;
    ask("DELETE", &format!("/devices/{DEVICE}"), Value::Null).await;
    ask("DELETE", &path, Value::Null).await;
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_told() {
    log_lines::keep();
    for site in Site::all_with(|config| config.limits.failures = 10_000).await {
        let customer = Tenant::with_secret(&site, "theia", SECRET).await;
        let plain = Tenant { token: token(&site, "theia", false).await, ..customer.at(&site) };
        let keys = [
            customer.lk2_for("PRO-20", 20, None, Some(COMPANY)),
            customer.lk1("PRO-50"),
            customer.lk3(|_| {}),
            customer.lk2_for("PRO-10", 10, Some("2020-01-01"), Some(COMPANY)),
        ];
        let mut refused = session(&customer, &keys).await;
        refused.push(plain.get("/license/installation-key").await.body);
        let wrong = Tenant { token: WRONG_TOKEN.to_owned(), ..customer.at(&site) };
        refused.push(wrong.get("/licenses").await.body);
        site.engine.flush_recorder().await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        let metrics = site.get("/metrics").await.body;
        assert!(metrics.contains("route=\"/devices/{id}\""), "{metrics}");
        let lines = log_lines::kept();
        assert!(lines.contains("/license/activate") && lines.contains(" DEBUG "), "nothing was logged");

        let mut secrets: Vec<&str> = vec![DEVICE, QUERY, REPEAT, SECRET, COMPANY, NOTES, WRONG_TOKEN];
        secrets.extend(keys.iter().map(String::as_str));
        secrets.extend([&*customer.token, &*plain.token]);
        for secret in secrets {
            for (what, text) in
                [("the log", &lines), ("the metrics", &metrics), ("answers", &refused.join("\n"))]
            {
                assert!(!text.contains(secret), "{secret} is told in {what}");
            }
        }
    }
}
