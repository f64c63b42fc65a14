//! `GET /license/installation-key`: whoever reads it can make `lk2` keys, so it needs a permission of its own.

use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse as _;
use serde_json::json;

use super::customer::{Customer, failed};
use super::shape::{Answer, No};

pub(super) async fn reveal(customer: Customer) -> Answer {
    if !customer.reads_key {
        let error = "This token may not see the key of its installation";
        let no = No::new(StatusCode::FORBIDDEN, "FORBIDDEN", error);
        return Err(no.with("make one that may: keyward token create --installation NAME --reads-key"));
    }
    let revealed =
        customer.engine().reveal_installation_secret_of(&customer.caller, customer.installation).await;
    let (key, generated_at) = revealed.map_err(|error| failed(&error))?;
    let body = json!({ "installationKey": key.as_str(), "generatedAt": generated_at });
    Ok(([(CACHE_CONTROL, "no-store")], axum::Json(body)).into_response())
}
