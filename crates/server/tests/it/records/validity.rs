//! `POST /validate_license`: each state of a licence, and which answer comes first.

use keyward_core::time::Timestamp;
use keyward_engine::license::{Named, Suspension};
use keyward_engine::{Caller, NewUser};
use serde_json::json;

use super::{Person, validity};
use crate::rules::{change_rules, suspend_automatically};
use crate::site::{START, Site};

const CLIENT: &str = "example.com";
const DAYS: i64 = 30;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Active,
    LastInstant,
    Expired,
    Revoked,
    RevokedAndExpired,
    Suspended,
    AutoSuspended,
    InGrace,
}

/// The answer to the right signature. One to a wrong signature or an unknown client never depends on the state.
const TABLE: [(State, &str); 8] = [
    (State::Active, "License is valid."),
    (State::LastInstant, "License is valid."),
    (State::Expired, "License has expired."),
    (State::Revoked, "License is revoked."),
    (State::RevokedAndExpired, "License is revoked."),
    (State::Suspended, "License is revoked."),
    (State::AutoSuspended, "License is revoked."),
    (State::InGrace, "License is valid."),
];

/// A licence in that state; gives its signature.
async fn in_state(site: &Site, state: State) -> String {
    let person = Person::at(site).await;
    let path = person.issued(CLIENT, "Pro", &DAYS.to_string()).await;
    let signature = person.signature(&path).await;
    let product = site.engine.catalog().product("records").expect("a product").id;
    let named = Named::Subject(product, CLIENT.to_owned());
    let id = site.engine.find(&named).await.expect("it is there").license.id;
    let suspend = async |suspension| {
        let caller = Caller::operator();
        site.engine.suspend(&caller, named.clone(), suspension, None).await.expect("it is suspended");
    };
    let at_end = |micros| site.clock.set(Timestamp::from_seconds(START + DAYS * 86_400).plus_micros(micros));
    match state {
        State::Active => {}
        State::LastInstant => at_end(0),
        State::Expired => at_end(1),
        State::Revoked => suspend(Suspension::Revoke).await,
        State::RevokedAndExpired => {
            suspend(Suspension::Revoke).await;
            at_end(1);
        }
        State::Suspended => suspend(Suspension::Suspend).await,
        State::AutoSuspended => suspend_automatically(&site.engine, id).await,
        State::InGrace => {
            change_rules(&site.engine, "records", "pro", |rules| rules.grace_period = 86_400).await;
            site.engine.refresh().await.expect("the rules are loaded");
            at_end(1);
        }
    }
    signature
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_comes_before_mismatch_before_revoked_before_expired() {
    for (state, message) in TABLE {
        for site in super::sites().await {
            let signature = in_state(&site, state).await;
            let what = format!("{state:?} on {}", site.engine.store().kind());
            let wrong = signature.replacen(|c: char| c.is_ascii_digit(), "f", 1);
            assert_eq!(validity(&site, CLIENT, &signature).await, message, "{what}");
            assert_eq!(validity(&site, CLIENT, &signature.to_uppercase()).await, message, "{what}");
            assert_eq!(validity(&site, CLIENT, &wrong).await, "Signature mismatch.", "{what}");
            assert_eq!(validity(&site, "other.example", &signature).await, "License not found.", "{what}");
            assert_eq!(validity(&site, "other.example", &wrong).await, "License not found.", "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_are_compared_letter_by_letter_and_signatures_are_hexadecimal() {
    for site in super::sites_with(|config| config.limits.failures = 1_000).await {
        let person = Person::at(&site).await;
        let odd = "Žluť <b>\"'&\u{202e}\u{1f40e}";
        let (path, other) =
            (person.issued(odd, "Basic", "1").await, person.issued("b.example", "Basic", "1").await);
        let (signature, others) = (person.signature(&path).await, person.signature(&other).await);
        assert_eq!(validity(&site, odd, &signature).await, "License is valid.");
        for id in
            [odd.to_lowercase().as_str(), &format!("{odd} "), &format!(" {odd}"), "%", "", "\0", "\u{0}x"]
        {
            if !id.is_empty() {
                assert_eq!(validity(&site, id, &signature).await, "License not found.", "{id:?}");
            }
        }
        for wrong in [
            others.as_str(),
            &format!("0x{signature}"),
            &format!(" {signature}"),
            &format!("{signature}\n"),
            &signature[2..],
            &signature[1..],
            "zz",
            "\0",
            &"ab".repeat(50_000),
        ] {
            assert_eq!(validity(&site, odd, wrong).await, "Signature mismatch.", "{wrong:.40}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_cannot_be_understood_is_refused_in_the_words_of_the_document() {
    let missing = [
        "{}",
        "[]",
        "null",
        "5",
        "\"text\"",
        r#"{"client_id":"example.com"}"#,
        r#"{"signature":"ab"}"#,
        r#"{"client_id":"","signature":"ab"}"#,
        r#"{"client_id":"example.com","signature":""}"#,
        r#"{"client_id":null,"signature":"ab"}"#,
        r#"{"client_id":0,"signature":false}"#,
        r#"{"Client_ID":"example.com","Signature":"ab"}"#,
    ];
    let broken = [
        "",
        " ",
        "{",
        "client_id=example.com&signature=ab",
        "{}{}",
        "NaN",
        "\u{feff}{}",
        r#"{"client_id":"\ud800"}"#,
    ];
    for site in Site::all_with(|config| config.limits.failures = 1_000).await {
        let ask = async |body: &str| {
            site.ask("POST /validate_license HTTP/1.1\r\nContent-Type: application/json", body).await
        };
        for body in missing {
            let answer = ask(body).await;
            assert_eq!(
                (answer.status, answer.json()),
                (400, json!({ "error": "Missing client_id or signature" })),
                "{body}"
            );
        }
        for body in broken {
            let answer = ask(body).await;
            assert_eq!(
                (answer.status, answer.json()),
                (400, json!({ "error": "Invalid JSON format" })),
                "{body}"
            );
        }
        // Whatever is no text is nobody's id.
        for body in [r#"{"client_id":5,"signature":"ab"}"#, r#"{"client_id":{"a":1},"signature":[1]}"#] {
            let answer = ask(body).await;
            assert_eq!(
                (answer.status, &answer.json()["message"]),
                (200, &json!("License not found.")),
                "{body}"
            );
        }
        let wrong = site.get("/validate_license").await;
        assert_eq!((wrong.status, &wrong.json()["status"]), (405, &json!("error")));
        let large = ask(&" ".repeat((1 << 20) + 1)).await;
        assert_eq!((large.status, &large.json()["status"]), (413, &json!("error")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_is_written_down_and_every_no_is_counted() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        let path = person.issued(CLIENT, "Pro", "30").await;
        let signature = person.signature(&path).await;
        validity(&site, CLIENT, &signature).await;
        validity(&site, CLIENT, &signature).await;
        validity(&site, CLIENT, "abcd").await;
        validity(&site, "other.example", "abcd").await;
        site.engine.flush_recorder().await;
        let product = site.engine.catalog().product("records").expect("a product").id;
        let shown = site.engine.show(&Named::Subject(product, CLIENT.to_owned())).await.expect("it is there");
        let mut attempts: Vec<_> =
            shown.attempts.iter().map(|a| (a.front.as_str(), a.code.as_str(), a.count)).collect();
        attempts.sort_unstable();
        assert_eq!(attempts, [("records", "BAD_SIGNATURE", 1), ("records", "VALID", 2)]);
        let statistics = site.engine.statistics(product).await.expect("statistics");
        assert_eq!((statistics.total(), statistics.failed_attempts), (1, 2));
        let metrics = site.get("/metrics").await.body;
        for line in [
            "keyward_refusals_total{code=\"BAD_SIGNATURE\",front=\"records\"} 1",
            "keyward_refusals_total{code=\"NOT_FOUND\",front=\"records\"} 1",
            "keyward_http_requests_total{code=\"200\",method=\"POST\",route=\"/validate_license\"} 4",
        ] {
            assert!(metrics.lines().any(|found| found == line), "{line} is not in\n{metrics}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_of_a_banned_owner_is_refused_like_a_revoked_one() {
    use keyward_engine::form::{NewForm, Order};
    use keyward_engine::issue::RecordRequest;
    for site in super::sites().await {
        let user = NewUser { external_id: Some("u".to_owned()), ..NewUser::default() };
        let request = RecordRequest {
            client_id: CLIENT.to_owned(),
            license_type: "Pro".to_owned(),
            days: Some(3),
            profile: None,
        };
        let order = Order { user: Some(user.clone()), ..Order::default() };
        let form = NewForm::Record { order, request };
        let issued = site.engine.issue_form(&Caller::operator(), form).await.expect("a record");
        let record: serde_json::Value = serde_json::from_str(&issued.key).expect("JSON");
        let signature = record["signature"].as_str().expect("a text");
        assert_eq!(validity(&site, CLIENT, signature).await, "License is valid.");
        site.engine.ban_user(&Caller::operator(), user, true).await.expect("the owner is banned");
        assert_eq!(validity(&site, CLIENT, signature).await, "License is revoked.");
    }
}
