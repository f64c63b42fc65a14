//! The people of the console: a list with invitations, and a page about each.

mod invitations;
mod person;

pub(super) use invitations::act as act_on_invitation;
pub(super) use person::{act, show};

use std::str::FromStr as _;

use askama::Template;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use keyward_engine::EngineError;
use keyward_engine::people::{InvitationSecret, Person};
use keyward_engine::token::{Permission, Role};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::frame::{self, Frame, instant, role_name};
use super::texts::{Common, People, fill};
use super::visitor::{Posted, Visitor};
use crate::web::{Fields, address};

/// Invitations that are shown: an hour has no more.
const MOST_WAITING: i64 = 100;

#[derive(Template)]
#[template(path = "console/people.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static People,
    rows: Vec<Row>,
    waiting: Vec<invitations::Row>,
    roles: Vec<RoleChoice>,
    link: Option<Link>,
    problem: Option<&'static str>,
    email: &'a str,
}

struct Row {
    id: Uuid,
    name: String,
    email: String,
    role: &'static str,
    has_second_factor: bool,
    is_locked_out: bool,
    since: String,
    is_me: bool,
}

/// A role to choose, and what it may do.
struct RoleChoice {
    value: &'static str,
    name: &'static str,
    may: &'static str,
    is_chosen: bool,
}

/// A link that is shown once.
struct Link {
    title: String,
    url: Zeroizing<String>,
}

impl Link {
    fn new(origin: &str, secret: &InvitationSecret, email: &str, t: &People) -> Self {
        let path = Zeroizing::new(address("/console/set-up", &[("link", secret.expose())]));
        Self { title: fill(t.invited, email), url: Zeroizing::new([origin, &path].concat()) }
    }
}

/// What the page says beside who there is.
#[derive(Default)]
struct Told<'a> {
    status: StatusCode,
    notice: Option<&'static str>,
    link: Option<Link>,
    problem: Option<&'static str>,
    email: &'a str,
    role: &'a str,
}

/// `GET /console/people`.
pub(super) async fn list(visitor: Visitor, uri: Uri) -> Response {
    let notice = done(&Fields::of_query(uri.query()), People::of(visitor.language));
    whole(&visitor, Told { notice, ..Told::default() }).await
}

async fn whole(visitor: &Visitor, told: Told<'_>) -> Response {
    if let Some(no) = visitor.refusal(Permission::PeopleManage) {
        return no;
    }
    let t = People::of(visitor.language);
    let engine = visitor.app.engine();
    let (people, waiting) = match (engine.people().await, engine.waiting_invitations(MOST_WAITING).await) {
        (Ok(people), Ok(waiting)) => (people, waiting),
        (Err(error), _) | (_, Err(error)) => return visitor.failed(&error),
    };
    let c = Common::of(visitor.language);
    let page = Page {
        f: Frame::of(visitor, t.title).saying(told.notice),
        t,
        waiting: waiting.into_iter().map(|it| invitations::row(it, &people, visitor)).collect(),
        rows: people.into_iter().map(|person| row(person, visitor, c)).collect(),
        roles: roles(visitor, if told.role.is_empty() { Role::SupportAgent.as_str() } else { told.role }),
        link: told.link,
        problem: told.problem,
        email: told.email,
    };
    frame::html(told.status, &page)
}

fn row(person: Person, visitor: &Visitor, c: &'static Common) -> Row {
    Row {
        id: person.id,
        is_me: is_me(visitor, person.id),
        name: person.name.unwrap_or_default(),
        email: person.email,
        role: role_name(c, person.role),
        has_second_factor: person.has_second_factor,
        is_locked_out: person.locked_out_at.is_some(),
        since: instant(person.created_at),
    }
}

fn is_me(visitor: &Visitor, person: Uuid) -> bool {
    visitor.session.person().is_some_and(|me| me.id == person)
}

fn roles(visitor: &Visitor, chosen: &str) -> Vec<RoleChoice> {
    let (c, t) = (Common::of(visitor.language), People::of(visitor.language));
    let choice = |role: Role| RoleChoice {
        value: role.as_str(),
        name: role_name(c, role),
        may: match role {
            Role::Admin => t.admin_may,
            Role::Developer => t.developer_may,
            Role::SalesAgent => t.sales_may,
            Role::SupportAgent => t.support_may,
            Role::ReadOnly => t.read_only_may,
        },
        is_chosen: role.as_str() == chosen,
    };
    Role::ALL.into_iter().map(choice).collect()
}

/// `POST /console/people/invite`: the link is shown once.
pub(super) async fn invite(uri: Uri, headers: HeaderMap, posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::PeopleManage) {
        return no;
    }
    let t = People::of(visitor.language);
    let (email, role) = (fields.get("email").trim(), fields.get("role"));
    let again = async |status, problem| {
        let told = Told { status, problem: Some(problem), email, role, ..Told::default() };
        whole(&visitor, told).await
    };
    let Ok(role) = Role::from_str(role) else {
        return again(StatusCode::UNPROCESSABLE_ENTITY, t.role_bad).await;
    };
    if email.is_empty() {
        return again(StatusCode::UNPROCESSABLE_ENTITY, t.email_bad).await;
    }
    let engine = visitor.app.engine();
    // A link for somebody who is here would be for a new password, and his role would stay.
    match engine.people().await {
        Ok(people) if people.iter().any(|person| person.email == email.to_lowercase()) => {
            return again(StatusCode::CONFLICT, t.there_already).await;
        }
        Ok(_) => {}
        Err(error) => return visitor.failed(&error),
    }
    match engine.invite(&visitor.caller, role, Some(email)).await {
        Ok(secret) => {
            let link = Link::new(&origin(&visitor, &uri, &headers), &secret, email, t);
            whole(&visitor, Told { link: Some(link), ..Told::default() }).await
        }
        Err(EngineError::Invalid { .. }) => again(StatusCode::UNPROCESSABLE_ENTITY, t.email_bad).await,
        Err(error) => visitor.failed(&error),
    }
}

/// How the person's own browser reaches us: others reach us there, too.
fn origin(visitor: &Visitor, uri: &Uri, headers: &HeaderMap) -> String {
    let scheme = if visitor.context.is_secure { "https" } else { "http" };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(Authority::as_str)).unwrap_or_default();
    format!("{scheme}://{host}")
}

/// What a page says after something was done, by its address.
fn done(fields: &Fields, t: &'static People) -> Option<&'static str> {
    match fields.get("done") {
        "role" => Some(t.change_role_done),
        "lock-out" => Some(t.lock_out_done),
        "let-in" => Some(t.let_in_done),
        "withdraw" => Some(t.withdraw_done),
        "over" => Some(t.waiting_over),
        _ => None,
    }
}
