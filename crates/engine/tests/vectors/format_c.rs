//! C: tiered keys, and what their server answers.

use keyward_core::crypto::{KeySet, SharedSecret};
use keyward_core::model::{License, LicenseId, Policy, PolicyId, ProductId, SuspensionReason};
use keyward_core::scheme::tier::{self, PREFIX, Tier, TierKey};
use keyward_core::verdict::{self, Scope};
use serde_json::{Value, json};

use crate::{Inputs, Outcome, at, decided, refusal};

pub(crate) fn run(op: &str, inputs: &Inputs<'_>) -> Outcome {
    match op {
        "c_sign" => {
            let (tier, timestamp) = (inputs.text("tier")?, inputs.text("timestamp")?);
            let key = tier::seal_as_written(tier, timestamp, PREFIX, &secret(inputs)?).map_err(refusal)?;
            Ok(json!({ "license_key": key }))
        }
        "c_verify_key" => {
            let key = verify_key(inputs, inputs.text("license_key")?)?;
            Ok(json!({ "tier": key.tier, "timestamp": key.timestamp }))
        }
        "c_verify_api" => verify_api(inputs),
        "c_tier_features" => Ok(json!({ "features": tier::features(inputs.text("tier")?) })),
        _ => panic!("unknown operation {op}"),
    }
}

fn secret(inputs: &Inputs<'_>) -> Result<SharedSecret, String> {
    Ok(SharedSecret::new(inputs.text("master_key")?, inputs.provider))
}

fn verify_key(inputs: &Inputs<'_>, key: &str) -> Result<Tier, String> {
    let keys = KeySet::of_secret(secret(inputs)?);
    TierKey::parse(key, PREFIX).and_then(|key| key.verify(&keys)).map_err(refusal)
}

/// Signature, then stored and active, then expiry.
fn verify_api(inputs: &Inputs<'_>) -> Outcome {
    let body: Value = serde_json::from_str(inputs.text("request_body")?).map_err(|_| "malformed")?;
    let key = body["license"].as_str().ok_or("malformed")?;
    verify_key(inputs, key)?;
    let records = inputs.value("records").as_array().expect("records are a list");
    let record = records.iter().find(|record| record["license_key"] == key);
    let license = record.map(stored).filter(|license| license.suspension.is_none());
    let policy = Policy::new(PolicyId(uuid::Uuid::nil()));
    let now = inputs.now()?.floor_millis();
    decided(&verdict::online(license.as_ref(), &policy, &[], &Scope::default(), now), || {
        let record = record.expect("only a record is valid");
        let tier = record["tier"].as_str().expect("a text");
        json!({
            "tier": tier,
            "expiresAt": at(record["expires_at"].as_str().expect("a text")).millis(),
            "userId": record["user_id"],
            "features": tier::features(tier),
        })
    })
}

fn stored(record: &Value) -> License {
    let active = record["active"].as_bool().unwrap_or(true);
    License {
        id: LicenseId(uuid::Uuid::nil()),
        product: ProductId(uuid::Uuid::nil()),
        policy: PolicyId(uuid::Uuid::nil()),
        owner: None,
        users: Vec::new(),
        suspension: (!active).then_some(SuspensionReason::Suspended),
        expiry: Some(at(record["expires_at"].as_str().expect("a text"))),
        max_machines: None,
        grace_period: None,
        entitlements: Vec::new(),
    }
}
