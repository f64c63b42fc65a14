//! How this dialect answers programs.

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use keyward_engine::EngineError;
use serde_json::json;

use crate::app::{is_temporary, log_failure};
use crate::layers::{Context, Refused, RequestId};

/// What is said of a body that is no JSON.
pub(super) const NO_JSON: &str = "Invalid JSON format";

/// A request that cannot be understood.
pub(super) fn bad_request(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
}

/// What was decided around the handlers, in both of the words that a client may look for.
pub(super) fn refused(why: Refused, id: RequestId) -> Response {
    if why == Refused::BodyBroken {
        return bad_request(NO_JSON);
    }
    let (sentence, code) = (why.sentence(), why.code());
    let body = json!({
        "status": "error", "message": sentence, "error": sentence, "code": code, "request_id": id.to_string(),
    });
    (why.status(), Json(body)).into_response()
}

/// A failure that is not the client's: its cause stays in the log.
pub(super) fn failed(error: &EngineError, context: &Context) -> Response {
    log_failure(error);
    let (status, message, code) = if is_temporary(error) {
        let message = "The licence database is not available at the moment; try again in a moment.";
        (StatusCode::SERVICE_UNAVAILABLE, message, error.code())
    } else {
        (StatusCode::INTERNAL_SERVER_ERROR, Refused::Failed.sentence(), Refused::Failed.code())
    };
    let body = json!({
        "status": "error", "message": message, "error": message, "code": code, "request_id": context.id.to_string(),
    });
    let mut response = (status, Json(body)).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}
