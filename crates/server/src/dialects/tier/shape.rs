//! How this dialect says no: two fields, and texts that its clients compare.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::layers::{Refused, RequestId};

pub(super) fn no(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "valid": false, "error": error }))).into_response()
}

pub(super) fn refused(why: Refused, _: RequestId) -> Response {
    let error = match why {
        Refused::Failed => "Internal server error",
        Refused::RateLimited(_) => "Too many requests",
        Refused::BodyBroken => "Missing license key",
        other => other.sentence(),
    };
    no(why.status(), error)
}
