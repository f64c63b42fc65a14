//! How this dialect says no.

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use keyward_core::time::Timestamp;
use keyward_engine::EngineError;
use serde::Serialize;

use crate::app::{is_temporary, log_failure};
use crate::layers::{Refused, RequestId};

/// A no. `valid` is what a question gets, `success` what an activation gets.
#[derive(Default, Serialize)]
pub(super) struct No {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) valid: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) success: Option<bool>,
    pub(super) error: String,
    pub(super) error_code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) used_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) activation_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expiration_date: Option<String>,
    #[serde(rename = "offlineLease", skip_serializing_if = "Option::is_none")]
    pub(super) offline_lease: Option<i64>,
}

impl No {
    /// To a question.
    pub(super) fn to_question(error: impl Into<String>, error_code: &'static str) -> Self {
        Self { valid: Some(false), error: error.into(), error_code, ..Self::default() }
    }

    /// To an activation.
    pub(super) fn to_activation(error: impl Into<String>, error_code: &'static str) -> Self {
        Self { success: Some(false), error: error.into(), error_code, ..Self::default() }
    }

    pub(super) fn with(self, status: StatusCode) -> Response {
        (status, Json(self)).into_response()
    }
}

/// Dates are UTC without a zone.
pub(super) fn date(at: Timestamp) -> Option<String> {
    at.to_python()
}

/// What is decided around the handlers says both words, since it does not know which was asked.
pub(super) fn refused(why: Refused, id: RequestId) -> Response {
    let no = No { valid: Some(false), ..No::to_activation(why.sentence(), why.code()) };
    let mut body = serde_json::to_value(no).unwrap_or_default();
    body["request_id"] = id.to_string().into();
    (why.status(), Json(body)).into_response()
}

/// A failure that is not the client's: its cause stays in the log.
pub(super) fn failed(error: &EngineError, no: fn(String, &'static str) -> No) -> Response {
    let (status, message) = match error {
        EngineError::IdempotencyReused => (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
        EngineError::IdempotencyInProgress => (StatusCode::CONFLICT, error.to_string()),
        _ if is_temporary(error) => {
            let message = "The licence database is not available at the moment; try again in a moment. An activation \
                           repeated with the same Idempotency-Key is done once.";
            (StatusCode::SERVICE_UNAVAILABLE, message.to_owned())
        }
        _ => (StatusCode::INTERNAL_SERVER_ERROR, Refused::Failed.sentence().to_owned()),
    };
    if status.is_server_error() {
        log_failure(error);
    }
    let code =
        if status == StatusCode::INTERNAL_SERVER_ERROR { Refused::Failed.code() } else { error.code() };
    let mut response = no(message, code).with(status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}
