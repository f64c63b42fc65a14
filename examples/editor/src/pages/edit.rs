//! The editing page, and what changes the document.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use keyward_client::Status;

use super::{Answer, Confirm, Fault, banner, html, see};
use crate::App;
use crate::license::MayWrite;

#[derive(Template)]
#[template(path = "edit.html")]
struct Edit {
    banner: Option<String>,
    /// `None` when there is no document.
    text: Option<String>,
    /// What is shown is not what is on the disk.
    unsaved: bool,
}

/// What the editing form sends.
#[derive(serde::Deserialize)]
pub(super) struct Text {
    text: String,
}

impl Text {
    /// The text with the ends of lines that files have; forms have others.
    pub(super) fn lines(self) -> String {
        self.text.replace("\r\n", "\n")
    }
}

/// A refused change: the page says why, and shows what was typed, which can still be exported.
fn refused(status: &Status, text: Option<String>, unsaved: bool) -> Response {
    html(StatusCode::FORBIDDEN, &Edit { banner: banner(status), text, unsaved })
}

pub(super) async fn show(State(app): State<Arc<App>>) -> Result<Response, Fault> {
    let page = Edit { banner: banner(&app.license.status()), text: app.document.read()?, unsaved: false };
    Ok(html(StatusCode::OK, &page))
}

pub(super) async fn save(State(app): State<Arc<App>>, Form(text): Form<Text>) -> Result<Response, Fault> {
    let text = text.lines();
    match MayWrite::ask(&app.license) {
        Ok(may) => app.document.save(&text, &may)?,
        Err(status) => return Ok(refused(&status, Some(text), true)),
    }
    Ok(see("edit"))
}

pub(super) async fn new(State(app): State<Arc<App>>) -> Result<Response, Fault> {
    match MayWrite::ask(&app.license) {
        Ok(may) => app.document.create(&may)?,
        Err(status) => return Ok(refused(&status, app.document.read()?, false)),
    }
    Ok(see("edit"))
}

pub(super) async fn ask_to_delete(State(app): State<Arc<App>>) -> Response {
    let page = Confirm {
        title: "Delete the document?",
        banner: banner(&app.license.status()),
        consequence: "Its text is gone then. Export it before, if you may need it again.",
        action: "delete",
        yes: "Delete document",
        back: "edit",
    };
    html(StatusCode::OK, &page)
}

pub(super) async fn delete(
    State(app): State<Arc<App>>,
    Form(answer): Form<Answer>,
) -> Result<Response, Fault> {
    if !answer.is_yes() {
        return Ok(see("delete"));
    }
    match MayWrite::ask(&app.license) {
        Ok(may) => app.document.delete(&may)?,
        Err(status) => return Ok(refused(&status, app.document.read()?, false)),
    }
    Ok(see("edit"))
}
