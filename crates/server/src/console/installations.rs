//! Installations (system E): what each has, and its free devices.

use askama::Template;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use keyward_engine::EngineError;
use keyward_engine::installation::{Holding, Standing};
use keyward_engine::token::Permission;
use uuid::Uuid;

use super::LICENSE_KEY;
use super::frame::{self, Frame, instant, see};
use super::texts::{Common, Installations, fill};
use super::visitor::{Posted, Visitor};
use crate::web::{Fields, address};

const HERE: &str = "/console/installations";
/// Installations of a page: what each has is added up.
const PAGE: i64 = 15;
const MAX_FREE: u32 = 1_000_000;

#[derive(Template)]
#[template(path = "console/installations.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Installations,
    rows: Vec<Row>,
    next: Option<String>,
    after: &'a str,
    problem: Option<&'static str>,
    typed: &'a Typed,
}

/// What was typed, of which installation.
#[derive(Default)]
struct Typed {
    name: String,
    free: String,
}

struct Row {
    id: Uuid,
    name: String,
    /// Its licence page.
    link: String,
    is_own: bool,
    tier: String,
    licenses: usize,
    devices: String,
    free: String,
    typed_free: String,
    seen: String,
    over: Option<String>,
    since: String,
}

impl Row {
    /// Where its licences are listed.
    fn list(&self) -> String {
        address("/console/licenses", &[("installation", &self.name)])
    }
}

/// `GET /console/installations`.
pub(super) async fn list(visitor: Visitor, uri: Uri) -> Response {
    let fields = Fields::of_query(uri.query());
    let t = Installations::of(visitor.language);
    let notice = (fields.get("done") == "free").then_some(t.change_done);
    whole(&visitor, &fields, StatusCode::OK, notice, None, &Typed::default()).await
}

async fn whole(
    visitor: &Visitor,
    fields: &Fields,
    status: StatusCode,
    notice: Option<&'static str>,
    problem: Option<&'static str>,
    typed: &Typed,
) -> Response {
    if let Some(no) = visitor.refusal(Permission::LicenseRead) {
        return no;
    }
    let t = Installations::of(visitor.language);
    let engine = visitor.app.engine();
    let after = fields.get("after");
    // One more tells whether there is another page.
    let mut found = match engine.installations_after(after.parse().unwrap_or(0), PAGE + 1).await {
        Ok(found) => found,
        Err(error) => return visitor.failed(&error),
    };
    let is_more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let last = found.last().filter(|_| is_more);
    let next = last.map(|(serial, _)| address(HERE, &[("after", &serial.to_string())]));
    let mut rows = Vec::with_capacity(found.len());
    for (_, installation) in found {
        match engine.held_by(&visitor.caller, installation.id).await {
            Ok(holding) => rows.push(row(&holding, visitor, t)),
            Err(error) => return visitor.failed(&error),
        }
    }
    let f = Frame::of(visitor, t.title).saying(notice);
    frame::html(status, &Page { f, t, rows, next, after, problem, typed })
}

fn row(holding: &Holding, visitor: &Visitor, t: &'static Installations) -> Row {
    let installation = &holding.row;
    let (free, typed_free) = match (installation.free_devices, holding.free) {
        (Some(0), _) => (t.off.to_owned(), "0".to_owned()),
        (Some(free), _) => (free.to_string(), free.to_string()),
        (None, Some(free)) => (format!("{free} ({})", t.as_policy), String::new()),
        (None, None) => (t.off.to_owned(), String::new()),
    };
    let over = match holding.standing() {
        Standing::Within => None,
        Standing::Grace { until } => Some(fill(t.over_grace, instant(until))),
        Standing::Over => Some(t.over.to_owned()),
    };
    let total = holding.total();
    let c = Common::of(visitor.language);
    Row {
        id: installation.id,
        link: address(
            LICENSE_KEY,
            &[("installation", if installation.own { "" } else { &installation.name })],
        ),
        name: installation.name.clone(),
        is_own: installation.own,
        tier: holding.tier(),
        licenses: holding.active().count(),
        devices: match total {
            i64::MAX => format!("{} / {}", holding.in_use, c.no_limit),
            total => format!("{} / {total}", holding.in_use),
        },
        free,
        seen: typed_free.clone(),
        typed_free,
        over,
        since: instant(installation.created_at),
    }
}

/// `POST /console/installations/free`.
pub(super) async fn set_free(posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::PolicyChange) {
        return no;
    }
    let (t, c) = (Installations::of(visitor.language), Common::of(visitor.language));
    let (name, free) = (fields.get("name"), fields.get("free").trim());
    let typed = Typed { name: name.to_owned(), free: free.to_owned() };
    let devices = match free.parse() {
        _ if free.is_empty() => None,
        Ok(devices @ 0..=MAX_FREE) => Some(devices),
        _ => {
            let (status, problem) = (StatusCode::UNPROCESSABLE_ENTITY, Some(t.number_bad));
            return whole(&visitor, &fields, status, None, problem, &typed).await;
        }
    };
    let engine = visitor.app.engine();
    // What no page of ours says was not seen on one.
    let changed = match fields.get("seen") {
        "" => engine.change_seen_free_devices(&visitor.caller, name, None, devices).await,
        seen => match seen.parse() {
            Ok(seen) => engine.change_seen_free_devices(&visitor.caller, name, Some(seen), devices).await,
            Err(_) => Err(EngineError::Changed("installation")),
        },
    };
    match changed {
        Ok(()) => see(&address(HERE, &[("done", "free"), ("after", fields.get("after"))])),
        Err(EngineError::Changed(_)) => {
            let problem = Some(c.changed_meanwhile);
            whole(&visitor, &fields, StatusCode::CONFLICT, None, problem, &typed).await
        }
        Err(error) => visitor.failed(&error),
    }
}

impl Page<'_> {
    /// What stands in the field of a row: what was typed, where it was sent back.
    fn value<'r>(&'r self, row: &'r Row) -> &'r str {
        if self.is_sent_back(row) { &self.typed.free } else { &row.typed_free }
    }

    fn is_sent_back(&self, row: &Row) -> bool {
        self.problem.is_some() && self.typed.name == row.name
    }
}
