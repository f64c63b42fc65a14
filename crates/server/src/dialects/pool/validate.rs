//! `GET /api/validate/{key}`: may this key be activated? Changes nothing.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use keyward_core::code::Code;
use keyward_core::scheme::pool::PoolKey;
use keyward_core::verdict::{Scope, Verdict};
use keyward_engine::license::{Found, Question};
use serde::Serialize;

use super::shape::{No, date, failed};
use crate::app::App;
use crate::layers::Context;

#[derive(Serialize)]
struct Yes<'a> {
    valid: bool,
    license_key: &'a str,
    duration_days: i64,
    duration_label: &'a str,
    status: &'static str,
    is_used: bool,
    created_date: Option<String>,
}

pub(super) async fn validate(
    State(app): State<App>,
    context: Context,
    headers: HeaderMap,
    key: Result<Path<String>, PathRejection>,
) -> Response {
    let caller = super::caller(&app, &context, &headers);
    // What is not UTF-8 is no key, either.
    let text = key.map(|Path(text)| text).unwrap_or_default();
    let key = match PoolKey::parse(&text) {
        Ok(key) => key,
        Err(flaw) => {
            let verdict = app.engine().validate_refused(&caller, flaw.into()).await;
            return unknown(&app, &context, &verdict, "MALFORMED");
        }
    };
    let validated = app.engine().validate(&caller, Question::Activate, key.as_str(), &Scope::default()).await;
    let (verdict, found) = match validated {
        Ok(validated) => (validated.verdict, validated.found),
        Err(error) => return failed(&error, No::to_question),
    };
    let Some(found) = found else {
        let hint = if key.has_check_character() { "" } else { "CHECK_CHARACTER" };
        return unknown(&app, &context, &verdict, hint);
    };
    if verdict.valid {
        return yes(&key, &found);
    }
    app.metrics().refused(super::FRONT.name, verdict.code.as_str());
    let used_date = found.license.first_activated_at.filter(|_| verdict.code == Code::AlreadyUsed);
    let no = No::to_question(verdict.detail, verdict.code.as_str());
    No { used_date: used_date.and_then(date), ..no }.with(StatusCode::BAD_REQUEST)
}

fn yes(key: &PoolKey, found: &Found) -> Response {
    let (duration_days, duration_label) = super::activate::duration(found);
    Json(Yes {
        valid: true,
        license_key: key.as_str(),
        duration_days,
        duration_label,
        status: "ACTIVE",
        is_used: false,
        created_date: date(found.license.created_at),
    })
    .into_response()
}

/// Unknown keys, and what is no key at all, are answered alike and charged to the address.
fn unknown(app: &App, context: &Context, verdict: &Verdict, hint: &'static str) -> Response {
    app.metrics().refused(super::FRONT.name, verdict.code.as_str());
    if let Err(locked) = app.failed(context) {
        return context.front.refuse(locked, context.id);
    }
    let error = match hint {
        "MALFORMED" => verdict.detail.as_str(),
        "CHECK_CHARACTER" => "no such key exists; a character seems to be mistyped",
        _ => "no such key exists",
    };
    let no = No::to_question(error, Code::NotFound.as_str());
    No { hint: Some(hint).filter(|hint| !hint.is_empty()), ..no }.with(StatusCode::NOT_FOUND)
}
