//! `GET /licenses` and `GET /licenses/{id}`: with whole keys, since they are the installation's own.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use keyward_engine::installation::{Held, Holding};
use serde_json::{Value, json};

use crate::dialects::lk::customer::{Customer, failed};
use crate::dialects::lk::shape::{Answer, No, ok};

pub(in crate::dialects::lk) async fn list(customer: Customer) -> Answer {
    let holding = customer.holding().await?;
    let mut licenses = Vec::with_capacity(holding.licenses.len());
    for license in &holding.licenses {
        licenses.push(customer.license(&holding, license).await?);
    }
    ok(licenses)
}

pub(in crate::dialects::lk) async fn show(
    customer: Customer,
    id: Result<Path<String>, PathRejection>,
) -> Answer {
    let id = serial(id)?;
    let holding = customer.holding().await?;
    ok(customer.license(&holding, held(&holding, id)?).await?)
}

/// The id of a licence. What is no number is nobody's.
pub(super) fn serial(id: Result<Path<String>, PathRejection>) -> Result<i64, No> {
    id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(|| No::not_found("license"))
}

/// One of the installation's own.
pub(super) fn held(holding: &Holding, id: i64) -> Result<&Held, No> {
    holding.license(id).ok_or_else(|| No::not_found("license"))
}

impl Customer {
    /// A licence as the document's front end lists it.
    pub(super) async fn license(&self, holding: &Holding, license: &Held) -> Result<Value, No> {
        let row = &license.found.license;
        let key = self.key_of(&license.found).await?;
        let hash = self.engine().key_hash(&holding.row, &key).map_err(|error| failed(&error))?;
        Ok(json!({
            "id": license.serial,
            "key": key.as_str(),
            "keyHash": hash,
            "tier": license.tier(),
            "maxDevices": license.capacity,
            "currentDeviceCount": row.machines_count,
            "companyName": license.said("company"),
            "isActive": license.verdict.valid,
            "expiresAt": row.expiry,
            "activatedAt": row.first_activated_at,
            "createdAt": row.created_at,
            "lastValidatedAt": row.last_validated_at,
            "notes": license.said("notes"),
            "code": license.verdict.code,
        }))
    }
}
