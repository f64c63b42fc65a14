//! The pages: where each one is, and what they have in common.

mod edit;
mod license;
mod paper;
mod seat;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use keyward_client::Status;

use crate::App;

/// A text may be this long, and a form a little longer.
const LONGEST: usize = 16 << 20;

pub(crate) fn router(app: Arc<App>) -> Router {
    let pages = Router::new()
        .route("/edit", get(edit::show))
        .route("/save", post(edit::save))
        .route("/new", post(edit::new))
        .route("/delete", get(edit::ask_to_delete).post(edit::delete))
        .route("/export", get(paper::export).post(paper::export_shown))
        .route("/print", get(paper::print))
        .route("/license", get(license::show))
        .route("/import", post(license::import))
        .route("/refresh", post(license::refresh))
        .route("/trial", post(license::start_trial))
        .route("/remove", get(license::ask_to_remove).post(license::remove))
        .route("/request", post(seat::request))
        .route("/release", get(seat::ask_to_release).post(seat::release))
        .route("/style.css", get(|| asset("text/css", include_str!("../assets/style.css"))))
        .route("/page.js", get(|| asset("text/javascript", include_str!("../assets/page.js"))))
        .layer(DefaultBodyLimit::max(LONGEST))
        .with_state(app);
    Router::new().nest("/{secret}", pages)
}

async fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind)], text)
}

fn html(code: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (code, Html(text)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// To another page; the address that a browser may load again is then that page's.
fn see(page: &str) -> Response {
    Redirect::to(page).into_response()
}

/// The red line above each page while nothing may be changed.
fn banner(status: &Status) -> Option<String> {
    status.is_read_only().then(|| status.message())
}

/// A question before something that cannot be taken back.
#[derive(Template)]
#[template(path = "confirm.html")]
struct Confirm {
    title: &'static str,
    banner: Option<String>,
    consequence: &'static str,
    /// Where the yes goes.
    action: &'static str,
    yes: &'static str,
    back: &'static str,
}

/// What the form of a [`Confirm`] sends.
#[derive(serde::Deserialize)]
struct Answer {
    confirm: Option<String>,
}

impl Answer {
    fn is_yes(&self) -> bool {
        self.confirm.as_deref() == Some("yes")
    }
}

/// The document could not be read or written.
struct Fault(std::io::Error);

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let text =
            format!("The document could not be read or written: {}.\nGo back, and try again.\n", self.0);
        (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
    }
}
