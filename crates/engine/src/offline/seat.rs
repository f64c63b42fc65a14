//! What an answer says: the licence as it is now, for one device.

use keyward_core::seat::{Request, Seat};
use keyward_core::time::Timestamp;
use keyward_store::offline_seats::OfflineSeat;
use keyward_store::{Tx, entitlements, limits, offline_seats};

use crate::EngineError;
use crate::installation::Held;
use crate::license::{Found, own_grace};
use crate::rules::{AccessAfterExpiry, ExpirationStrategy};

/// The seat that was given with an answer. The same request gets the same words, as long as the licence says the same.
pub(super) async fn of(
    tx: &Tx<'_>,
    found: &Found,
    product: &str,
    request: &Request,
    answered: &OfflineSeat,
) -> Result<Seat, EngineError> {
    let id = found.license.id;
    let features = entitlements::of_license(tx, id).await?;
    let limits = limits::of_license(tx, id).await?;
    let held = Held::new(found.clone(), features, Vec::new(), limits, answered.issued_at);
    let first = offline_seats::first_answered(tx, id, &answered.fingerprint).await?;
    let rules = &found.policy.rules;
    Ok(Seat {
        license_id: id,
        product: product.to_owned(),
        tier: Some(held.tier().to_owned()).filter(|tier| !tier.is_empty()),
        holder: holder(&held),
        features: held.features().map(str::to_owned).collect(),
        limits: held.limits.iter().map(|it| (it.name.clone(), it.maximum.max(0).cast_unsigned())).collect(),
        issued_at: answered.issued_at,
        expires: expires(&held, first.unwrap_or(answered.issued_at)),
        grace_seconds: own_grace(&found.license.metadata)
            .unwrap_or(rules.grace_period)
            .max(0)
            .cast_unsigned(),
        read_only_after: matches!(rules.access_after_expiry, AccessAfterExpiry::ReadOnly),
        trial: held.said("trial").is_some(),
        device_id: answered.fingerprint.clone(),
        device_key: answered.device_key,
        components: request.components.clone(),
        nonce: answered.nonce,
        lease_until: answered.lease_until,
    })
}

fn holder(held: &Held) -> Option<String> {
    let said = ["company", "issuedTo", "customerId"].into_iter().find_map(|name| held.said(name));
    let found = &held.found;
    let known = [&found.license.name, &found.license.subject, &found.user_external_id, &found.user_email];
    said.or_else(|| known.into_iter().find_map(Clone::clone)).filter(|holder| !holder.is_empty())
}

/// A trial that each device counts for itself ends so long after the device was first answered.
fn expires(held: &Held, first: Timestamp) -> Option<Timestamp> {
    let days: Option<i64> = held.said("trialDays").and_then(|days| days.parse().ok());
    let trial = days.map(|days| first.plus_days(days));
    let own = match held.found.policy.rules.expiration_strategy {
        ExpirationStrategy::MaintainAccess | ExpirationStrategy::AllowAccess => None,
        _ => held.found.license.expiry,
    };
    own.into_iter().chain(trial).min()
}
