//! How this dialect says no, and how it writes dates.

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use keyward_core::code::Code;
use keyward_core::time::{Timestamp, date_text};
use keyward_core::verdict::Verdict;
use serde::Serialize;

use crate::layers::{Refused, RequestId};
use crate::limits::RetryAfter;

/// What a handler gives.
pub(super) type Answer = Result<Response, No>;

/// Why something was not done.
#[derive(Clone, Copy)]
pub(super) enum Refusal<'a> {
    /// The licence does not allow it.
    Verdict(&'a Verdict),
    /// Too many wrong keys were tried.
    TooManyTries(Timestamp),
}

/// A no: `error` for people, as the document has it, and beside it a stable code and what to do.
#[derive(Debug, Serialize)]
pub(super) struct No {
    #[serde(skip)]
    pub(super) status: StatusCode,
    pub(super) error: String,
    pub(super) code: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) remedy: &'static str,
    #[serde(skip)]
    pub(super) retry_after: Option<RetryAfter>,
}

impl No {
    pub(super) fn new(status: StatusCode, code: &'static str, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), code, remedy: "", retry_after: None }
    }

    /// A request that is put together wrongly.
    pub(super) fn malformed(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", error)
    }

    /// There is none, or none of this installation: both are answered alike.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("This installation has no such {what}"))
    }

    #[must_use]
    pub(super) fn with(self, remedy: &'static str) -> Self {
        Self { remedy, ..self }
    }

    /// A verdict that is a no.
    pub(super) fn of(verdict: &Verdict) -> Self {
        Self::new(status(verdict.code), verdict.code.as_str(), sentence(verdict)).with(verdict.remedy)
    }

    /// Too many wrong keys were tried.
    pub(super) fn too_many_tries(until: Timestamp) -> Self {
        let error =
            format!("Too many wrong license keys were tried; the next one may be tried from {until} on");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", error)
            .with("wait, or ask the vendor to register the key")
    }

    /// Status and body, to be kept for a repetition.
    pub(super) fn kept(&self) -> (u16, String) {
        (self.status.as_u16(), text(self))
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self)).into_response();
        let headers = response.headers_mut();
        if let Some(RetryAfter(seconds)) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"keyward\""));
        }
        response
    }
}

/// What is full, or over, is a conflict with what there is; everything else is a reason in the words of the document.
const fn status(code: Code) -> StatusCode {
    match code {
        Code::TooManyMachines | Code::PoolLimit | Code::PoolExpired | Code::UsageLimit => {
            StatusCode::CONFLICT
        }
        _ => StatusCode::BAD_REQUEST,
    }
}

/// Why, in the words that the front end of system E shows.
pub(super) fn sentence(verdict: &Verdict) -> String {
    match (verdict.code, verdict.expiry.and_then(Timestamp::date)) {
        (Code::Expired, Some(date)) => format!("License expired on {}", date_text(date)),
        _ => verdict.detail.clone(),
    }
}

pub(super) fn refused(why: Refused, id: RequestId) -> Response {
    let body =
        serde_json::json!({ "error": why.sentence(), "code": why.code(), "requestId": id.to_string() });
    (why.status(), Json(body)).into_response()
}

pub(super) fn ok(body: impl Serialize) -> Answer {
    Ok(Json(body).into_response())
}

/// An answer as a text: also kept for a repetition.
pub(super) fn text(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("answers are plain data")
}
