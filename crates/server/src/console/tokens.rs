//! Tokens: a list, making one, revoking one.

use std::collections::HashMap;
use std::str::FromStr as _;

use askama::Template;
use axum::extract::Path;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use keyward_core::time::Timestamp;
use keyward_engine::token::{Permission, Role};
use keyward_engine::{Bearer, EngineError, IssuedToken, StoredToken};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::frame::{self, Frame, instant, role_name, see};
use super::texts::{Common, Tokens, fill};
use super::visitor::{Posted, Visitor};
use crate::web::{Fields, address};

const HERE: &str = "/console/tokens";
/// Tokens of a page.
const PAGE: usize = 100;
/// The longest name, in characters.
const MAX_NAME: usize = 100;
/// What stands in the place of a role in the form for an installation's token.
const INSTALLATION: &str = "installation";

#[derive(Template)]
#[template(path = "console/tokens.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Tokens,
    rows: Vec<Row>,
    next: Option<String>,
    is_first: bool,
    roles: Vec<Choice>,
    may_read_keys: bool,
    made: Option<Zeroizing<String>>,
    problem: Option<&'static str>,
    typed: Typed<'a>,
}

struct Row {
    id: Uuid,
    name: String,
    may: String,
    reads_key: bool,
    hint: String,
    class: &'static str,
    state: &'static str,
    created: String,
    expires: String,
    used: String,
    may_revoke: bool,
}

struct Choice {
    value: &'static str,
    name: &'static str,
}

/// What was typed into the form.
#[derive(Clone, Copy)]
struct Typed<'a> {
    name: &'a str,
    days: &'a str,
    may: &'a str,
    installation: &'a str,
    reads_key: bool,
}

impl<'a> Typed<'a> {
    fn of(fields: &'a Fields) -> Self {
        Self {
            name: fields.get("name").trim(),
            days: fields.get("days").trim(),
            may: fields.get("may"),
            installation: fields.get("installation").trim(),
            reads_key: !fields.get("reads-key").is_empty(),
        }
    }

    const EMPTY: Self =
        Self { name: "", days: "", may: Role::ReadOnly.as_str(), installation: "", reads_key: false };
}

/// What the page says beside the list.
struct Told<'a> {
    status: StatusCode,
    notice: Option<&'static str>,
    problem: Option<&'static str>,
    made: Option<Zeroizing<String>>,
    typed: Typed<'a>,
    from: usize,
}

impl Default for Told<'_> {
    fn default() -> Self {
        let (status, typed) = (StatusCode::OK, Typed::EMPTY);
        Self { status, notice: None, problem: None, made: None, typed, from: 0 }
    }
}

/// `GET /console/tokens`.
pub(super) async fn list(visitor: Visitor, uri: Uri) -> Response {
    let (t, fields) = (Tokens::of(visitor.language), Fields::of_query(uri.query()));
    let notice = match fields.get("done") {
        "revoke" => Some(t.revoke_done),
        "gone" => Some(t.gone),
        _ => None,
    };
    let from = fields.get("from").parse().unwrap_or(0);
    whole(&visitor, Told { notice, from, ..Told::default() }).await
}

async fn whole(visitor: &Visitor, told: Told<'_>) -> Response {
    if let Some(no) = visitor.refusal(Permission::TokenManage) {
        return no;
    }
    let t = Tokens::of(visitor.language);
    let engine = visitor.app.engine();
    let (tokens, installations) = match (engine.tokens().await, engine.installations().await) {
        (Ok(tokens), Ok(installations)) => (tokens, installations),
        (Err(error), _) | (_, Err(error)) => return visitor.failed(&error),
    };
    let names: HashMap<Uuid, String> = installations.into_iter().map(|it| (it.id, it.name)).collect();
    let more = tokens.len() > told.from.saturating_add(PAGE);
    let shown = tokens.iter().rev().skip(told.from).take(PAGE);
    let c = Common::of(visitor.language);
    let granted = Role::ALL.into_iter().filter(|role| may_grant(visitor, *role));
    let page = Page {
        f: Frame::of(visitor, t.title).saying(told.notice),
        t,
        rows: shown.map(|token| row(token, &names, visitor, t, c)).collect(),
        next: more.then(|| address(HERE, &[("from", &(told.from + PAGE).to_string())])),
        is_first: told.from == 0,
        roles: granted.map(|role| Choice { value: role.as_str(), name: role_name(c, role) }).collect(),
        may_read_keys: visitor.may(Permission::KeyManage),
        made: told.made,
        problem: told.problem,
        typed: told.typed,
    };
    frame::html(told.status, &page)
}

fn row(
    token: &StoredToken,
    installations: &HashMap<Uuid, String>,
    visitor: &Visitor,
    t: &'static Tokens,
    c: &'static Common,
) -> Row {
    let now = visitor.app.engine().now();
    let (class, state) = match (token.revoked_at, token.expires_at) {
        (Some(_), _) => ("bad", t.revoked),
        (None, Some(end)) if end <= now => ("", t.expired),
        (None, _) => ("good", t.good),
    };
    let bearer = Bearer::of(token);
    let may = match (bearer.installation, bearer.role) {
        (Some(id), _) => fill(t.of_installation, installations.get(&id).map_or("?", String::as_str)),
        (None, Some(role)) => role_name(c, role).to_owned(),
        (None, None) => token.role.clone().unwrap_or_default(),
    };
    Row {
        id: token.id,
        name: token.name.clone(),
        may,
        reads_key: bearer.reads_installation_key,
        hint: token.hint.clone(),
        class,
        state,
        created: instant(token.created_at),
        expires: token.expires_at.map_or_else(|| c.never_ends.to_owned(), instant),
        used: token.last_used_at.map_or_else(|| c.never.to_owned(), instant),
        may_revoke: token.revoked_at.is_none() && may_change(visitor, &bearer),
    }
}

fn may_grant(visitor: &Visitor, role: Role) -> bool {
    visitor.session.role().is_some_and(|mine| mine.may_grant(role))
}

/// Nobody touches a token that may do more than he may.
fn may_change(visitor: &Visitor, token: &Bearer) -> bool {
    match (token.installation, token.role) {
        (Some(_), _) if token.reads_installation_key => visitor.may(Permission::KeyManage),
        (Some(_), _) => visitor.may(Permission::TokenManage),
        (None, Some(role)) => may_grant(visitor, role),
        (None, None) => may_grant(visitor, Role::Admin),
    }
}

/// `POST /console/tokens`: the text is shown once.
pub(super) async fn create(posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    if let Some(no) = visitor.refusal(Permission::TokenManage) {
        return no;
    }
    let (t, typed) = (Tokens::of(visitor.language), Typed::of(&fields));
    match make(&visitor, typed, t).await {
        Ok(made) => {
            let made = Some(Zeroizing::new(made.token.expose().to_owned()));
            whole(&visitor, Told { made, ..Told::default() }).await
        }
        Err(Ok(problem)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            whole(&visitor, Told { status, problem: Some(problem), typed, ..Told::default() }).await
        }
        Err(Err(error)) => visitor.failed(&error),
    }
}

/// Makes what was asked for, or says what is wrong with it.
async fn make(
    visitor: &Visitor,
    typed: Typed<'_>,
    t: &'static Tokens,
) -> Result<IssuedToken, Result<&'static str, EngineError>> {
    let (engine, caller) = (visitor.app.engine(), &visitor.caller);
    if typed.name.is_empty() || typed.name.chars().count() > MAX_NAME || typed.name.contains('\0') {
        return Err(Ok(t.name_bad));
    }
    let end = end(typed.days, engine.now()).map_err(|()| Ok(t.days_bad))?;
    if typed.may == INSTALLATION {
        if typed.reads_key && !visitor.may(Permission::KeyManage) {
            return Err(Ok(t.not_yours));
        }
        let made =
            engine.create_installation_token(caller, typed.installation, typed.reads_key, typed.name, end);
        return made.await.map_err(|error| match error {
            EngineError::NotFound { .. } => Ok(t.installation_bad),
            error => Err(error),
        });
    }
    let role = Role::from_str(typed.may).map_err(|_| Ok(t.kind_bad))?;
    if !may_grant(visitor, role) {
        return Err(Ok(t.not_yours));
    }
    engine.create_token(caller, role, typed.name, end).await.map_err(Err)
}

/// The end after so many days; without any, there is none.
fn end(days: &str, now: Timestamp) -> Result<Option<Timestamp>, ()> {
    if days.is_empty() {
        return Ok(None);
    }
    match days.parse() {
        Ok(days @ 1..=36_500) => Ok(Some(now.plus_days(days))),
        _ => Err(()),
    }
}

/// `POST /console/tokens/{id}/revoke`.
pub(super) async fn revoke(Path(id): Path<String>, posted: Posted) -> Response {
    let Posted { visitor, .. } = posted;
    if let Some(no) = visitor.refusal(Permission::TokenManage) {
        return no;
    }
    let t = Tokens::of(visitor.language);
    let Ok(id) = Uuid::try_parse(&id) else { return visitor.none() };
    let engine = visitor.app.engine();
    let token = match engine.tokens().await {
        Ok(tokens) => tokens.into_iter().find(|token| token.id == id),
        Err(error) => return visitor.failed(&error),
    };
    let Some(token) = token else { return visitor.none() };
    if !may_change(&visitor, &Bearer::of(&token)) {
        let told = Told { status: StatusCode::FORBIDDEN, problem: Some(t.not_yours), ..Told::default() };
        return whole(&visitor, told).await;
    }
    match engine.revoke_token(&visitor.caller, id).await {
        Ok(()) => see("/console/tokens?done=revoke"),
        // A colleague was faster.
        Err(EngineError::NotFound { .. }) => see("/console/tokens?done=gone"),
        Err(error) => visitor.failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_a_number_or_nothing() {
        let now = Timestamp::from_seconds(0);
        assert_eq!(end("", now), Ok(None));
        assert_eq!(end("2", now), Ok(Some(Timestamp::from_seconds(172_800))));
        for bad in ["0", "-1", "36501", "ten", "1.5", "99999999999999999999"] {
            assert_eq!(end(bad, now), Err(()), "{bad}");
        }
    }
}
