//! What no licence takes away: the text as a file, and on paper.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::edit::Text;
use super::{Fault, banner, html};
use crate::App;

#[derive(Template)]
#[template(path = "print.html")]
struct Print {
    banner: Option<String>,
    text: String,
}

/// The text on the disk.
pub(super) async fn export(State(app): State<Arc<App>>) -> Result<impl IntoResponse, Fault> {
    Ok(download(app.document.read()?.unwrap_or_default()))
}

/// The text in the editor, saved or not.
pub(super) async fn export_shown(Form(text): Form<Text>) -> impl IntoResponse {
    download(text.lines())
}

fn download(text: String) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"document.txt\""),
    ];
    (headers, text)
}

pub(super) async fn print(State(app): State<Arc<App>>) -> Result<Response, Fault> {
    let page =
        Print { banner: banner(&app.license.status()), text: app.document.read()?.unwrap_or_default() };
    Ok(html(StatusCode::OK, &page))
}
