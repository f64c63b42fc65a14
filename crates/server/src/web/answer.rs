//! Pages and files with the headers that keep them from being kept, framed or taken for something else.

use askama::Template;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::layers::Refused;

/// A page, kept by nobody and framed by nobody; `policy` says what it may load.
pub(crate) fn html(status: StatusCode, policy: &'static str, page: &impl Template) -> Response {
    let Ok(text) = page.render() else {
        tracing::error!("a page could not be written");
        return (StatusCode::INTERNAL_SERVER_ERROR, Refused::Failed.sentence()).into_response();
    };
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, policy),
        (X_FRAME_OPTIONS, "DENY"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
        (CACHE_CONTROL, "no-store"),
    ];
    (status, headers, text).into_response()
}

/// To another page, which is asked for with GET. Our own paths are ASCII; anything else goes to `home`.
pub(crate) fn see(path: &str, home: &'static str) -> Response {
    let place = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static(home));
    (StatusCode::SEE_OTHER, [(LOCATION, place), (CACHE_CONTROL, HeaderValue::from_static("no-store"))])
        .into_response()
}

/// A time to wait, in words.
pub(crate) fn wait(seconds: u64) -> String {
    let minutes = seconds.div_ceil(60);
    match seconds {
        0..=1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{minutes} minutes"),
    }
}
