//! `GET /license/decoded`: every licence of the installation, as its key says it.

use serde_json::{Value, json};

use crate::dialects::lk::customer::Customer;
use crate::dialects::lk::payload::Payload;
use crate::dialects::lk::shape::{Answer, ok};
use crate::dialects::lk::usage::shown;
use keyward_engine::installation::Held;

pub(in crate::dialects::lk) async fn decoded(customer: Customer) -> Answer {
    let holding = customer.holding().await?;
    let mut licenses = Vec::with_capacity(holding.licenses.len());
    for license in &holding.licenses {
        licenses.push(one(license, &customer.payload(license).await?));
    }
    let active = holding.active().count();
    ok(json!({
        "hasLicense": active > 0,
        "totalMaxDevices": holding.total(),
        "currentDevices": holding.in_use,
        "activeLicenseCount": active,
        "licenses": licenses,
        "limits": holding.usage().iter().map(shown).collect::<Value>(),
    }))
}

fn one(license: &Held, payload: &Payload) -> Value {
    let row = &license.found.license;
    let is_expired = license.verdict.code == keyward_core::code::Code::Expired;
    json!({
        "id": license.serial,
        "version": payload.version,
        "tier": license.tier(),
        "maxDevices": license.capacity,
        "currentDevices": row.machines_count,
        "companyName": license.said("company"),
        "expiresAt": row.expiry,
        "issuedAt": payload.issued_at,
        "isPerpetual": row.expiry.is_none(),
        "isExpired": is_expired,
        "isActive": license.verdict.valid,
        "code": license.verdict.code,
        "features": license.features().collect::<Vec<_>>(),
        "pools": license.pools.iter().map(|pool| json!({
            "name": pool.name, "maxDevices": pool.max_devices, "currentDevices": pool.devices_count,
            "expiresAt": pool.expires_at,
        })).collect::<Value>(),
        "limits": license.limits.iter().map(|limit| json!({
            "name": limit.name, "used": limit.used, "limit": limit.maximum,
            "remaining": limit.maximum.saturating_sub(limit.used).max(0),
        })).collect::<Value>(),
    })
}
