//! Making licences: a kind is chosen, its form asks what it needs, and the result is shown with what goes with it.

mod done;
mod field;
mod file;
mod kind;
mod letter;
mod lk;
mod lots;
mod pool;
mod record;
mod tier;
mod typed;

pub(crate) use lots::Lots;
pub(super) use lots::{csv, lot};

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};
use keyward_core::scheme::Scheme;
use keyward_engine::EngineError;
use keyward_engine::license::{Issued, Named};
use keyward_engine::token::Permission;
use uuid::Uuid;

use super::frame::{self, Frame, see};
use super::language::Language;
use super::texts::Generate;
use super::visitor::{Posted, Visitor};
use super::words;
use crate::web::Fields;
use done::Done;
use field::{Field, Input};
use kind::{Kind, Wanted};
use typed::Problem;

/// A form that was shown longer ago, in milliseconds, is as one that was never shown.
const FORM_LASTS: i64 = 2 * 86_400_000;

#[derive(Template)]
#[template(path = "console/generate.html")]
struct ChoosePage<'a> {
    f: Frame<'a>,
    t: &'static Generate,
    kinds: Vec<Choice>,
}

/// A kind that may be chosen.
struct Choice {
    kind: Kind,
    name: &'static str,
    what_for: &'static str,
    weak: Option<String>,
}

#[derive(Template)]
#[template(path = "console/generate_form.html")]
struct FormPage<'a> {
    f: Frame<'a>,
    t: &'static Generate,
    kind: Kind,
    /// Told apart by it, a form that is sent twice makes one licence.
    form: Uuid,
    what_for: &'static str,
    weak: Option<String>,
    fields: Vec<Field>,
    problem: Option<String>,
    /// The licence that is in the way.
    other: Option<Uuid>,
    is_possible: bool,
}

/// `GET /console/generate`.
pub(super) async fn choose(visitor: Visitor) -> Response {
    if let Some(no) = visitor.refusal(Permission::LicenseIssue) {
        return no;
    }
    let t = Generate::of(visitor.language);
    let choice = |kind: Kind| Choice {
        kind,
        name: kind.name(t),
        what_for: kind.what_for(t),
        weak: kind.weak(&visitor, t),
    };
    let kinds = Kind::ALL.into_iter().map(choice).collect();
    frame::html(StatusCode::OK, &ChoosePage { f: Frame::of(&visitor, t.title), t, kinds })
}

/// `GET /console/generate/{kind}`.
pub(super) async fn form(visitor: Visitor, Path(kind): Path<String>) -> Response {
    if let Some(no) = visitor.refusal(Permission::LicenseIssue) {
        return no;
    }
    let Some(kind) = Kind::of(&kind) else { return visitor.none() };
    form_page(&visitor, kind, StatusCode::OK, None, Told::default()).await
}

/// What a form is shown again for.
#[derive(Default)]
struct Told {
    field: &'static str,
    sentence: Option<String>,
    other: Option<Uuid>,
}

async fn form_page(
    visitor: &Visitor,
    kind: Kind,
    status: StatusCode,
    typed: Option<&Fields>,
    told: Told,
) -> Response {
    let t = Generate::of(visitor.language);
    let mut fields = match kind.fields(visitor, t).await {
        Ok(fields) => fields,
        Err(error) => return visitor.failed(&error),
    };
    for field in fields.iter_mut().filter(|_| typed.is_some()) {
        field.value = typed.map(|typed| typed.get(&field.name).to_owned()).unwrap_or_default();
    }
    let marked = fields.iter_mut().find(|field| field.name == told.field);
    let problem = match (marked, told.sentence) {
        (Some(field), Some(sentence)) => {
            field.problem = Some(sentence);
            Some(t.bad_form.to_owned())
        }
        (_, sentence) => sentence,
    };
    let is_possible = fields.iter().all(Field::is_possible);
    let form = typed.and_then(|typed| shown(visitor, typed.get("form")));
    let page = FormPage {
        f: Frame::of(visitor, kind.name(t)),
        t,
        kind,
        form: form.unwrap_or_else(|| visitor.app.engine().new_id()),
        what_for: kind.what_for(t),
        weak: kind.weak(visitor, t),
        fields,
        problem,
        other: told.other,
        is_possible,
    };
    frame::html(status, &page)
}

/// The id of a form that was shown a while ago at the most.
fn shown(visitor: &Visitor, form: &str) -> Option<Uuid> {
    let form = Uuid::try_parse(form).ok().filter(|form| form.get_version_num() == 7)?;
    let millis = form.as_bytes().first_chunk::<6>()?.iter();
    let millis = millis.fold(0, |millis, byte| millis << 8 | i64::from(*byte));
    let age = visitor.app.engine().now().millis() - millis;
    (-60_000..FORM_LASTS).contains(&age).then_some(form)
}

/// The id of what is made: the same for the same words of the same form.
fn id(visitor: &Visitor, kind: Kind, fields: &Fields) -> Uuid {
    let engine = visitor.app.engine();
    let Some(form) = shown(visitor, fields.get("form")) else { return engine.new_id() };
    let words = fields.iter().filter(|(name, _)| !matches!(*name, "csrf" | "at" | "form"));
    let said = words.fold(kind.as_str().to_owned(), |said, (name, value)| said + "\0" + name + "\0" + value);
    engine.repeatable_id(form, &said)
}

/// `POST /console/generate/{kind}`.
pub(super) async fn make(Path(kind): Path<String>, posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::LicenseIssue) {
        return no;
    }
    let Some(kind) = Kind::of(&kind) else { return visitor.none() };
    let (t, id) = (Generate::of(visitor.language), id(&visitor, kind, &fields));
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    let wanted = match kind.read(&visitor, &fields, id, t) {
        Ok(wanted) => wanted,
        Err(Problem { field, sentence }) => {
            let told = Told { field, sentence: Some(sentence), other: None };
            return form_page(&visitor, kind, unprocessable, Some(&fields), told).await;
        }
    };
    // A second licence is not made unawares.
    if !fields.get("form").is_empty() && shown(&visitor, fields.get("form")).is_none() {
        let told = Told { sentence: Some(t.form_old.to_owned()), ..Told::default() };
        return form_page(&visitor, kind, StatusCode::CONFLICT, Some(&fields), told).await;
    }
    let engine = visitor.app.engine();
    // Products and policies of a moment ago are known.
    let made = match wanted {
        Wanted::Lot(request) => {
            return match lots::begin(&visitor, request).await {
                Err(error) => visitor.failed(&error),
                Ok(Some(lot)) => see(&format!("/console/generate/lots/{lot}")),
                Ok(None) => {
                    let told = Told { sentence: Some(t.lot_busy.to_owned()), ..Told::default() };
                    form_page(&visitor, kind, StatusCode::SERVICE_UNAVAILABLE, Some(&fields), told).await
                }
            };
        }
        Wanted::Form(form) => engine.issue_form(&visitor.caller, *form).await,
        Wanted::PoolKey { product, policy, license } => {
            engine.issue_pool_key(&visitor.caller, &product, &policy, license).await
        }
        Wanted::TierKey { product, policy, license } => {
            engine.issue_tier(&visitor.caller, &product, &policy, license).await
        }
    };
    match made {
        Ok(issued) => Done::page(&visitor, kind, &issued, false).await,
        Err(error) => again(&visitor, kind, &fields, id, error).await,
    }
}

/// Nothing was made: the form was sent before, or something is in the way.
async fn again(visitor: &Visitor, kind: Kind, fields: &Fields, id: Uuid, error: EngineError) -> Response {
    let (t, engine) = (Generate::of(visitor.language), visitor.app.engine());
    let mut told = Told::default();
    if let EngineError::Taken { .. } = error {
        if let Ok(found) = engine.find(&Named::Id(id)).await {
            let key = match engine.reveal(&visitor.caller, &Named::Id(id)).await {
                Ok(key) => key.as_str().to_owned(),
                Err(error) => return visitor.failed(&error),
            };
            let issued = Issued { id, key, expiry: found.license.expiry };
            return Done::page(visitor, kind, &issued, true).await;
        }
        if kind == Kind::Record {
            told.other = record::other(visitor, fields).await;
            (told.field, told.sentence) = ("client_id", Some(t.taken_client.to_owned()));
            return form_page(visitor, kind, StatusCode::CONFLICT, Some(fields), told).await;
        }
    }
    let Some(sentence) = sentence(&error, visitor.language) else { return visitor.failed(&error) };
    told.sentence = Some(sentence);
    form_page(visitor, kind, StatusCode::UNPROCESSABLE_ENTITY, Some(fields), told).await
}

/// What the page says of an error that the person can do something about; `None` is ours.
fn sentence(error: &EngineError, language: Language) -> Option<String> {
    match error {
        EngineError::Taken { .. }
        | EngineError::Invalid { .. }
        | EngineError::Date(_)
        | EngineError::Issue(_)
        | EngineError::Refused(_)
        | EngineError::NotFound { .. }
        | EngineError::NoFreeSecond => {
            let words = words::error(error, language)?;
            Some(format!("{} {}", Generate::of(language).refused, words.together()))
        }
        _ => None,
    }
}

/// `POST /console/generate/download/{license}`: the key or file, to be kept as one.
pub(super) async fn download(Path(license): Path<String>, posted: Posted) -> Response {
    let Posted { visitor, .. } = posted;
    if let Some(no) = visitor.refusal(Permission::LicenseReveal) {
        return no;
    }
    let Ok(named) = Uuid::try_parse(&license).map(Named::Id) else { return visitor.none() };
    let engine = visitor.app.engine();
    let name = match engine.find(&named).await {
        Ok(found) => super::licenses::called(&found),
        Err(error) => return visitor.failed(&error),
    };
    match engine.reveal(&visitor.caller, &named).await {
        Ok(text) => {
            let ending = match Scheme::of(&text) {
                Ok(Scheme::File) => "key",
                Ok(Scheme::Record) => "json",
                _ => "txt",
            };
            let name = if name.is_empty() { "licence" } else { &name };
            attachment(name, ending, "application/octet-stream", text.as_str().to_owned())
        }
        Err(error) => visitor.failed(&error),
    }
}

/// A text that browsers keep as a file.
fn attachment(name: &str, ending: &str, kind: &'static str, text: String) -> Response {
    let named: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ' ') { c } else { '_' };
    let plain: String = named.trim_matches(['.', ' ']).chars().map(safe).collect();
    let plain = if plain.is_empty() { "licence" } else { &plain };
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{plain}.{ending}\"")),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, text).into_response()
}
