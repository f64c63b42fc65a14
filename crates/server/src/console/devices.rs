//! The devices of all licences, the newest first.

use askama::Template;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use keyward_engine::token::Permission;
use keyward_store::machines::Listed;
use uuid::Uuid;

use super::frame::{self, Frame, instant};
use super::texts::{Devices, fill};
use super::visitor::Visitor;
use crate::web::{Fields, address};

const HERE: &str = "/console/devices";
/// Devices of a page.
const PAGE: i64 = 50;

#[derive(Template)]
#[template(path = "console/devices.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Devices,
    q: &'a str,
    rows: Vec<Row>,
    more: Option<String>,
    next: Option<String>,
    is_first: bool,
}

struct Row {
    license_id: Uuid,
    fingerprint: String,
    license: String,
    hint: String,
    name: String,
    pool: String,
    address: String,
    activated: String,
    seen: String,
}

/// `GET /console/devices`.
pub(super) async fn list(visitor: Visitor, uri: Uri) -> Response {
    if let Some(no) = visitor.refusal(Permission::LicenseRead) {
        return no;
    }
    let (t, fields) = (Devices::of(visitor.language), Fields::of_query(uri.query()));
    let (q, before) = (fields.get("q").trim(), fields.get("before"));
    let beginning = Some(q).filter(|q| !q.is_empty());
    // One more tells whether there is another page.
    let mut found = match visitor.app.engine().devices_before(before.parse().ok(), beginning, PAGE + 1).await
    {
        Ok(found) => found,
        Err(error) => return visitor.failed(&error),
    };
    let is_more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let last = found.last().filter(|_| is_more && q.is_empty());
    let page = Page {
        f: Frame::of(&visitor, t.title),
        t,
        q,
        next: last.map(|last| address(HERE, &[("before", &last.serial.to_string())])),
        more: (is_more && !q.is_empty()).then(|| fill(t.some, PAGE)),
        is_first: before.is_empty(),
        rows: found.into_iter().map(row).collect(),
    };
    frame::html(StatusCode::OK, &page)
}

fn row(Listed { machine, license, hint, .. }: Listed) -> Row {
    Row {
        license_id: machine.license_id,
        fingerprint: machine.fingerprint,
        license: license.unwrap_or_default(),
        hint: hint.unwrap_or_default(),
        name: machine.name.unwrap_or_default(),
        pool: machine.pool.unwrap_or_default(),
        address: machine.address.unwrap_or_default(),
        activated: instant(machine.created_at),
        seen: instant(machine.last_seen_at),
    }
}
