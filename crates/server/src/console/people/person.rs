//! One person: what there is, and what an administrator does about him.

use std::str::FromStr as _;

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use keyward_engine::EngineError;
use keyward_engine::people::Person;
use keyward_engine::token::{Permission, Role};
use uuid::Uuid;

use super::{Link, RoleChoice, done, is_me, origin, roles};
use crate::console::frame::{self, Frame, instant, see};
use crate::console::texts::{Common, People};
use crate::console::visitor::{Posted, Visitor};
use crate::web::Fields;

#[derive(Template)]
#[template(path = "console/person.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static People,
    person: &'a Person,
    role: &'static str,
    roles: Vec<RoleChoice>,
    since: String,
    locked_out: Option<String>,
    is_me: bool,
    link: Option<Link>,
    problem: Option<&'static str>,
}

/// What the page says beside who it is.
#[derive(Default)]
struct Told {
    status: StatusCode,
    notice: Option<&'static str>,
    link: Option<Link>,
    problem: Option<&'static str>,
}

/// `GET /console/people/{id}`.
pub(in crate::console) async fn show(visitor: Visitor, Path(id): Path<String>, uri: Uri) -> Response {
    let fields = Fields::of_query(uri.query());
    let notice = done(&fields, People::of(visitor.language));
    match find(&visitor, &id).await {
        Ok(person) => whole(&visitor, &person, Told { notice, ..Told::default() }),
        Err(answer) => answer,
    }
}

/// The person of an address, for whoever may manage people.
async fn find(visitor: &Visitor, id: &str) -> Result<Person, Response> {
    if let Some(no) = visitor.refusal(Permission::PeopleManage) {
        return Err(no);
    }
    let Ok(id) = Uuid::try_parse(id) else { return Err(visitor.none()) };
    visitor.app.engine().person(id).await.map_err(|error| visitor.failed(&error))
}

fn whole(visitor: &Visitor, person: &Person, told: Told) -> Response {
    let t = People::of(visitor.language);
    let page = Page {
        f: Frame::of(visitor, person.called()).saying(told.notice),
        t,
        person,
        role: frame::role_name(Common::of(visitor.language), person.role),
        roles: roles(visitor, person.role.as_str()),
        since: instant(person.created_at),
        locked_out: person.locked_out_at.map(instant),
        is_me: is_me(visitor, person.id),
        link: told.link,
        problem: told.problem,
    };
    frame::html(told.status, &page)
}

/// `POST /console/people/{id}/{action}`.
pub(in crate::console) async fn act(
    Path((id, action)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    posted: Posted,
) -> Response {
    let Posted { visitor, fields } = posted;
    let person = match find(&visitor, &id).await {
        Ok(person) => person,
        Err(answer) => return answer,
    };
    let (t, c) = (People::of(visitor.language), Common::of(visitor.language));
    let again = |status, problem| {
        whole(&visitor, &person, Told { status, problem: Some(problem), ..Told::default() })
    };
    // Whoever did it by mistake could not undo it.
    if is_me(&visitor, person.id) {
        return again(StatusCode::UNPROCESSABLE_ENTITY, t.not_yourself);
    }
    let (engine, caller) = (visitor.app.engine(), &visitor.caller);
    let done = match action.as_str() {
        "role" => {
            let Ok(role) = Role::from_str(fields.get("role")) else {
                return again(StatusCode::UNPROCESSABLE_ENTITY, t.role_bad);
            };
            match Role::from_str(fields.get("seen")) {
                Ok(seen) => engine.change_seen_role(caller, person.id, seen, role).await,
                Err(_) => Err(EngineError::Changed("person")),
            }
        }
        "lock-out" => engine.lock_out(caller, person.id, true).await,
        "let-in" => engine.lock_out(caller, person.id, false).await,
        "reset" => {
            return match engine.reset_person(caller, &person.email).await {
                Ok(secret) => {
                    let link = Link::new(&origin(&visitor, &uri, &headers), &secret, &person.email, t);
                    // As it is now: without a second factor.
                    let person = Person { has_second_factor: false, ..person.clone() };
                    whole(&visitor, &person, Told { link: Some(link), ..Told::default() })
                }
                Err(error) => visitor.failed(&error),
            };
        }
        _ => return visitor.none(),
    };
    match done {
        Ok(()) => see(&format!("/console/people/{}?done={action}", person.id)),
        Err(EngineError::Changed(_)) => match find(&visitor, &id).await {
            // As the colleague left it.
            Ok(person) => {
                let (status, problem) = (StatusCode::CONFLICT, Some(c.changed_meanwhile));
                whole(&visitor, &person, Told { status, problem, ..Told::default() })
            }
            Err(answer) => answer,
        },
        Err(EngineError::Invalid { .. }) => again(StatusCode::UNPROCESSABLE_ENTITY, t.last_admin),
        Err(error) => visitor.failed(&error),
    }
}
