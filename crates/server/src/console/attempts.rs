//! The attempts to validate that were answered with no, or with yes: by day, the newest first.

use askama::Template;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use keyward_engine::token::Permission;
use keyward_engine::{AttemptPage, AttemptSearch};
use keyward_store::verifications::Verification;

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

#[derive(Template)]
#[template(path = "console/attempts.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Attempts,
    granted: bool,
    from: &'a str,
    to: &'a str,
    problem: Option<&'static str>,
    rows: Vec<Row>,
    is_first: bool,
    first: String,
    next: Option<String>,
    looked_back_to: Option<String>,
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
    let granted = fields.get("answer") == GRANTED;
    // A day as a whole.
    let end = instant_of(to).map(|end| if to.len() == 10 { end.plus_days(1) } else { end });
    let wanted = AttemptSearch {
        granted,
        from: instant_of(from),
        to: end,
        after: (!after.is_empty()).then(|| after.to_owned()),
        limit: PAGE,
    };
    let is_sound =
        [(from, wanted.from), (to, wanted.to)].iter().all(|(text, at)| text.is_empty() || at.is_some());
    let AttemptPage { attempts, next, looked_back_to } = match visitor.app.engine().attempts(&wanted).await {
        Ok(found) => found,
        Err(error) => return visitor.failed(&error),
    };
    let place = |after: &str| {
        let answer = if granted { GRANTED } else { REFUSED };
        address(HERE, &[("answer", answer), ("from", from), ("to", to), ("after", after)])
    };
    let page = Page {
        f: Frame::of(&visitor, t.title),
        t,
        granted,
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
