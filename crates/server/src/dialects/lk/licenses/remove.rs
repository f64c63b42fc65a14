//! `DELETE /licenses/{id}`: its devices move to the free tier, in the order of their activation.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use serde_json::json;

use super::show::serial;
use crate::dialects::lk::customer::{Customer, failed};
use crate::dialects::lk::held::totals;
use crate::dialects::lk::shape::{Answer, No, ok};

pub(in crate::dialects::lk) async fn remove(
    customer: Customer,
    id: Result<Path<String>, PathRejection>,
) -> Answer {
    let id = serial(id)?;
    let removed = customer.engine().remove_license(&customer.caller, customer.installation, id).await;
    if !removed.map_err(|error| failed(&error))? {
        return Err(No::not_found("license"));
    }
    ok(json!({ "message": "License removed", "totalStatus": totals(&customer.holding().await?) }))
}
