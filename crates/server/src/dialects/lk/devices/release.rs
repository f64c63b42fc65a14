//! `DELETE /devices/{id}`: its place is free again.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use serde_json::json;

use super::device_id;
use crate::dialects::lk::customer::{Customer, failed};
use crate::dialects::lk::shape::{Answer, No, ok};

pub(in crate::dialects::lk) async fn release(
    customer: Customer,
    id: Result<Path<String>, PathRejection>,
) -> Answer {
    let id = device_id(id)?;
    let released = customer.engine().release_device(&customer.caller, customer.installation, &id).await;
    match released.map_err(|error| failed(&error))? {
        true => ok(json!({ "message": "Device released", "deviceId": id })),
        false => Err(No::not_found("device")),
    }
}
