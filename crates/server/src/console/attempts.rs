//! The attempts to validate that were answered with no, or with yes: by day, the newest first.

use askama::Template;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use keyward_engine::token::Permission;
use keyward_engine::{AttemptPage, AttemptSearch};
use keyward_store::verifications::Verification;
use uuid::Uuid;

use super::frame::{self, Frame, instant};
use super::license::instant_of;
use super::texts::{Attempts, fill};
use super::visitor::Visitor;
use crate::web::{Fields, address};

pub(super) const HERE: &str = "/console/attempts";
/// Attempts of a page.
const PAGE: i64 = 50;
/// What was answered, as an address says it.
pub(super) const REFUSED: &str = "refused";
pub(super) const GRANTED: &str = "granted";
const ANY: &str = "any";

#[derive(Template)]
#[template(path = "console/attempts.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Attempts,
    answers: [Choice; 3],
    license: &'a str,
    from: &'a str,
    to: &'a str,
    problem: Option<&'static str>,
    rows: Vec<Row>,
    is_first: bool,
    first: String,
    next: Option<String>,
    looked_back_to: Option<String>,
}

struct Choice {
    value: &'static str,
    name: &'static str,
    is_chosen: bool,
}

struct Row {
    at: String,
    code: String,
    reason: String,
    license: Option<String>,
    front: String,
    count: i64,
    address: String,
}

/// `GET /console/attempts`.
pub(super) async fn list(visitor: Visitor, uri: Uri) -> Response {
    if let Some(no) = visitor.refusal(Permission::LicenseRead) {
        return no;
    }
    let (t, fields) = (Attempts::of(visitor.language), Fields::of_query(uri.query()));
    let (from, to, after) = (fields.get("from").trim(), fields.get("to").trim(), fields.get("after"));
    let license = fields.get("license").trim();
    let (answer, granted) = match fields.get("answer") {
        GRANTED => (GRANTED, Some(true)),
        ANY => (ANY, None),
        _ => (REFUSED, Some(false)),
    };
    // A day as a whole.
    let end = instant_of(to).map(|end| if to.len() == 10 { end.plus_days(1) } else { end });
    let wanted = AttemptSearch {
        license: Uuid::try_parse(license).ok(),
        granted,
        from: instant_of(from),
        to: end,
        after: (!after.is_empty()).then(|| after.to_owned()),
        limit: PAGE,
    };
    let is_sound =
        [(license, wanted.license.is_some()), (from, wanted.from.is_some()), (to, wanted.to.is_some())]
            .iter()
            .all(|(text, is_read)| text.is_empty() || *is_read);
    let AttemptPage { attempts, next, looked_back_to } = match visitor.app.engine().attempts(&wanted).await {
        Ok(found) => found,
        Err(error) => return visitor.failed(&error),
    };
    let place = |after: &str| {
        let fields = [("answer", answer), ("license", license), ("from", from), ("to", to), ("after", after)];
        address(HERE, &fields)
    };
    let page = Page {
        f: Frame::of(&visitor, t.title),
        t,
        answers: [(REFUSED, t.refused), (GRANTED, t.granted), (ANY, t.any)].map(|(value, name)| Choice {
            value,
            name,
            is_chosen: value == answer,
        }),
        license,
        from,
        to,
        problem: (!is_sound).then_some(t.filter_bad),
        rows: attempts.into_iter().map(row).collect(),
        is_first: after.is_empty(),
        first: place(""),
        next: next.map(|after| place(&after)),
        looked_back_to: looked_back_to.map(|at| fill(t.looked_back_to, instant(at))),
    };
    frame::html(StatusCode::OK, &page)
}

/// Every attempt on a licence.
pub(super) fn on(license: Uuid) -> String {
    address(HERE, &[("answer", ANY), ("license", &license.to_string())])
}

fn row(attempt: Verification) -> Row {
    Row {
        at: instant(attempt.at),
        code: attempt.code,
        reason: attempt.reason.unwrap_or_default(),
        license: attempt.license_id.map(|id| id.to_string()),
        front: attempt.front,
        count: attempt.count,
        address: attempt.address.unwrap_or_default(),
    }
}
