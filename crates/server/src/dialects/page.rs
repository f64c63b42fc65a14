//! The page of a dialect on a listener of its own: what it is, and what its clients call.

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// A page; `body` is HTML of ours, without anything that came from outside.
pub(crate) fn html(title: &str, body: &str) -> Response {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
    let page = include_str!("page.html").replace("{title}", title).replace("{body}", body);
    ([(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, policy)], page).into_response()
}
