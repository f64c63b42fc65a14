//! B: keys of a central pool, and what their records answer.

use keyward_core::calendar::add_days;
use keyward_core::scheme::pool::{Duration, PoolKey};
use keyward_core::time::Timestamp;
use keyward_core::verdict::{self, PoolActivation, PoolRecord};
use serde_json::{Value, json};

use crate::{Inputs, Outcome, at, decided, refusal};

pub(crate) fn run(op: &str, inputs: &Inputs<'_>) -> Outcome {
    match op {
        "b_key" => {
            let key = PoolKey::parse(inputs.text("license_key")?).map_err(refusal)?;
            Ok(json!({ "license_key": key.as_str() }))
        }
        "b_duration" => {
            let duration = Duration::of_days(inputs.number("duration_days")?).map_err(refusal)?;
            Ok(json!({ "duration_days": duration.days, "duration_label": duration.label }))
        }
        "b_validate" => validate(inputs),
        "b_activate" => activate(inputs),
        "b_activation_status" => activation_status(inputs),
        _ => panic!("unknown operation {op}"),
    }
}

/// A date of the records: UTC without a zone.
fn utc(text: &str) -> Timestamp {
    at(&format!("{text}Z"))
}

fn find<'a>(inputs: &'a Inputs<'_>, key: &PoolKey) -> Option<&'a Value> {
    let records = inputs.value("records").as_array().expect("records are a list");
    records.iter().find(|record| record["license_key"] == key.as_str())
}

fn pool_record(record: &Value) -> PoolRecord {
    let used = record["is_used"].as_bool().unwrap_or(false);
    let used_at = record["used_date"].as_str().map_or(Timestamp::from_micros(0), utc);
    PoolRecord {
        first_activated_at: used.then_some(used_at),
        active: record["status"].as_str().unwrap_or("ACTIVE") == "ACTIVE",
    }
}

fn duration(record: &Value) -> Duration {
    Duration::of_days(record["duration_days"].as_i64().expect("a number")).expect("a known duration")
}

fn validate(inputs: &Inputs<'_>) -> Outcome {
    let key = PoolKey::parse(inputs.text("license_key")?).map_err(refusal)?;
    let record = find(inputs, &key);
    decided(&verdict::pool_key(record.map(pool_record).as_ref()), || {
        let duration = duration(record.expect("only a record is valid"));
        json!({
            "license_key": key.as_str(),
            "duration_days": duration.days,
            "duration_label": duration.label,
        })
    })
}

fn activate(inputs: &Inputs<'_>) -> Outcome {
    let request = inputs.value("request");
    let given = |text: &&str| !text.is_empty();
    let text = |name: &str| request[name].as_str().filter(given).ok_or_else(|| "malformed".to_owned());
    let (key, domain) = (text("license_key")?, text("domain_fingerprint")?);
    let key = PoolKey::parse(key).map_err(refusal)?;
    let (record, now) = (find(inputs, &key), inputs.now()?);
    decided(&verdict::pool_key(record.map(pool_record).as_ref()), || {
        let duration = duration(record.expect("only a record is valid"));
        let (activated, expires) =
            (now.to_python(), add_days(now, duration.days).expect("a date of the calendar").to_python());
        json!({
            "license_key": key.as_str(),
            "duration_days": duration.days,
            "duration_label": duration.label,
            "activation_date": activated,
            "expiration_date": expires,
            "record_after": {
                "license_key": key.as_str(),
                "is_used": true,
                "used_date": activated,
                "activation_date": activated,
                "expiration_date": expires,
                "used_domain": domain,
            },
        })
    })
}

fn activation_status(inputs: &Inputs<'_>) -> Outcome {
    let activation = inputs.value("activation");
    let text = |name: &str| activation[name].as_str().expect("a text");
    let days = activation["duration_days"].as_i64().expect("a number");
    let expires = add_days(utc(text("activation_date")), days).expect("a date of the calendar");
    let activation = PoolActivation {
        domain: text("domain_fingerprint").to_owned(),
        expires,
        active: activation["is_active"].as_bool().unwrap_or(true),
    };
    let verdict = verdict::pool_activation(&activation, inputs.text("domain_fingerprint")?, inputs.now()?);
    decided(&verdict, || json!({ "expiration_date": expires.to_python() }))
}
