//! System E's licence page: a key is pasted and activated, and what the account's own installation may do is shown.

use askama::Template;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use keyward_engine::installation::{Held, Holding, KeyActivation, Standing as Room};
use keyward_engine::token::Permission;
use keyward_engine::{Caller, EngineError, Repeatable};
use uuid::Uuid;

use super::frame::{self, Frame, instant, see};
use super::standing::Standing;
use super::texts::{LicenseKey, Licenses, fill, wait};
use super::visitor::{Posted, Visitor};
use crate::limits::RetryAfter;
use crate::web::Fields;

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
    let t = LicenseKey::of(visitor.language);
    let notice = match Fields::of_query(uri.query()).get("done") {
        "activated" => Some(t.done),
        "again" => Some(t.again),
        _ => None,
    };
    whole(&visitor, StatusCode::OK, notice, "", None).await
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

async fn holding(visitor: &Visitor) -> Result<Holding, EngineError> {
    visitor.app.engine().holding(&caller(visitor), own(visitor)?).await
}

async fn whole(
    visitor: &Visitor,
    status: StatusCode,
    notice: Option<&'static str>,
    typed: &str,
    problem: Option<String>,
) -> Response {
    let holding = match holding(visitor).await {
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
    let key = fields.get("key").trim();
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    if key.is_empty() {
        return whole(&visitor, refused, None, "", Some(t.missing.to_owned())).await;
    }
    let engine = visitor.app.engine();
    let activated = match own(&visitor) {
        Ok(own) => engine.activate_key(&caller(&visitor), own, key, None).await,
        Err(error) => Err(error),
    };
    match activated {
        Ok(Repeatable::Fresh(KeyActivation::Done { again, .. })) => {
            see(&format!("{HERE}?done={}", if again { "again" } else { "activated" }))
        }
        Ok(Repeatable::Fresh(KeyActivation::Refused(verdict))) => {
            let problem = format!("{}. {}", verdict.detail.trim_end_matches('.'), verdict.remedy);
            whole(&visitor, refused, None, key, Some(problem)).await
        }
        Ok(Repeatable::Fresh(KeyActivation::TooManyTries { until })) => {
            let RetryAfter(seconds) = RetryAfter::between(engine.now(), until);
            let problem = fill(t.wait, wait(visitor.language, seconds));
            whole(&visitor, StatusCode::TOO_MANY_REQUESTS, None, key, Some(problem)).await
        }
        // Nothing was repeated: no `Idempotency-Key` was given.
        Ok(Repeatable::Kept(..)) => see(HERE),
        Err(error) => visitor.failed(&error),
    }
}
