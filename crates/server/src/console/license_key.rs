//! System E's licence page: a key is pasted and activated, and what an installation may do is shown: the account's own, or one
//! that is named.

use askama::Template;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use keyward_core::code::Code;
use keyward_engine::installation::{Held, Holding, KeyActivation, Standing as Room};
use keyward_engine::token::Permission;
use keyward_engine::{Caller, EngineError, Repeatable};
use uuid::Uuid;

use super::frame::{self, Frame, instant, see};
use super::standing::Standing;
use super::texts::{LicenseKey, Licenses, fill, wait};
use super::visitor::{Posted, Visitor};
use super::words;
use crate::limits::RetryAfter;
use crate::web::{Fields, address};

/// Where it is.
pub(crate) const HERE: &str = "/console/license-key";

#[derive(Template)]
#[template(path = "console/license_key.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static LicenseKey,
    tier: String,
    total: String,
    in_use: i64,
    warning: Option<String>,
    rows: Vec<Row>,
    may_activate: bool,
    /// Of whom it is, where it is not the own one.
    installation: &'a str,
    /// What was typed as its name.
    wanted: &'a str,
    typed: &'a str,
    problem: Option<String>,
}

struct Row {
    license: Uuid,
    tier: String,
    devices: i64,
    company: String,
    expires: Option<String>,
    standing: Standing,
}

/// `GET /console/license-key`.
pub(super) async fn show(visitor: Visitor, uri: Uri) -> Response {
    if let Some(no) = visitor.refusal(Permission::LicenseRead) {
        return no;
    }
    let (t, fields) = (LicenseKey::of(visitor.language), Fields::of_query(uri.query()));
    let notice = match fields.get("done") {
        "activated" => Some(t.done),
        "again" => Some(t.again),
        _ => None,
    };
    let wanted = fields.get("installation").trim();
    match chosen(&visitor, wanted).await {
        Ok(installation) => whole(&visitor, installation, wanted, StatusCode::OK, notice, "", None).await,
        Err(error) => unknown(&visitor, wanted, &error).await,
    }
}

/// There is no installation of this name: the own one is shown instead.
async fn unknown(visitor: &Visitor, wanted: &str, error: &EngineError) -> Response {
    let t = LicenseKey::of(visitor.language);
    match (error, own(visitor)) {
        (EngineError::NotFound { .. }, Ok(own)) => {
            let problem = Some(t.unknown.to_owned());
            whole(visitor, own, wanted, StatusCode::NOT_FOUND, None, "", problem).await
        }
        (error, _) => visitor.failed(error),
    }
}

/// The installation of a name; without one, the own.
async fn chosen(visitor: &Visitor, name: &str) -> Result<Uuid, EngineError> {
    if name.is_empty() {
        return own(visitor);
    }
    if name.contains('\0') {
        return Err(EngineError::NotFound { what: "installation", name: String::new() });
    }
    Ok(visitor.app.engine().installation_named(name).await?.id)
}

/// The account's own installation.
fn own(visitor: &Visitor) -> Result<Uuid, EngineError> {
    let catalog = visitor.app.engine().catalog();
    let missing = || EngineError::NotFound { what: "installation", name: "own".to_owned() };
    catalog.own_installation().map(|own| own.row.id).ok_or_else(missing)
}

/// Who asks, about the product whose keys add up.
fn caller(visitor: &Visitor) -> Caller {
    let code = &visitor.app.config().dialects.lk.product;
    let product = visitor.app.engine().catalog().product(code).map(|product| product.id);
    Caller { product, ..visitor.caller.clone() }
}

async fn whole(
    visitor: &Visitor,
    installation: Uuid,
    wanted: &str,
    status: StatusCode,
    notice: Option<&'static str>,
    typed: &str,
    problem: Option<String>,
) -> Response {
    let holding = match visitor.app.engine().holding(&caller(visitor), installation).await {
        Ok(holding) => holding,
        Err(error) => return visitor.failed(&error),
    };
    let t = LicenseKey::of(visitor.language);
    let warning = match holding.standing() {
        Room::Within => None,
        Room::Grace { until } => Some(fill(t.over_grace, instant(until))),
        Room::Over => Some(t.over.to_owned()),
    };
    let page = Page {
        f: Frame::of(visitor, t.title).saying(notice),
        t,
        tier: holding.tier(),
        total: total(&holding, t),
        in_use: holding.in_use,
        warning,
        rows: holding.licenses.iter().map(|held| row(held, visitor)).collect(),
        may_activate: visitor.may(Permission::LicenseChange),
        installation: if holding.row.own { "" } else { &holding.row.name },
        wanted,
        typed,
        problem,
    };
    frame::html(status, &page)
}

/// `13 (3 free + 10)`.
fn total(holding: &Holding, t: &LicenseKey) -> String {
    let free = holding.free.map(|free| format!("{free} {}", t.free));
    let parts: Vec<String> =
        free.into_iter().chain(holding.active().map(|held| held.capacity.to_string())).collect();
    match parts.as_slice() {
        [] => holding.total().to_string(),
        parts => format!("{} ({})", holding.total(), parts.join(" + ")),
    }
}

fn row(held: &Held, visitor: &Visitor) -> Row {
    let license = &held.found.license;
    let mut standing = Standing::of(&held.found, &held.verdict, Licenses::of(visitor.language));
    if held.verdict.valid && standing.class.is_empty() {
        standing = Standing { class: "good", word: LicenseKey::of(visitor.language).active };
    }
    Row {
        license: license.id,
        tier: held.tier().to_owned(),
        devices: held.capacity,
        company: held.said("company").unwrap_or_default(),
        expires: license.expiry.map(instant),
        standing,
    }
}

/// `POST /console/license-key`.
pub(super) async fn activate(posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::LicenseChange) {
        return no;
    }
    let t = LicenseKey::of(visitor.language);
    let (key, wanted) = (fields.get("key").trim(), fields.get("installation"));
    let installation = match chosen(&visitor, wanted).await {
        Ok(installation) => installation,
        Err(error) => return unknown(&visitor, wanted, &error).await,
    };
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    let again = async |status, key, problem| {
        whole(&visitor, installation, wanted, status, None, key, Some(problem)).await
    };
    if key.is_empty() {
        return again(refused, "", t.missing.to_owned()).await;
    }
    let engine = visitor.app.engine();
    match engine.activate_key(&caller(&visitor), installation, key, None).await {
        Ok(Repeatable::Fresh(KeyActivation::Done { again, .. })) => {
            let done = if again { "again" } else { "activated" };
            see(&address(HERE, &[("installation", wanted), ("done", done)]))
        }
        Ok(Repeatable::Fresh(KeyActivation::Refused(verdict))) => {
            let problem = match verdict.code {
                // The licence is there; what its tier means is not.
                Code::NotFound => t.tier_unknown.to_owned(),
                _ => words::verdict(&verdict, visitor.language).together(),
            };
            again(refused, key, problem).await
        }
        Ok(Repeatable::Fresh(KeyActivation::TooManyTries { until })) => {
            let RetryAfter(seconds) = RetryAfter::between(engine.now(), until);
            let problem = fill(t.wait, wait(visitor.language, seconds));
            again(StatusCode::TOO_MANY_REQUESTS, key, problem).await
        }
        // Nothing was repeated: no `Idempotency-Key` was given.
        Ok(Repeatable::Kept(..)) => see(&address(HERE, &[("installation", wanted)])),
        Err(error) => visitor.failed(&error),
    }
}
