//! Tokens: a list, making one, revoking one.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::str::FromStr as _;

use askama::Template;
use axum::extract::Path;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use keyward_core::time::Timestamp;
use keyward_engine::token::{Permission, Role, TokenKind};
use keyward_engine::{Bearer, EngineError, IssuedToken, StoredToken};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::frame::{self, Frame, instant, role_name, see};
use super::texts::{Common, Tokens, fill};
use super::visitor::{Posted, Visitor};
use crate::web::{Fields, address};

const HERE: &str = "/console/tokens";
/// Tokens of a page.
const PAGE: i64 = 100;
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
    kinds: Vec<Kind>,
    wanted: Wanted,
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

/// Tokens of a kind to choose.
struct Kind {
    value: &'static str,
    name: &'static str,
    is_chosen: bool,
}

/// Which tokens are wanted.
#[derive(Default)]
struct Wanted {
    kind: Option<TokenKind>,
    is_revoked: Option<bool>,
    before: Option<i64>,
}

impl Wanted {
    fn of(fields: &Fields) -> Self {
        let kind = fields.get("kind");
        Self {
            kind: TokenKind::ALL.into_iter().find(|it| it.as_str() == kind),
            is_revoked: match fields.get("state") {
                "revoked" => Some(true),
                "open" => Some(false),
                _ => None,
            },
            before: fields.get("before").parse().ok(),
        }
    }

    const fn state(&self) -> &'static str {
        match self.is_revoked {
            None => "",
            Some(true) => "revoked",
            Some(false) => "open",
        }
    }

    /// Whether nothing is left out.
    const fn is_everything(&self) -> bool {
        self.kind.is_none() && self.is_revoked.is_none()
    }

    /// The page from there on.
    fn from(&self, before: &str) -> String {
        let kind = self.kind.map_or("", TokenKind::as_str);
        address(HERE, &[("kind", kind), ("state", self.state()), ("before", before)])
    }
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
    wanted: Wanted,
}

impl Default for Told<'_> {
    fn default() -> Self {
        let (status, typed) = (StatusCode::OK, Typed::EMPTY);
        Self { status, notice: None, problem: None, made: None, typed, wanted: Wanted::default() }
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
    whole(&visitor, Told { notice, wanted: Wanted::of(&fields), ..Told::default() }).await
}

async fn whole(visitor: &Visitor, told: Told<'_>) -> Response {
    if let Some(no) = visitor.refusal(Permission::TokenManage) {
        return no;
    }
    let t = Tokens::of(visitor.language);
    let engine = visitor.app.engine();
    let wanted = told.wanted;
    // One more tells whether there is another page.
    let found = engine.tokens_before(wanted.kind, wanted.is_revoked, wanted.before, PAGE + 1).await;
    let mut tokens = match found {
        Ok(tokens) => tokens,
        Err(error) => return visitor.failed(&error),
    };
    let is_more = tokens.len() as i64 > PAGE;
    tokens.truncate(PAGE as usize);
    let names = match names(visitor, &tokens).await {
        Ok(names) => names,
        Err(error) => return visitor.failed(&error),
    };
    let last = tokens.last().filter(|_| is_more);
    let c = Common::of(visitor.language);
    let granted = Role::ALL.into_iter().filter(|role| may_grant(visitor, *role));
    let page = Page {
        f: Frame::of(visitor, t.title).saying(told.notice),
        t,
        next: last.map(|(serial, _)| wanted.from(&serial.to_string())),
        is_first: wanted.before.is_none(),
        rows: tokens.iter().map(|(_, token)| row(token, &names, visitor, t, c)).collect(),
        kinds: kinds(&wanted, t, c),
        wanted,
        roles: granted.map(|role| Choice { value: role.as_str(), name: role_name(c, role) }).collect(),
        may_read_keys: visitor.may(Permission::KeyManage),
        made: told.made,
        problem: told.problem,
        typed: told.typed,
    };
    frame::html(told.status, &page)
}

/// How the installations are called that these tokens are bound to.
async fn names(
    visitor: &Visitor,
    tokens: &[(i64, StoredToken)],
) -> Result<HashMap<Uuid, String>, EngineError> {
    let mut names = HashMap::new();
    for id in tokens.iter().filter_map(|(_, token)| token.installation_id) {
        if let Entry::Vacant(place) = names.entry(id) {
            place.insert(visitor.app.engine().installation(id).await?.name);
        }
    }
    Ok(names)
}

fn kinds(wanted: &Wanted, t: &'static Tokens, c: &'static Common) -> Vec<Kind> {
    let kind = |kind: TokenKind| Kind {
        value: kind.as_str(),
        name: Role::ALL
            .into_iter()
            .find(|role| TokenKind::from(*role) == kind)
            .map_or(t.installations, |role| role_name(c, role)),
        is_chosen: wanted.kind == Some(kind),
    };
    TokenKind::ALL.into_iter().map(kind).collect()
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
    let token = match engine.token(id).await {
        Ok(token) => token,
        Err(error) => return visitor.failed(&error),
    };
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
