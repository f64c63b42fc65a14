//! A front: who answers, and how it words what is decided around its handlers.

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::context::RequestId;
use crate::limits::RetryAfter;

/// Why a request was answered without, or in place of, its handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The body is larger than allowed.
    BodyTooLarge,
    /// The body did not arrive in time.
    BodyTimedOut,
    /// The body broke off, or is not well-formed HTTP.
    BodyBroken,
    /// Too many requests of this address, or a lockout.
    RateLimited(RetryAfter),
    /// No such route.
    NotFound,
    /// A route that has not this method; `Allow` says which it has.
    MethodNotAllowed,
    /// The handler failed; the cause is in the log under the request's id.
    Failed,
}

impl Refused {
    /// The status of the answer.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::BodyBroken => StatusCode::BAD_REQUEST,
            Self::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BodyTooLarge => "BODY_TOO_LARGE",
            Self::BodyTimedOut => "BODY_TIMED_OUT",
            Self::BodyBroken => "BODY_BROKEN",
            Self::RateLimited(_) => "RATE_LIMITED",
            Self::NotFound => "NOT_FOUND",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::Failed => "INTERNAL_ERROR",
        }
    }

    /// A sentence for people.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::BodyTooLarge => "The body of the request is too large.",
            Self::BodyTimedOut => "The body of the request did not arrive in time.",
            Self::BodyBroken => "The body of the request cannot be read.",
            Self::RateLimited(_) => "Too many requests; wait as long as Retry-After says.",
            Self::NotFound => "There is nothing at this address.",
            Self::MethodNotAllowed => "This address takes other methods; the header Allow names them.",
            Self::Failed => "Internal error; the server's log says more under the request's id.",
        }
    }
}

/// Who answers.
#[derive(Clone, Copy, Debug)]
pub struct Front {
    /// Its name in metrics.
    pub name: &'static str,
    /// How it words a refusal. Status and `Retry-After` are set behind it, unless it chose its own.
    pub shape: fn(Refused, RequestId) -> Response,
}

impl Front {
    /// The pages of the server itself.
    pub const SERVER: Self = Self { name: "server", shape: plain };

    /// The answer to a refused request.
    pub fn refuse(&self, why: Refused, id: RequestId) -> Response {
        let mut response = (self.shape)(why, id);
        if response.status() == StatusCode::OK {
            *response.status_mut() = why.status();
        }
        if let Refused::RateLimited(RetryAfter(seconds)) = why {
            response.headers_mut().entry(RETRY_AFTER).or_insert_with(|| HeaderValue::from(seconds));
        }
        response
    }
}

/// The shape of whatever has none of its own.
fn plain(why: Refused, id: RequestId) -> Response {
    let error =
        serde_json::json!({ "code": why.code(), "message": why.sentence(), "request_id": id.to_string() });
    (why.status(), Json(serde_json::json!({ "error": error }))).into_response()
}
