//! Customers: found by the beginning of what they are called, banned, and let in again.

use askama::Template;
use axum::extract::Path;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use keyward_engine::token::Permission;
use keyward_store::users::User;
use uuid::Uuid;

use super::frame::{self, Frame, instant, see};
use super::texts::{Customers, fill};
use super::visitor::{Posted, Visitor};
use crate::web::{Fields, address};

const HERE: &str = "/console/customers";
/// Customers of a page.
const PAGE: i64 = 50;

#[derive(Template)]
#[template(path = "console/customers.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Customers,
    q: &'a str,
    rows: Vec<Row>,
    more: Option<String>,
    next: Option<String>,
    is_first: bool,
    /// Where a form leads back to.
    at: String,
}

struct Row {
    id: Uuid,
    called: String,
    email: String,
    name: String,
    since: String,
    banned: Option<String>,
    licenses: String,
}

/// `GET /console/customers`.
pub(super) async fn list(visitor: Visitor, uri: Uri) -> Response {
    if let Some(no) = visitor.refusal(Permission::LicenseRead) {
        return no;
    }
    let (t, fields) = (Customers::of(visitor.language), Fields::of_query(uri.query()));
    let (q, before) = (fields.get("q").trim(), fields.get("before"));
    let engine = visitor.app.engine();
    let (users, more, next) = if q.is_empty() {
        // One more tells whether there is another page.
        let mut found = match engine.customers(before.parse().ok(), PAGE + 1).await {
            Ok(found) => found,
            Err(error) => return visitor.failed(&error),
        };
        let is_more = found.len() as i64 > PAGE;
        found.truncate(PAGE as usize);
        let last = found.last().filter(|_| is_more);
        let next = last.map(|(serial, _)| address(HERE, &[("before", &serial.to_string())]));
        (found.into_iter().map(|(_, user)| user).collect(), None, next)
    } else {
        let mut found = match engine.customers_like(q, PAGE + 1).await {
            Ok(found) => found,
            Err(error) => return visitor.failed(&error),
        };
        let is_more = found.len() as i64 > PAGE;
        found.truncate(PAGE as usize);
        (found, is_more.then(|| fill(t.some, PAGE)), None)
    };
    let notice = match fields.get("done") {
        "ban" => Some(t.ban_done),
        "lift" => Some(t.lift_done),
        _ => None,
    };
    let page = Page {
        f: Frame::of(&visitor, t.title).saying(notice),
        t,
        q,
        rows: users.into_iter().map(row).collect(),
        more,
        next,
        is_first: before.is_empty(),
        at: address(HERE, &[("q", q), ("before", before)]),
    };
    frame::html(StatusCode::OK, &page)
}

fn row(user: User) -> Row {
    let (external_id, email) = (user.external_id.unwrap_or_default(), user.email.unwrap_or_default());
    let name = user.name.unwrap_or_default();
    let called = [&external_id, &email, &name].into_iter().find(|text| !text.is_empty());
    let called = called.cloned().unwrap_or_default();
    let licenses = address("/console/licenses", &[("user", &user.id.to_string())]);
    Row {
        id: user.id,
        called,
        licenses,
        since: instant(user.created_at),
        banned: user.banned_at.map(instant),

        email,
        name,
    }
}

/// `POST /console/customers/{id}/{action}`.
pub(super) async fn act(Path((id, action)): Path<(String, String)>, posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::LicenseChange) {
        return no;
    }
    let is_ban = match action.as_str() {
        "ban" => true,
        "lift" => false,
        _ => return visitor.none(),
    };
    let Ok(id) = Uuid::try_parse(&id) else { return visitor.none() };
    match visitor.app.engine().ban_customer(&visitor.caller, id, is_ban).await {
        Ok(()) => {
            let q = fields.get("q");
            see(&address(HERE, &[("done", &action), ("q", q), ("before", fields.get("before"))]))
        }
        Err(error) => visitor.failed(&error),
    }
}
