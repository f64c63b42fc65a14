//! `GET /license` in a browser, and `/` on a listener of its own: what this is.

use axum::response::Response;

use crate::dialects::page;

pub(super) async fn overview() -> Response {
    page::html("Licences of an installation", include_str!("overview.html"))
}
