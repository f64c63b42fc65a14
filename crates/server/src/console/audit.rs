//! The audit log: filtered by its address, page by page, verified and exported.

mod export;

pub(super) use export::export;

use askama::Template;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_engine::audit::{AuditPage, AuditSearch, Verified};
use keyward_engine::token::Permission;
use tokio::sync::Mutex;
use tracing::warn;
use uuid::Uuid;

use super::actors::{self, Actors, short};
use super::frame::{self, Frame, instant};
use super::language::Language;
use super::license::instant_of;
use super::texts::{AuditTexts, fill};
use super::visitor::{Posted, Visitor};
use super::words;
use crate::checkpoint_file;
use crate::web::{Fields, address};

const HERE: &str = "/console/audit";
/// Entries of a page.
const PAGE: i64 = 50;
/// Characters of a program's name that are shown.
const PROGRAM: usize = 80;
/// Who does something, as the log calls them.
const ACTORS: [&str; 5] = ["user", "token", "operator", "system", "anonymous"];

/// What an address of the log asks for.
struct Wanted<'a> {
    event: &'a str,
    actor: &'a str,
    resource: &'a str,
    from: &'a str,
    to: &'a str,
    before: &'a str,
}

impl<'a> Wanted<'a> {
    fn of(fields: &'a Fields) -> Self {
        Self {
            event: fields.get("event").trim(),
            actor: fields.get("actor"),
            resource: fields.get("resource").trim(),
            from: fields.get("from").trim(),
            to: fields.get("to").trim(),
            before: fields.get("before"),
        }
    }

    fn is_everything(&self) -> bool {
        [self.event, self.actor, self.resource, self.from, self.to].iter().all(|it| it.is_empty())
    }

    /// The filter without its place, under another path, with more.
    fn at(&self, path: &str, more: (&str, &str)) -> String {
        let Self { event, actor, resource, from, to, .. } = *self;
        let fields =
            [("event", event), ("actor", actor), ("resource", resource), ("from", from), ("to", to), more];
        address(path, &fields)
    }

    /// Its newest entries.
    fn first(&self) -> String {
        self.at(HERE, ("", ""))
    }

    /// What the engine is asked, and whether all of it could be read.
    fn search(&self) -> (AuditSearch, bool) {
        let mut is_sound = true;
        let mut read = |text: &str, value: Option<Timestamp>| {
            is_sound &= text.is_empty() || value.is_some();
            value
        };
        let from = read(self.from, instant_of(self.from));
        // A day as a whole.
        let to = instant_of(self.to).map(|to| if self.to.len() == 10 { to.plus_days(1) } else { to });
        let to = read(self.to, to);
        let resource = Uuid::try_parse(self.resource).ok();
        is_sound &= self.resource.is_empty() || resource.is_some();
        let text = |text: &str| (!text.is_empty()).then(|| text.replace('\0', ""));
        let search = AuditSearch {
            event: text(self.event),
            actor_kind: ACTORS.iter().find(|actor| **actor == self.actor).map(|actor| (*actor).to_owned()),
            resource,
            from,
            to,
            before: self.before.parse().ok(),
            limit: PAGE,
        };
        (search, is_sound)
    }
}

#[derive(Template)]
#[template(path = "console/audit.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static AuditTexts,
    wanted: &'a Wanted<'a>,
    problem: Option<&'static str>,
    actors: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
    looked_back_to: Option<String>,
    check: Option<Check>,
}

struct Choice {
    value: &'static str,
    name: &'static str,
    is_chosen: bool,
}

struct Row {
    at: String,
    event: String,
    /// What it is, where its name does not say it to everybody.
    words: Option<&'static str>,
    outcome: Option<String>,
    detail: Option<String>,
    by: String,
    front: String,
    on: String,
    /// The page of what it is about.
    link: Option<String>,
    /// Everything about the same thing.
    only: Option<String>,
    address: String,
    /// What the sender's program calls itself: as much of it as a line holds, and the whole.
    program: Option<(String, String)>,
}

/// What a check found.
struct Check {
    is_sound: bool,
    sentence: String,
    more: Vec<String>,
    findings: Vec<(i64, String)>,
}

/// `GET /console/audit`.
pub(super) async fn list(visitor: Visitor, uri: Uri) -> Response {
    whole(&visitor, &Fields::of_query(uri.query()), StatusCode::OK, None, None).await
}

async fn whole(
    visitor: &Visitor,
    fields: &Fields,
    status: StatusCode,
    check: Option<Check>,
    problem: Option<&'static str>,
) -> Response {
    if let Some(no) = visitor.refusal(Permission::AuditRead) {
        return no;
    }
    let t = AuditTexts::of(visitor.language);
    let wanted = Wanted::of(fields);
    let (search, is_sound) = wanted.search();
    let engine = visitor.app.engine();
    let AuditPage { entries, next, looked_back_to } = match engine.search_audit(&search).await {
        Ok(found) => found,
        Err(error) => return visitor.failed(&error),
    };
    let by = match Actors::of(&entries, engine, visitor.language).await {
        Ok(by) => by,
        Err(error) => return visitor.failed(&error),
    };
    let actors =
        ACTORS.map(|value| Choice { value, name: actors::kind(value, t), is_chosen: value == wanted.actor });
    let page = Page {
        f: Frame::of(visitor, t.title),
        t,
        problem: problem.or((!is_sound).then_some(t.filter_bad)),
        actors: actors.into(),
        rows: entries.iter().map(|entry| row(entry, &by, t, visitor.language)).collect(),
        next: next.map(|before| wanted.at(HERE, ("before", &before.to_string()))),
        looked_back_to: looked_back_to.map(|at| fill(t.looked_back_to, instant(at))),
        check,
        wanted: &wanted,
    };
    frame::html(status, &page)
}

/// Everything about one thing.
pub(super) fn about(resource: Uuid) -> String {
    address(HERE, &[("resource", &resource.to_string())])
}

/// The beginning of what a program calls itself.
fn cut(program: &str) -> String {
    match program.char_indices().nth(PROGRAM) {
        Some((end, _)) => format!("{}…", &program[..end]),
        None => program.to_owned(),
    }
}

fn row(entry: &Entry, by: &Actors, t: &'static AuditTexts, language: Language) -> Row {
    let link = match (entry.resource_type.as_str(), entry.resource_id) {
        ("license", Some(id)) => Some(format!("/console/licenses/{id}")),
        _ => None,
    };
    Row {
        at: instant(entry.at),
        event: entry.event.clone(),
        words: words::event(&entry.event, language),
        outcome: match entry.outcome.as_str() {
            "done" => None,
            "refused" => Some(t.refused.to_owned()),
            other => Some(other.to_owned()),
        },
        detail: Some(entry.detail.clone()).filter(|detail| detail != "{}"),
        by: by.called(entry),
        front: entry.front.clone(),
        on: match entry.resource_id {
            Some(id) => format!("{} {}", entry.resource_type, short(id)),
            None => entry.resource_type.clone(),
        },
        link,
        only: entry.resource_id.map(about),
        address: entry.address.clone().unwrap_or_default(),
        program: entry.user_agent.as_ref().map(|whole| (cut(whole), whole.clone())),
    }
}

/// `POST /console/audit/verify`.
pub(super) async fn verify(posted: Posted) -> Response {
    // It reads everything: one at a time is enough.
    static CHECKING: Mutex<()> = Mutex::const_new(());
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::AuditRead) {
        return no;
    }
    let t = AuditTexts::of(visitor.language);
    let Ok(_alone) = CHECKING.try_lock() else {
        return whole(&visitor, &fields, StatusCode::CONFLICT, None, Some(t.checking)).await;
    };
    let outside = visitor.app.config().audit.checkpoint_file.as_deref().map(checkpoint_file::read);
    if let Some(Err(error)) = &outside {
        warn!("the file of checkpoints cannot be read: {error}");
    }
    let kept = match &outside {
        Some(Ok(kept)) => kept.checkpoints.as_slice(),
        _ => &[],
    };
    match visitor.app.engine().verify_audit(kept, |_| {}).await {
        Ok(verified) => {
            let mut check = checked(verified, visitor.language);
            match &outside {
                Some(Ok(kept)) => check.more.push(fill(t.outside, kept.checkpoints.len())),
                Some(Err(_)) => check.more.push(t.outside_unread.to_owned()),
                None => {}
            }
            whole(&visitor, &fields, StatusCode::OK, Some(check), None).await
        }
        Err(error) => visitor.failed(&error),
    }
}

fn checked(verified: Verified, language: Language) -> Check {
    let t = AuditTexts::of(language);
    let Verified { report, unsealed } = verified;
    let is_sound = report.is_sound();
    let sentence = if is_sound { fill(t.sound, report.head.count) } else { t.broken.to_owned() };
    let counts = [(t.signed, report.checkpoints), (t.unsealed, unsealed), (t.erased, report.erased)];
    let more = counts.into_iter().filter(|(_, count)| *count > 0);
    Check {
        is_sound,
        sentence,
        more: more.map(|(text, count)| fill(text, count)).collect(),
        findings: report.findings.iter().map(|it| (it.seq, words::finding(it, language))).collect(),
    }
}

impl Page<'_> {
    fn export(&self, form: &str) -> String {
        self.wanted.at("/console/audit/export", ("as", form))
    }

    /// The sentence about exports, around the command that writes everything.
    fn export_text(&self) -> (&'static str, &'static str) {
        self.t.export_text.split_once("{}").unwrap_or((self.t.export_text, ""))
    }
}
