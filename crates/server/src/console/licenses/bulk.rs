//! What is done to several licences at once: looked through first, then done to each for itself.

use std::str::FromStr as _;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use keyward_engine::license::{Found, Listed, Named, Patience, Renewal, Suspension};
use keyward_engine::token::Permission;
use keyward_engine::{Caller, EngineError};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{HERE, LicensePage, Wanted, export, found};
use crate::app::{App, is_temporary};
use crate::console::frame::{self, Frame};
use crate::console::language::Language;
use crate::console::license::{sentence, title};
use crate::console::standing::Standing;
use crate::console::texts::{Common, Licenses, fill};
use crate::console::visitor::{Posted, Visitor};
use crate::web::Fields;

/// Licences that are done at once, at the most: a page still holds them.
const MOST: i64 = 500;
/// Characters of a reason that are written down.
const MAX_WHY: usize = 500;
/// Changes that wait for one commit.
const AT_ONCE: usize = 32;

/// What is done to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Suspend,
    Reinstate,
    Extend,
    Revoke,
}

impl std::str::FromStr for Action {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "suspend" => Ok(Self::Suspend),
            "reinstate" => Ok(Self::Reinstate),
            "extend" => Ok(Self::Extend),
            "revoke" => Ok(Self::Revoke),
            _ => Err(()),
        }
    }
}

impl Action {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Reinstate => "reinstate",
            Self::Extend => "extend",
            Self::Revoke => "revoke",
        }
    }

    const fn name(self, t: &Licenses) -> &'static str {
        match self {
            Self::Suspend => t.suspend,
            Self::Reinstate => t.reinstate,
            Self::Extend => t.extend,
            Self::Revoke => t.revoke,
        }
    }

    const fn text(self, t: &Licenses) -> &'static str {
        match self {
            Self::Suspend => t.suspend_text,
            Self::Reinstate => t.reinstate_text,
            Self::Extend => t.extend_text,
            Self::Revoke => t.revoke_text,
        }
    }
}

#[derive(Template)]
#[template(path = "console/licenses_bulk.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Licenses,
    action: Action,
    back: String,
    /// What is to be done, or what was.
    step: Step,
    rest: Rest<'a>,
    problem: Option<&'static str>,
    days: &'a str,
    why: &'a str,
}

/// Where the rest of a list begins, when it has one.
struct Rest<'a> {
    filters: [(&'static str, &'a str); 9],
    rest: String,
    /// Whether all that a list finds was asked for, from its beginning.
    is_all: bool,
}

enum Step {
    /// To be looked through: the licences, and whether a search may find more.
    Sure(Vec<Row>, bool),
    /// How many were done, and what became of each.
    Done(usize, Vec<Row>),
}

struct Row {
    id: Uuid,
    name: String,
    standing: Option<Standing>,
    customer: String,
    end: String,
    /// As it was when it was looked through.
    seen: String,
    outcome: String,
    is_done: bool,
}

/// `POST /console/licenses/bulk`.
pub(in crate::console) async fn bulk(posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    let t = Licenses::of(visitor.language);
    let is_export = fields.get("action") == "export";
    if let Some(no) =
        visitor.refusal(if is_export { Permission::LicenseRead } else { Permission::LicenseChange })
    {
        return no;
    }
    let ticked = ticked(&fields);
    if !ticked.is_empty() && fields.get("step") == "do" {
        let Ok(action) = Action::from_str(fields.get("action")) else { return visitor.none() };
        return confirmed(&visitor, &fields, action, ticked).await;
    }
    let wanted = Wanted { after: fields.get("rest"), ..Wanted::of(&fields) };
    let is_all = fields.get("which") == "all";
    if is_export && is_all {
        return export::file(&visitor, &Wanted { after: "", ..wanted }).await;
    }
    let chosen = match is_all {
        true => found(&visitor, &wanted, MOST, Patience::Endless).await,
        false => one_by_one(&visitor, &ticked).await,
    };
    let (chosen, rest, is_short) = match chosen {
        Ok(page) => (page.licenses, page.next.unwrap_or_default(), page.is_short),
        Err(error) => return visitor.failed(&error),
    };
    if chosen.is_empty() {
        let f = Frame::of(&visitor, t.bulk);
        return frame::message(StatusCode::UNPROCESSABLE_ENTITY, f, t.bulk_none);
    }
    if is_export {
        return export::of(&visitor, chosen, "ticked").await;
    }
    let Ok(action) = Action::from_str(fields.get("action")) else { return visitor.none() };
    let rows = chosen.iter().map(|it| Row::of(it, &visitor, t)).collect();
    let rest = Rest { filters: wanted.fields(), rest, is_all: is_all && fields.get("rest").is_empty() };
    let step = Step::Sure(rows, is_short);
    let page = Page::of(&visitor, action, &fields, rest, step);
    frame::html(StatusCode::OK, &Page { days: "30", ..page })
}

/// What was looked through is done.
async fn confirmed(
    visitor: &Visitor,
    fields: &Fields,
    action: Action,
    ticked: Vec<(Uuid, String)>,
) -> Response {
    let t = Licenses::of(visitor.language);
    let wanted = Wanted::of(fields);
    let is_all = fields.get("which") == "all";
    let rest = Rest { filters: wanted.fields(), rest: fields.get("rest").to_owned(), is_all };
    let Some(change) = Change::of(action, fields.get("days").trim(), fields.get("why").trim()) else {
        let mut rows: Vec<Row> = match one_by_one(visitor, &ticked).await {
            Ok(page) => page.licenses.iter().map(|it| Row::of(it, visitor, t)).collect(),
            Err(error) => return visitor.failed(&error),
        };
        // What was looked through is what counts, not how it is now.
        for row in &mut rows {
            let seen = ticked.iter().find(|(id, _)| *id == row.id);
            row.seen = seen.map(|(_, seen)| seen.clone()).unwrap_or_default();
        }
        let page = Page::of(visitor, action, fields, rest, Step::Sure(rows, false));
        let page = Page { problem: Some(t.days_bad), ..page };
        return frame::html(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    // Also when the browser goes: what was begun is done to all.
    let (app, caller, language) = (visitor.app.clone(), visitor.caller.clone(), visitor.language);
    let doing = tokio::spawn(async move { change.each(&app, &caller, ticked, language).await });
    let Ok(rows) = doing.await else {
        let c = Common::of(visitor.language);
        let f = Frame::of(visitor, c.failed);
        return frame::message(StatusCode::INTERNAL_SERVER_ERROR, f, c.failed_text);
    };
    let done = rows.iter().filter(|row| row.is_done).count();
    frame::html(StatusCode::OK, &Page::of(visitor, action, fields, rest, Step::Done(done, rows)))
}

/// The licences that a form names, with what was seen of each.
fn ticked(fields: &Fields) -> Vec<(Uuid, String)> {
    let named = |text: &str| {
        let (id, seen) = text.split_once('.').unwrap_or((text, ""));
        Some((Uuid::try_parse(id).ok()?, seen.to_owned()))
    };
    fields.all("license").filter_map(named).take(MOST as usize).collect()
}

/// Those that are still there.
async fn one_by_one(visitor: &Visitor, ticked: &[(Uuid, String)]) -> Result<LicensePage, EngineError> {
    let mut licenses = Vec::with_capacity(ticked.len());
    for (id, _) in ticked {
        match visitor.app.engine().listed(*id).await {
            Ok(listed) => licenses.push(listed),
            Err(EngineError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(LicensePage { licenses, next: None, is_short: false })
}

impl Row {
    fn of(listed: &Listed, visitor: &Visitor, t: &'static Licenses) -> Self {
        let found = &listed.found;
        Self {
            id: found.license.id,
            name: title(found, t),
            standing: Some(Standing::of(found, &listed.verdict, t)),
            customer: super::customer(found),
            end: super::end(found, Common::of(visitor.language)),
            seen: found.seen(),
            outcome: String::new(),
            is_done: false,
        }
    }

    /// What became of it.
    fn after(id: Uuid, found: Option<&Found>, outcome: String, is_done: bool, t: &'static Licenses) -> Self {
        Self {
            id,
            name: found.map_or_else(|| id.to_string(), |found| title(found, t)),
            standing: None,
            customer: found.map(super::customer).unwrap_or_default(),
            end: String::new(),
            seen: String::new(),
            outcome,
            is_done,
        }
    }
}

/// What is done to each, and why.
#[derive(Clone)]
enum Change {
    Suspension(Suspension, Option<String>),
    Extend(i64),
}

impl Change {
    /// `None` when the days are none.
    fn of(action: Action, days: &str, why: &str) -> Option<Self> {
        let why = Some(why.chars().take(MAX_WHY).collect::<String>()).filter(|why| !why.is_empty());
        Some(match action {
            Action::Suspend => Self::Suspension(Suspension::Suspend, why),
            Action::Reinstate => Self::Suspension(Suspension::Reinstate, why),
            Action::Revoke => Self::Suspension(Suspension::Revoke, why),
            Action::Extend => Self::Extend(days.parse().ok().filter(|days| *days > 0)?),
        })
    }

    /// To each, a few at a time so that they share commits; in the order of the form.
    async fn each(
        self,
        app: &App,
        caller: &Caller,
        ticked: Vec<(Uuid, String)>,
        language: Language,
    ) -> Vec<Row> {
        let mut rows = Vec::with_capacity(ticked.len());
        for part in ticked.chunks(AT_ONCE) {
            let mut running = JoinSet::new();
            for (place, (id, seen)) in part.iter().enumerate() {
                let (change, app, caller) = (self.clone(), app.clone(), caller.clone());
                let (id, seen) = (*id, seen.clone());
                running.spawn(async move { (place, change.one((&app, &caller), id, seen, language).await) });
            }
            let mut done = running.join_all().await;
            done.sort_by_key(|(place, _)| *place);
            rows.extend(done.into_iter().map(|(_, row)| row));
        }
        rows
    }

    async fn one(self, (app, caller): (&App, &Caller), id: Uuid, seen: String, language: Language) -> Row {
        let (engine, t) = (app.engine(), Licenses::of(language));
        let named = Named::Seen(id, seen);
        let done = match self {
            Self::Suspension(suspension, why) => {
                engine.suspend(caller, named, suspension, why).await.map(|found| (found, false))
            }
            Self::Extend(days) => {
                let done = engine.renew(caller, named, Renewal::Days(days)).await;
                done.map(|done| (done.found, done.form.is_some()))
            }
        };
        let outcome = match &done {
            Ok((_, true)) => t.bulk_form.to_owned(),
            Ok((_, false)) => t.done.to_owned(),
            Err(EngineError::Changed(_)) => t.bulk_changed.to_owned(),
            Err(EngineError::NotFound { .. }) => t.bulk_gone.to_owned(),
            Err(error) if is_temporary(error) => t.bulk_broken.to_owned(),
            Err(error) => {
                sentence(error, language).unwrap_or_else(|| Common::of(language).failed_text.to_owned())
            }
        };
        let is_done = done.is_ok();
        let found = match done {
            Ok((found, _)) => Some(found),
            Err(_) => engine.listed(id).await.ok().map(|it| it.found),
        };
        Row::after(id, found.as_ref(), outcome, is_done, t)
    }
}

impl<'a> Page<'a> {
    fn of(visitor: &'a Visitor, action: Action, fields: &'a Fields, rest: Rest<'a>, step: Step) -> Self {
        let t = Licenses::of(visitor.language);
        Self {
            f: Frame::of(visitor, action.name(t)),
            t,
            action,
            back: frame::ours(fields.get("at")).to_owned(),
            step,
            rest,
            problem: None,
            days: fields.get("days"),
            why: fields.get("why"),
        }
    }

    fn back(&self) -> &str {
        if self.back.starts_with(HERE) { &self.back } else { HERE }
    }

    const fn is_extend(&self) -> bool {
        matches!(self.action, Action::Extend)
    }

    const fn is_harm(&self) -> bool {
        matches!(self.action, Action::Suspend | Action::Revoke)
    }

    #[expect(clippy::unused_self, reason = "templates ask the page")]
    fn count(&self, text: &str, count: impl std::fmt::Display) -> String {
        fill(text, count)
    }

    fn more(&self) -> String {
        fill(self.t.bulk_most, MOST)
    }
}
