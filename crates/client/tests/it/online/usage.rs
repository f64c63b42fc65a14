//! Telling what was used: exactly once, and only with consent.

use keyward_client::online::Server;
use serde_json::{Value, json};

use super::fake::{Act, Fake, reply, text};
use super::{DAY, Device, START, TOKEN};

fn counted(name: &str) -> Act {
    reply(200, START, &json!({ "name": name, "used": 1, "limit": 100, "remaining": 99 }))
}

/// Name, amount and key of each report so far.
fn reports(fake: &Fake) -> Vec<(String, i64, String)> {
    let report = |request: String| {
        let (head, body) = request.split_once("\r\n\r\n").expect("head and body");
        assert!(head.starts_with("POST /license/usage HTTP/1.1\r\n"), "{head}");
        assert!(head.contains(&format!("\r\nAuthorization: Bearer {TOKEN}\r\n")));
        let key = head.lines().find_map(|line| line.strip_prefix("Idempotency-Key: ")).expect("a key");
        let body: Value = serde_json::from_str(body).expect("JSON");
        let name = body["name"].as_str().expect("a name").to_owned();
        (name, body["amount"].as_i64().expect("an amount"), key.to_owned())
    };
    fake.asked().into_iter().map(report).collect()
}

#[test]
fn nothing_is_told_before_the_user_agrees() {
    let device = Device::new();
    let fake = Fake::new(vec![counted("export")]);
    let license = device.manager(Server::installation(&fake.url, TOKEN));
    license.record_use("export").expect("it is counted");
    assert_eq!(license.send_usage().expect_err("nobody agreed").code(), "USAGE_CONSENT");
    license.consent(false).expect("it is remembered");
    license.record_use("export").expect("it is counted");
    assert_eq!(license.send_usage().expect_err("the user said no").code(), "USAGE_CONSENT");
    assert_eq!(fake.asked(), Vec::<String>::new());
    license.consent(true).expect("it is remembered");
    assert!(license.send_usage().expect("it is told").counted.is_empty());
    assert_eq!(reports(&fake).len(), 1);
    license.send_usage().expect("there is nothing to tell");
    assert_eq!(reports(&fake).len(), 1);
}

#[test]
fn a_lost_answer_does_not_make_it_count_twice() {
    let device = Device::new();
    let fake = Fake::new(vec![Act::Say(Vec::new()), text(500, START, "", "{}"), counted("export")]);
    let open = || device.manager(Server::installation(&fake.url, TOKEN));
    let license = open();
    license.consent(true).expect("it is remembered");
    for _ in 0..3 {
        license.record_use("export").expect("it is counted");
    }
    assert_eq!(license.send_usage().expect_err("the answer is lost").code(), "SERVER_UNREACHABLE");
    assert_eq!(license.usage().totals()["export"], 3, "it may not have arrived");
    // What is counted meanwhile is another report; another start of the application goes on with the first.
    drop(license);
    let license = open();
    license.record_use("export").expect("it is counted");
    assert_eq!(license.send_usage().expect_err("the server is broken").code(), "SERVER_FAILED");
    assert_eq!(license.usage().totals()["export"], 4);
    let left = license.send_usage().expect("it is told");
    assert_eq!(left.totals()["export"], 1);
    assert!(license.send_usage().expect("it is told").counted.is_empty());
    let reports = reports(&fake);
    let (first, last) = (&reports[0], &reports[3]);
    assert_eq!(reports[..3], [first.clone(), first.clone(), first.clone()]);
    assert_eq!((first.1, last.1), (3, 1));
    assert_ne!(first.2, last.2, "each report has a key of its own");
}

#[test]
fn what_may_have_been_counted_a_day_ago_is_left_out() {
    let device = Device::new();
    let fake = Fake::new(vec![Act::Say(Vec::new()), counted("export")]);
    let license = device.manager(Server::installation(&fake.url, TOKEN));
    license.consent(true).expect("it is remembered");
    license.record_use("export").expect("it is counted");
    license.send_usage().expect_err("the answer is lost");
    device.clock.set(START + DAY);
    license.record_use("export").expect("it is counted");
    assert!(license.send_usage().expect("it is told").counted.is_empty());
    assert_eq!(reports(&fake).iter().map(|report| report.1).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn what_was_surely_not_counted_stays() {
    let device = Device::new();
    let fake = Fake::new(vec![
        reply(409, START, &json!({ "error": "export: 99 of 100 are used", "code": "USAGE_LIMIT" })),
        reply(404, START, &json!({ "error": "no such limit", "code": "NOT_FOUND" })),
        reply(401, START, &json!({ "error": "no such token", "code": "UNAUTHORIZED" })),
        text(429, START, "", "{}"),
        counted("export"),
    ]);
    let license = device.manager(Server::installation(&fake.url, TOKEN));
    license.consent(true).expect("it is remembered");
    license.record_use("export").expect("it is counted");
    let error = license.send_usage().expect_err("it is too much");
    assert_eq!((error.code(), error.sentence()), ("USAGE_LIMIT", "export: 99 of 100 are used"));
    assert_eq!(license.send_usage().expect("nobody limits it").totals()["export"], 1);
    assert_eq!(license.send_usage().expect_err("the token is unknown").code(), "SERVER_TOKEN");
    assert_eq!(license.send_usage().expect_err("it is busy").code(), "SERVER_BUSY");
    assert!(license.send_usage().expect("it is told").counted.is_empty());
    let mut keys: Vec<_> = reports(&fake).into_iter().map(|report| report.2).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 5, "what was refused is another report the next time");
}

#[test]
fn consent_that_is_taken_back_forgets_what_is_on_its_way() {
    let device = Device::new();
    let fake = Fake::new(vec![Act::Say(Vec::new()), counted("export")]);
    let license = device.manager(Server::installation(&fake.url, TOKEN));
    license.consent(true).expect("it is remembered");
    license.record_use("export").expect("it is counted");
    license.send_usage().expect_err("the answer is lost");
    license.consent(false).expect("it is remembered");
    license.consent(true).expect("it is remembered");
    assert!(license.send_usage().expect("there is nothing").counted.is_empty());
    assert_eq!(reports(&fake).len(), 1);
}
