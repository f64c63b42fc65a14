//! System A: signed records.

use keyward_core::scheme::Scheme;
use keyward_engine::Caller;
use keyward_engine::import::{Reason, System};
use keyward_engine::license::Named;
use serde_json::{Value, json};

use super::{BAD, LICENSES, Old, ask_all, assert_answers, behind_a_proxy};
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn every_record_answers_as_before() {
    for site in Site::all_with(behind_a_proxy).await {
        let old = Old::like(&site, System::A, LICENSES).await;
        let pem = super::small_key();
        site.engine.import_key(&Caller::operator(), &pem, Some("records")).await.expect("the old key");
        let done = old.move_in(&site, LICENSES, &[(Reason::Malformed, BAD)]).await;
        assert_eq!(done.policies, ["campus"], "a type that was not known");
        // The script breaks one signature of 71.
        let wrong = LICENSES.div_ceil(71);
        assert_eq!((done.seals_fit, done.seals_wrong), (Some(LICENSES - wrong), wrong));

        let answers =
            ask_all(&site, old.answers.iter().map(|answer| question(answer, &answer["signature"])).collect());
        for (wanted, answer) in old.answers.iter().zip(&answers.await) {
            assert_answers(wanted, answer);
        }
        let others: Vec<_> = old.answers.iter().zip(old.answers.iter().skip(1)).take(100).collect();
        let asked = others.iter().map(|(answer, other)| question(answer, &other["signature"])).collect();
        for answer in ask_all(&site, asked).await {
            assert_eq!(answer.json()["message"], "Signature mismatch.");
        }
        counted(&site, &old.answers).await;
        goes_on(&site, &old.answers).await;
    }
}

fn question(answer: &Value, signature: &Value) -> (String, String) {
    let body = json!({ "client_id": answer["client_id"], "signature": signature }).to_string();
    ("POST /validate_license HTTP/1.1\r\nContent-Type: application/json".to_owned(), body)
}

async fn counted(site: &Site, all: &[Value]) {
    let statistics = super::statistics(site, System::A).await;
    let revoked =
        all.iter().filter(|answer| answer["body"]["message"] == "License is revoked.").count() as i64;
    assert_eq!((statistics.total(), statistics.inactive()), (all.len() as i64, revoked));
}

/// The record itself is there: it can be shown, and reads as the one that was signed.
async fn goes_on(site: &Site, all: &[Value]) {
    let product = site.engine.catalog().product("records").expect("the product").id;
    for answer in all.iter().skip(1).step_by(997) {
        let client = answer["client_id"].as_str().expect("a client").to_owned();
        let named = Named::Subject(product, client.clone());
        let text = site.engine.reveal(&Caller::operator(), &named).await.expect("the record is kept");
        let record: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((&record["client_id"], &record["signature"]), (&json!(client), &answer["signature"]));
        let shown = site.engine.show(&named).await.expect("it is there");
        assert_eq!(shown.forms[0].scheme, Scheme::Record.as_str());
        assert!(shown.found.batch_name.is_some_and(|name| name.starts_with("import A ")));
    }
}
