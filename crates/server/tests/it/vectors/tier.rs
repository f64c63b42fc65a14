//! C: tiered keys.

use keyward_engine::license::{NewLicense, Register, Term};
use keyward_engine::{Caller, NewUser};
use serde_json::Value;

use super::{Said, at, records, revoke, text};
use crate::site::Site;

pub(super) async fn verify(inputs: &Value) -> Said {
    let site = Site::new().await;
    let caller = Caller::operator();
    site.engine
        .set_secret(&caller, "tier", text(inputs, "master_key"), true)
        .await
        .expect("the secret is set");
    for record in records(inputs) {
        let user = NewUser { external_id: Some(text(record, "user_id").to_owned()), ..NewUser::default() };
        let term = Term::Until(at(text(record, "expires_at")));
        let request = Register {
            key: text(record, "license_key").to_owned(),
            product: "tier".to_owned(),
            policy: Some(text(record, "tier").to_owned()),
            license: NewLicense { user: Some(user), term, ..NewLicense::default() },
            used_at: None,
        };
        site.engine.register(&caller, request).await.expect("the key is taken in");
        if record["active"] == false {
            revoke(&site, text(record, "license_key")).await;
        }
    }
    site.clock.set(at(text(inputs, "now")));
    let answer = site
        .ask("POST /api/verify HTTP/1.1\r\nContent-Type: application/json", text(inputs, "request_body"))
        .await;
    let kind = match (answer.status, answer.json()["error"].as_str()) {
        (_, None) => None,
        (400, Some(_)) => Some("malformed"),
        (_, Some("License not found")) => Some("not_found"),
        (_, Some("License expired")) => Some("expired"),
        // One answer for two kinds: what is no key is told apart by its shape.
        (_, Some("Invalid license signature")) if is_key(inputs) => Some("bad_signature"),
        (_, Some("Invalid license signature")) => Some("malformed"),
        (_, Some(other)) => panic!("an answer of no kind: {other}"),
    };
    Said { answer, kind: kind.map(str::to_owned), record: None }
}

fn is_key(inputs: &Value) -> bool {
    let body: Value = serde_json::from_str(text(inputs, "request_body")).unwrap_or_default();
    body["license"].as_str().is_some_and(|key| key.split('-').count() == 4)
}
