//! One licence: its page, the download, revoking and reactivating.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use keyward_core::time::Timestamp;
use keyward_engine::EngineError;
use keyward_engine::license::{Form, Found, Named, Reactivation, RecordForm, Suspension};
use keyward_engine::token::Permission;

use super::issue::{days, sentence};
use super::list::Standing;
use super::page::{self, Frame};
use super::visitor::{Posted, Visitor};
use crate::app::App;
use crate::layers::{Context, Refused};
use crate::web::Fields;

/// Characters of a downloaded file's name, before its ending.
const FILE_NAME: usize = 60;

#[derive(Template)]
#[template(path = "records/license.html")]
struct Page<'a> {
    frame: Frame<'a>,
    csrf: &'a str,
    serial: i64,
    client_id: &'a str,
    license_type: &'a str,
    issued: String,
    end: String,
    never_ends: bool,
    standing: Standing,
    /// Since when it is revoked.
    revoked: Option<String>,
    /// Suspended at another place, for another reason.
    is_suspended: bool,
    notice: Option<&'static str>,
    problem: Option<String>,
    /// What was typed.
    days: &'a str,
    /// The end that is shown, for the form: what was changed meanwhile is not changed again.
    seen: String,
    form: RecordForm,
    forms: Vec<FormRow>,
}

struct FormRow {
    issued: String,
    end: String,
    hint: String,
    is_newest: bool,
}

/// `GET /records/{serial}`.
pub(super) async fn show(
    State(app): State<App>,
    context: Context,
    serial: Result<Path<String>, PathRejection>,
    uri: Uri,
    visitor: Visitor,
) -> Response {
    let notice = match Fields::of_query(uri.query()).get("done") {
        "issued" => Some("The licence is issued. Give the record and its signature to the customer."),
        "revoked" => Some("The licence is revoked: it is refused from now on."),
        "reactivated" => Some(
            "The licence is reactivated and has a new end, so a new record was issued. The customer must get the new \
             record if the application reads the end from it; the old signature goes on being accepted here.",
        ),
        "lifted" => Some("The revocation is lifted. The record is the same as before."),
        _ => None,
    };
    match find(&app, &context, &text(serial)).await {
        Ok(found) => whole(&app, &context, &visitor, &found, StatusCode::OK, "", notice, None).await,
        Err(answer) => answer,
    }
}

/// `GET /records/{serial}/record.json`.
pub(super) async fn download(
    State(app): State<App>,
    context: Context,
    serial: Result<Path<String>, PathRejection>,
    visitor: Visitor,
) -> Response {
    let found = match find(&app, &context, &text(serial)).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    match reveal(&app, &context, &visitor, &found).await {
        Ok(form) => {
            let name = file_name(found.license.subject.as_deref().unwrap_or_default(), found.serial);
            let headers = [
                (CONTENT_TYPE, "application/json".to_owned()),
                (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
                (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
                (CACHE_CONTROL, "no-store".to_owned()),
            ];
            (headers, form.json.as_str().to_owned()).into_response()
        }
        Err(answer) => answer,
    }
}

/// `POST /records/{serial}/revoke`.
pub(super) async fn revoke(
    State(app): State<App>,
    context: Context,
    serial: Result<Path<String>, PathRejection>,
    posted: Posted,
) -> Response {
    let (Posted { visitor, .. }, serial) = (posted, text(serial));
    let found = match change(&app, &context, &visitor, &serial).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let (caller, named) = (&visitor.caller, Named::Id(found.license.id));
    match app.engine().suspend(caller, named, Suspension::Revoke, None).await {
        Ok(_) => page::see(&format!("/records/{}?done=revoked", found.serial)),
        Err(EngineError::AlreadySo(_)) => {
            let problem = Some("This licence is revoked already.".to_owned());
            again(&app, &context, &visitor, &serial, StatusCode::CONFLICT, "", problem).await
        }
        Err(error) => page::failed(&error, &context),
    }
}

/// `POST /records/{serial}/reactivate`.
pub(super) async fn reactivate(
    State(app): State<App>,
    context: Context,
    serial: Result<Path<String>, PathRejection>,
    posted: Posted,
) -> Response {
    let (Posted { visitor, fields }, serial) = (posted, text(serial));
    let found = match change(&app, &context, &visitor, &serial).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let typed = match fields.get("days") {
        "" => fields.get("duration"),
        days => days,
    };
    let again = async |status, problem: String| {
        again(&app, &context, &visitor, &serial, status, typed, Some(problem)).await
    };
    // A licence without an end has none to move.
    let days = match days(typed) {
        _ if found.license.expiry.is_none() => None,
        Ok(days) => Some(days),
        Err(sentence) => return again(StatusCode::UNPROCESSABLE_ENTITY, sentence.to_owned()).await,
    };
    let reactivation = Reactivation { days, seen: read_seen(fields.get("seen")) };
    let done = app.engine().reactivate(&visitor.caller, Named::Id(found.license.id), reactivation).await;
    match done {
        Ok(done) => {
            let word = if done.form.is_some() { "reactivated" } else { "lifted" };
            page::see(&format!("/records/{}?done={word}", found.serial))
        }
        Err(EngineError::AlreadySo(_)) => {
            let problem = "This licence is not revoked, and it never ends: there is nothing to reactivate.";
            again(StatusCode::CONFLICT, problem.to_owned()).await
        }
        Err(EngineError::NotAllowed(_)) => {
            let problem = "This licence was suspended elsewhere, not revoked. Reinstate it there first: keyward license \
                           reinstate.";
            again(StatusCode::CONFLICT, problem.to_owned()).await
        }
        Err(EngineError::Invalid { field: "licence", .. }) => {
            let problem = "The licence was changed meanwhile, so nothing was done. This is how it is now; try again if \
                           it still needs to be changed.";
            again(StatusCode::CONFLICT, problem.to_owned()).await
        }
        Err(error) => match sentence(&error) {
            Some(sentence) => again(StatusCode::UNPROCESSABLE_ENTITY, sentence).await,
            None => page::failed(&error, &context),
        },
    }
}

/// What is not UTF-8 is no serial, either.
fn text(serial: Result<Path<String>, PathRejection>) -> String {
    serial.map(|Path(text)| text).unwrap_or_default()
}

/// The licence that a change is about.
async fn change(app: &App, context: &Context, visitor: &Visitor, serial: &str) -> Result<Found, Response> {
    if let Some(no) = visitor.refusal(Permission::LicenseChange) {
        return Err(no);
    }
    find(app, context, serial).await
}

async fn find(app: &App, context: &Context, serial: &str) -> Result<Found, Response> {
    let none = || page::refused(Refused::NotFound, context.id);
    let serial = serial.parse().map_err(|_| none())?;
    let found = async { app.engine().record_of(super::product(app)?.id, serial).await };
    found.await.map_err(|error| page::failed(&error, context))?.ok_or_else(none)
}

async fn again(
    app: &App,
    context: &Context,
    visitor: &Visitor,
    serial: &str,
    status: StatusCode,
    typed: &str,
    problem: Option<String>,
) -> Response {
    match find(app, context, serial).await {
        Ok(found) => whole(app, context, visitor, &found, status, typed, None, problem).await,
        Err(answer) => answer,
    }
}

#[expect(clippy::too_many_arguments, reason = "what a page is made of")]
async fn whole(
    app: &App,
    context: &Context,
    visitor: &Visitor,
    found: &Found,
    status: StatusCode,
    typed: &str,
    notice: Option<&'static str>,
    problem: Option<String>,
) -> Response {
    let form = match reveal(app, context, visitor, found).await {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let forms = match app.engine().forms(found.license.id).await {
        Ok(forms) => forms,
        Err(error) => return page::failed(&error, context),
    };
    let license = &found.license;
    let reason = license.suspension_reason.as_deref();
    let page = Page {
        frame: Frame { title: "Licence", csrf: visitor.session.as_ref().map(|_| visitor.csrf()) },
        csrf: visitor.csrf(),
        serial: found.serial,
        client_id: license.subject.as_deref().unwrap_or_default(),
        license_type: &found.policy.row.name,
        issued: page::instant(license.created_at),
        end: page::end(license.expiry),
        never_ends: license.expiry.is_none(),
        standing: Standing::of(found, app.engine().now()),
        revoked: license.suspended_at.filter(|_| reason == Some("revoked")).map(page::instant),
        is_suspended: reason.is_some_and(|reason| reason != "revoked"),
        notice,
        problem,
        days: if typed.is_empty() { "365" } else { typed },
        seen: seen(license.expiry),
        form,
        // The newest first.
        forms: forms.iter().rev().map(form_row).collect(),
    };
    page::html(status, &page)
}

/// The newest record; that it was looked at is written down.
async fn reveal(
    app: &App,
    context: &Context,
    visitor: &Visitor,
    found: &Found,
) -> Result<RecordForm, Response> {
    if let Some(no) = visitor.refusal(Permission::LicenseReveal) {
        return Err(no);
    }
    let form = app.engine().reveal_record(&visitor.caller, found).await;
    form.map_err(|error| page::failed(&error, context))
}

fn form_row(form: &Form) -> FormRow {
    FormRow {
        issued: page::instant(form.issued_at),
        end: page::end(form.expires_at),
        hint: form.hint.clone().unwrap_or_default(),
        is_newest: form.superseded_at.is_none(),
    }
}

fn seen(end: Option<Timestamp>) -> String {
    end.map_or_else(|| "never".to_owned(), |end| end.micros().to_string())
}

/// `None` when the form does not say.
fn read_seen(text: &str) -> Option<Option<Timestamp>> {
    match text {
        "never" => Some(None),
        text => text.parse().ok().map(|micros| Some(Timestamp::from_micros(micros))),
    }
}

/// A name that every system takes: letters and digits of ASCII, dots, hyphens.
fn file_name(client_id: &str, serial: i64) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' };
    let name: String = client_id.chars().take(FILE_NAME).map(clean).collect();
    let name = name.trim_matches(['.', '_', '-']);
    if name.is_empty() { format!("record-{serial}.json") } else { format!("{name}.json") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_hold_nothing_that_a_system_takes_amiss() {
        for (client_id, name) in [
            ("example.com", "example.com.json"),
            ("../../etc/passwd", "etc_passwd.json"),
            ("a\"b\r\nc", "a_b__c.json"),
            ("žluť", "lu.json"),
            ("日本", "record-7.json"),
            ("..", "record-7.json"),
        ] {
            assert_eq!(file_name(client_id, 7), name);
        }
        assert_eq!(file_name(&"x".repeat(2_000), 7).len(), FILE_NAME + 5);
    }

    #[test]
    fn the_end_that_was_seen_is_read_as_it_was_written() {
        for end in [None, Some(Timestamp::from_seconds(1_800_000_000)), Some(Timestamp::from_micros(-1))] {
            assert_eq!(read_seen(&seen(end)), Some(end));
        }
        assert_eq!((read_seen(""), read_seen("soon")), (None, None));
    }
}
