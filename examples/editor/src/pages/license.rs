//! The licence page: what holds, on which device, and what can be done about it.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::multipart::MultipartError;
use axum::extract::{Multipart, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use keyward_client::{ClientError, Code, Source, Status, Timestamp};

use super::{Answer, Confirm, banner, html, see};
use crate::App;

#[derive(Template)]
#[template(path = "license.html")]
struct Page {
    banner: Option<String>,
    /// What was just done.
    done: Option<&'static str>,
    /// What was just refused.
    refused: Option<Refused>,
    status: Status,
    expiry: Option<String>,
    lease: Option<String>,
    can_remove: bool,
    can_start_trial: bool,
    can_release: bool,
}

struct Refused {
    sentence: String,
    remedy: &'static str,
    /// The page that explains it.
    link: Option<String>,
}

impl From<ClientError> for Refused {
    fn from(error: ClientError) -> Self {
        Self { sentence: sentence(error.sentence()), remedy: error.remedy(), link: Some(error.link()) }
    }
}

impl Page {
    fn new(app: &App) -> Self {
        let status = app.license.status();
        Self {
            banner: banner(&status),
            done: None,
            refused: None,
            expiry: status.verdict().expiry.map(instant),
            lease: status.lease_until().map(instant),
            can_remove: !matches!(status.source(), Source::Nothing | Source::Trial),
            can_start_trial: app.trial.is_some() && status.source() == Source::Nothing,
            can_release: status.source() == Source::Seat && status.code() != Code::NotFound,
            status,
        }
    }

    /// More than the message, when there is something to be told.
    fn detail(&self) -> String {
        sentence(&self.status.verdict().detail)
    }

    fn warnings(&self) -> Vec<String> {
        self.status.warnings().iter().map(|warning| sentence(warning)).collect()
    }

    fn holder(&self) -> Option<&str> {
        self.status.claims()?.holder.as_deref()
    }

    fn tier(&self) -> Option<&str> {
        self.status.claims()?.tier.as_deref()
    }

    fn features(&self) -> String {
        self.status.claims().map(|claims| claims.features.join(", ")).unwrap_or_default()
    }
}

/// A detail as people write sentences.
fn sentence(detail: &str) -> String {
    let mut letters = detail.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters.as_str().trim_end_matches('.').chars()).chain(['.']).collect()
}

/// An instant as people read it.
fn instant(at: Timestamp) -> String {
    let text = at.to_string();
    match text.split_once('T').and_then(|(date, time)| Some((date, time.get(..5)?))) {
        Some((date, time)) => format!("{date} {time} UTC"),
        None => text,
    }
}

/// What was done last: our own words for what an address names.
#[derive(serde::Deserialize)]
pub(super) struct Done {
    done: Option<String>,
}

pub(super) async fn show(State(app): State<Arc<App>>, Query(Done { done }): Query<Done>) -> Response {
    let done = match done.as_deref() {
        Some("imported") => Some("The licence was imported."),
        Some("refreshed") => Some("The licence was checked again."),
        Some("removed") => Some("The licence was removed."),
        Some("trial") => Some("The trial was started."),
        _ => None,
    };
    html(StatusCode::OK, &Page { done, ..Page::new(&app) })
}

/// What was asked for is done, or the page says why not.
pub(super) fn outcome(app: &App, result: Result<Status, ClientError>, done: &'static str) -> Response {
    match result {
        Ok(_) => see(done),
        Err(error) => refused(app, error.into()),
    }
}

fn refused(app: &App, why: Refused) -> Response {
    html(StatusCode::UNPROCESSABLE_ENTITY, &Page { refused: Some(why), ..Page::new(app) })
}

/// A file, or what was pasted: a licence, a key, the answer to an offline request, or a recovery code.
pub(super) async fn import(State(app): State<Arc<App>>, mut form: Multipart) -> Response {
    match first_filled(&mut form).await {
        Ok(Some(license)) => outcome(&app, app.license.import(license), "license?done=imported"),
        Ok(None) => {
            let sentence = "Nothing was chosen, and nothing was pasted.".to_owned();
            let remedy = "Choose the file that the vendor sent, or paste the key.";
            refused(&app, Refused { sentence, remedy, link: None })
        }
        Err(error) => error.into_response(),
    }
}

async fn first_filled(form: &mut Multipart) -> Result<Option<Vec<u8>>, MultipartError> {
    while let Some(field) = form.next_field().await? {
        let bytes = field.bytes().await?;
        if !bytes.trim_ascii().is_empty() {
            return Ok(Some(bytes.into()));
        }
    }
    Ok(None)
}

/// Each page asks the licence anew; the button also remembers that the editor runs now.
pub(super) async fn refresh(State(app): State<Arc<App>>) -> Response {
    app.license.touch();
    see("license?done=refreshed")
}

pub(super) async fn start_trial(State(app): State<Arc<App>>) -> Response {
    match &app.trial {
        Some(key) => outcome(&app, app.license.start_trial(key), "license?done=trial"),
        None => see("license"),
    }
}

pub(super) async fn ask_to_remove(State(app): State<Arc<App>>) -> Response {
    let page = Confirm {
        title: "Remove the licence?",
        banner: banner(&app.license.status()),
        consequence: "Without a license nothing can be changed on this device; your text stays, and can be exported. \
                      Keep the license file or key if you want to import it again.",
        action: "remove",
        yes: "Remove licence",
        back: "license",
    };
    html(StatusCode::OK, &page)
}

pub(super) async fn remove(State(app): State<Arc<App>>, Form(answer): Form<Answer>) -> Response {
    if !answer.is_yes() {
        return see("remove");
    }
    outcome(&app, app.license.remove(), "license?done=removed")
}
