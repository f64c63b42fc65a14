//! What an installation has, in the words of system E.

use keyward_engine::installation::Holding;
use serde_json::{Value, json};

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
