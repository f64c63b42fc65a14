//! The overview.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::HOME;
use super::frame::{self, Frame, see};
use super::visitor::Visitor;

#[derive(Template)]
#[template(path = "console/home.html")]
struct Page<'a> {
    f: Frame<'a>,
}

/// `GET /console`: the address without its stroke.
pub(super) async fn elsewhere() -> Response {
    see(HOME)
}

/// `GET /console/`.
pub(super) async fn home(visitor: Visitor) -> Response {
    let c = super::texts::Common::of(visitor.language);
    frame::html(StatusCode::OK, &Page { f: Frame::of(&visitor, c.dashboard) })
}
