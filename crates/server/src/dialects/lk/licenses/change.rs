//! `PATCH /licenses/{id}`: notes, the company, and whether it is active.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use keyward_engine::installation::LicenseChange;
use serde_json::Value;

use super::show::{held, serial};
use crate::dialects::lk::customer::{Customer, failed};
use crate::dialects::lk::fields::{Fields, text};
use crate::dialects::lk::shape::{Answer, No, ok};
use crate::layers::RawBody;

/// The longest notes, in bytes.
const MAX_NOTES: usize = 10_000;
/// The longest name of a company, in bytes.
const MAX_COMPANY: usize = 1_000;
/// What the server writes down by itself: it may have changed since it was read.
const WRITTEN_DOWN: [&str; 5] = ["currentDeviceCount", "activatedAt", "createdAt", "lastValidatedAt", "code"];

pub(in crate::dialects::lk) async fn change(
    customer: Customer,
    id: Result<Path<String>, PathRejection>,
    RawBody(body): RawBody,
) -> Answer {
    let id = serial(id)?;
    let fields = Fields::read(&body)?;
    let holding = customer.holding().await?;
    let present = customer.license(&holding, held(&holding, id)?).await?;
    let change = wanted(fields, &present)?;
    if change == LicenseChange::default() {
        return ok(present);
    }
    let changed = customer.engine().change_license(&customer.caller, customer.installation, id, change).await;
    let holding = changed.map_err(|error| failed(&error))?.ok_or_else(|| No::not_found("license"))?;
    ok(customer.license(&holding, held(&holding, id)?).await?)
}

/// A front end may send a whole licence back; what cannot be changed must then be as it is. What the server writes down is not
/// looked at.
fn wanted(fields: Fields, present: &Value) -> Result<LicenseChange, No> {
    let mut change = LicenseChange::default();
    for (name, value) in fields.into_iter() {
        match (name.as_str(), &value) {
            (known, value) if present.get(known) == Some(value) => {}
            (known, _) if WRITTEN_DOWN.contains(&known) => {}
            ("notes", value) => change.notes = Some(text("notes", value, MAX_NOTES)?),
            ("companyName", value) => change.company = Some(text("companyName", value, MAX_COMPANY)?),
            ("isActive", Value::Bool(active)) => change.active = Some(*active),
            ("isActive", _) => return Err(No::malformed("isActive must be true or false")),
            _ => {
                let error =
                    format!("Only notes, companyName and isActive can be changed, not {:?}", cut(&name));
                return Err(No::malformed(error));
            }
        }
    }
    Ok(change)
}

/// Enough of a name to find it.
fn cut(name: &str) -> String {
    name.chars().take(40).collect()
}
