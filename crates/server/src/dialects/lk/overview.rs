//! `GET /license` in a browser, and `/` on a listener of its own: what this is. Beside the console a browser is led to the
//! page where a key is activated.

use axum::Extension;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, VARY};
use axum::response::{IntoResponse as _, Response};

use super::BesideConsole;
use crate::console::LICENSE_KEY;
use crate::dialects::page;
use crate::web;

pub(super) async fn overview(Extension(beside): Extension<BesideConsole>, headers: HeaderMap) -> Response {
    if beside.0 && is_browser(&headers) {
        return ([(VARY, "accept")], web::see(LICENSE_KEY, LICENSE_KEY)).into_response();
    }
    page::html("Licences of an installation", include_str!("overview.html"))
}

/// Browsers ask for pages by name; programs take anything.
fn is_browser(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    lines.any(|line| line.to_ascii_lowercase().contains("text/html"))
}
