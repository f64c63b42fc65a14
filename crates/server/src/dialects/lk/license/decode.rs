//! `GET /license/decode`: the payload of the active paid licence with most devices, as the document's front end reads it.

use axum::http::StatusCode;

use crate::dialects::lk::customer::Customer;
use crate::dialects::lk::shape::{Answer, No, ok};

pub(in crate::dialects::lk) async fn decode(customer: Customer) -> Answer {
    let holding = customer.holding().await?;
    // Of several the first one, and `max_by_key` would take the last.
    let most = holding.active().map(|license| license.capacity).max();
    let Some(license) = holding.active().find(|license| Some(license.capacity) == most) else {
        let no = No::new(StatusCode::NOT_FOUND, "NOT_FOUND", "This installation has no active license");
        return Err(no.with("activate a license key"));
    };
    ok(customer.payload(license).await?.to_json(license))
}
