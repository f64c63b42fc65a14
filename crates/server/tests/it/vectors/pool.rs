//! B: keys of a central pool.

use keyward_core::time::Timestamp;
use keyward_engine::Caller;
use keyward_engine::license::{Named, NewLicense, Register};
use serde_json::{Value, json};

use super::{Said, at, records, revoke, text};
use crate::site::Site;
use crate::world::Answer;

/// A server whose pool has these records.
async fn pool(inputs: &Value) -> Site {
    let site = Site::new().await;
    for record in records(inputs) {
        let used = record["is_used"] == true;
        let request = Register {
            key: text(record, "license_key").to_owned(),
            product: "pool".to_owned(),
            policy: Some(record["duration_days"].to_string()),
            license: NewLicense::default(),
            // Dates of the records are UTC without a zone.
            used_at: used.then(|| at(&format!("{}Z", text(record, "used_date")))),
        };
        site.engine.register(&Caller::operator(), request).await.expect("the key is taken in");
        if record["status"].as_str().unwrap_or("ACTIVE") != "ACTIVE" {
            revoke(&site, text(record, "license_key")).await;
        }
    }
    site
}

fn said(answer: Answer, record: Option<Value>) -> Said {
    let kind = answer.json()["error_code"].as_str().map(str::to_lowercase);
    Said { answer, kind, record }
}

pub(super) async fn validate(inputs: &Value) -> Said {
    let site = pool(inputs).await;
    said(site.get(&format!("/api/validate/{}", text(inputs, "license_key"))).await, None)
}

pub(super) async fn activate(inputs: &Value) -> Said {
    let site = pool(inputs).await;
    site.clock.set(at(text(inputs, "now")));
    let answer = site.post("/api/activate", &inputs["request"]).await;
    let record = match inputs["request"]["license_key"].as_str() {
        Some(key) if answer.status == 200 => Some(record(&site, key).await),
        _ => None,
    };
    said(answer, record)
}

/// The licence in the words of the old table.
async fn record(site: &Site, key: &str) -> Value {
    let shown = site.engine.show(&Named::Key(key.to_owned())).await.expect("it is there");
    let key =
        site.engine.reveal(&Caller::operator(), &Named::Key(key.to_owned())).await.expect("it has a key");
    let (license, machine) = (&shown.found.license, shown.machines.first());
    let date = |at: Option<Timestamp>| at.and_then(Timestamp::to_python);
    json!({
        "license_key": *key,
        "is_used": license.first_activated_at.is_some(),
        "used_date": date(license.first_activated_at),
        "activation_date": date(machine.map(|machine| machine.created_at)),
        "expiration_date": date(license.expiry),
        "used_domain": machine.map(|machine| &machine.fingerprint),
    })
}
