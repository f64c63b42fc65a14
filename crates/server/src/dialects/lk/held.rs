//! A licence of the installation, in the words of system E.

use keyward_engine::installation::{Held, Holding};
use serde_json::{Value, json};

/// The tier, as its policy is called.
pub(super) fn tier(license: &Held) -> &str {
    &license.found.policy.row.name
}

/// The company it is made out to.
pub(super) fn company(license: &Held) -> Option<String> {
    note(license, "company")
}

/// A text that is kept beside a licence.
pub(super) fn note(license: &Held, name: &str) -> Option<String> {
    let metadata: Value = serde_json::from_str(&license.found.license.metadata).unwrap_or_default();
    metadata[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The features of its policy and its own.
pub(super) fn features(license: &Held) -> Vec<&str> {
    let of_policy = &license.found.policy.model.entitlements;
    let own = license.found.entitlements.iter().filter(|feature| !of_policy.contains(feature));
    of_policy.iter().chain(own).map(String::as_str).collect()
}

pub(super) fn has_feature(license: &Held, name: &str) -> bool {
    features(license).contains(&name)
}

/// What there is in all.
pub(super) fn totals(holding: &Holding) -> Value {
    let (total, in_use) = (holding.total(), holding.in_use);
    json!({
        "totalMaxDevices": total,
        "currentDevices": in_use,
        "activeLicenseCount": holding.active().count(),
        "availableDevices": total.saturating_sub(in_use).max(0),
    })
}
