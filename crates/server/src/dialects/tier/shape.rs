//! How this dialect says no: two fields, and texts that its clients compare.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::layers::{Refused, RequestId};

pub(super) const MISSING: &str = "Missing license key";
pub(super) const BAD_SIGNATURE: &str = "Invalid license signature";
pub(super) const NOT_FOUND: &str = "License not found";
pub(super) const EXPIRED: &str = "License expired";
pub(super) const TOO_MANY: &str = "Too many requests";
pub(super) const FAILED: &str = "Internal server error";

pub(super) fn no(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "valid": false, "error": error }))).into_response()
}

pub(super) fn refused(why: Refused, _: RequestId) -> Response {
    let error = match why {
        Refused::Failed => FAILED,
        Refused::RateLimited(_) => TOO_MANY,
        Refused::BodyBroken => MISSING,
        other => other.sentence(),
    };
    no(why.status(), error)
}
