//! The settings, to look at.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use keyward_engine::token::Permission;

use super::frame::{self, Frame};
use super::texts::Settings;
use super::visitor::Visitor;
use crate::config::Shown;

#[derive(Template)]
#[template(path = "console/settings.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Settings,
    version: &'static str,
    sections: Vec<Shown>,
}

/// `GET /console/settings`.
pub(super) async fn show(visitor: Visitor) -> Response {
    if let Some(no) = visitor.refusal(Permission::SettingsRead) {
        return no;
    }
    let t = Settings::of(visitor.language);
    let (version, sections) = (env!("CARGO_PKG_VERSION"), visitor.app.config().shown());
    frame::html(StatusCode::OK, &Page { f: Frame::of(&visitor, t.title), t, version, sections })
}

impl Page<'_> {
    /// The sentence at the beginning, around a command.
    fn intro(&self) -> (&'static str, &'static str) {
        self.t.intro.split_once("{}").unwrap_or((self.t.intro, ""))
    }
}
