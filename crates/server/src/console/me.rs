//! One's own account: the password, the second factor, the sessions.

use askama::Template;
use axum::extract::Path;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use keyward_engine::EngineError;
use keyward_engine::people::{OpenSession, Person, SecondFactor};
use uuid::Uuid;

use super::frame::{self, Frame, instant, see};
use super::qr::Qr;
use super::set_up::password_problem;
use super::texts::{Me, SignIn};
use super::visitor::{Posted, Visitor};
use crate::web::Fields;

const HERE: &str = "/console/me";

#[derive(Template)]
#[template(path = "console/me.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static Me,
    s: &'static SignIn,
    person: Option<&'a Person>,
    role: &'static str,
    sessions: Vec<Row>,
    problem: Option<&'static str>,
}

struct Row {
    id: Uuid,
    opened: String,
    seen: String,
    from: String,
    browser: String,
    is_this: bool,
}

#[derive(Template)]
#[template(path = "console/second_factor.html")]
struct FactorPage<'a> {
    f: Frame<'a>,
    t: &'static Me,
    secret: &'a str,
    qr: Qr,
    problem: Option<&'static str>,
}

/// `GET /console/me`.
pub(super) async fn show(visitor: Visitor, uri: Uri) -> Response {
    let t = Me::of(visitor.language);
    let notice = match Fields::of_query(uri.query()).get("done") {
        "password" => Some(t.password_done),
        "factor" => Some(t.factor_done),
        "dropped" => Some(t.factor_dropped),
        "ended" => Some(t.sessions_ended),
        "all-ended" => Some(t.sessions_all_ended),
        _ => None,
    };
    whole(&visitor, StatusCode::OK, notice, None).await
}

async fn whole(
    visitor: &Visitor,
    status: StatusCode,
    notice: Option<&'static str>,
    problem: Option<&'static str>,
) -> Response {
    let t = Me::of(visitor.language);
    let person = visitor.session.person();
    let open = match person {
        Some(person) => visitor.app.engine().sessions_of(person.id).await,
        None => Ok(Vec::new()),
    };
    let open = match open {
        Ok(open) => open,
        Err(error) => return visitor.failed(&error),
    };
    let f = Frame::of(visitor, t.title).saying(notice);
    let sessions = open.into_iter().map(|open| row(open, visitor)).collect();
    let (s, role) = (SignIn::of(visitor.language), visitor.role_name());
    frame::html(status, &Page { f, t, s, person, role, sessions, problem })
}

fn row(open: OpenSession, visitor: &Visitor) -> Row {
    let t = Me::of(visitor.language);
    Row {
        id: open.id,
        opened: instant(open.created_at),
        seen: instant(open.last_seen_at),
        from: open.address.unwrap_or_default(),
        browser: open.user_agent.as_deref().map_or(t.sessions_unknown.to_owned(), browser),
        is_this: open.id == visitor.session.id,
    }
}

/// What a person recognises of a browser's long name.
fn browser(user_agent: &str) -> String {
    let known = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let first = |table: &[(&str, &'static str)]| {
        table.iter().find(|(part, _)| user_agent.contains(part)).map(|(_, name)| *name)
    };
    match (first(&known), first(&systems)) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(browser), None) => browser.to_owned(),
        _ => user_agent.chars().take(60).collect(),
    }
}

/// `POST /console/me/password`.
pub(super) async fn password(posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    let (t, s) = (Me::of(visitor.language), SignIn::of(visitor.language));
    let again = async |problem| whole(&visitor, StatusCode::UNPROCESSABLE_ENTITY, None, Some(problem)).await;
    if fields.get("new") != fields.get("again") {
        return again(s.password_differs).await;
    }
    let (old, new) = (fields.get("old"), fields.get("new"));
    match visitor.app.engine().change_password(&visitor.caller, &visitor.session, old, new).await {
        Ok(true) => see("/console/me?done=password"),
        Ok(false) => wrong_password(&visitor, t.password_wrong).await,
        Err(EngineError::Invalid { .. }) => again(password_problem(s, new)).await,
        Err(error) => visitor.failed(&error),
    }
}

/// Whoever found an open browser does not guess at leisure.
async fn wrong_password(visitor: &Visitor, sentence: &'static str) -> Response {
    match visitor.app.failed(&visitor.context) {
        Err(locked) => visitor.context.front.refuse(locked, visitor.context.id),
        Ok(()) => whole(visitor, StatusCode::UNPROCESSABLE_ENTITY, None, Some(sentence)).await,
    }
}

/// `GET /console/me/second-factor`.
pub(super) async fn second_factor(visitor: Visitor) -> Response {
    if visitor.session.person().is_some_and(|person| person.has_second_factor) {
        return see(HERE);
    }
    let secret = visitor.app.engine().new_second_factor();
    factor_page(&visitor, StatusCode::OK, &secret, None)
}

fn factor_page(
    visitor: &Visitor,
    status: StatusCode,
    secret: &SecondFactor,
    problem: Option<&'static str>,
) -> Response {
    let t = Me::of(visitor.language);
    let Some(person) = visitor.session.person() else { return visitor.not_allowed() };
    let secret = secret.to_text();
    let label: String = form_urlencoded::byte_serialize(person.email.as_bytes()).collect();
    let url = format!("otpauth://totp/Keyward:{label}?secret={}&issuer=Keyward", secret.as_str());
    let Some(qr) = Qr::of(&url) else { return visitor.none() };
    let f = Frame::of(visitor, t.factor_set);
    frame::html(status, &FactorPage { f, t, secret: &secret, qr, problem })
}

/// `POST /console/me/second-factor`.
pub(super) async fn set_second_factor(posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    let t = Me::of(visitor.language);
    let (Some(person), Some(secret)) = (visitor.session.person(), SecondFactor::parse(fields.get("secret")))
    else {
        return see(HERE);
    };
    let set = visitor.app.engine().set_second_factor(
        &visitor.caller,
        person.id,
        fields.get("password"),
        &secret,
        fields.get("code"),
    );
    match set.await {
        Ok(Some(Ok(()))) => see("/console/me?done=factor"),
        Ok(None) => match visitor.app.failed(&visitor.context) {
            Err(locked) => visitor.context.front.refuse(locked, visitor.context.id),
            Ok(()) => {
                factor_page(&visitor, StatusCode::UNPROCESSABLE_ENTITY, &secret, Some(t.password_wrong))
            }
        },
        Ok(Some(Err(_))) => {
            factor_page(&visitor, StatusCode::UNPROCESSABLE_ENTITY, &secret, Some(t.factor_wrong))
        }
        // There is one already, which the page says.
        Err(EngineError::Invalid { .. }) => see(HERE),
        Err(error) => visitor.failed(&error),
    }
}

/// `POST /console/me/second-factor/drop`.
pub(super) async fn drop_second_factor(posted: Posted) -> Response {
    let Posted { visitor, fields } = posted;
    let t = Me::of(visitor.language);
    let Some(person) = visitor.session.person() else { return see(HERE) };
    let dropped =
        visitor.app.engine().drop_second_factor(&visitor.caller, person.id, fields.get("password")).await;
    match dropped {
        Ok(true) => see("/console/me?done=dropped"),
        Ok(false) => wrong_password(&visitor, t.password_wrong).await,
        Err(error) => visitor.failed(&error),
    }
}

/// `POST /console/me/sessions/{session}/end`.
pub(super) async fn end_session(Path(session): Path<String>, posted: Posted) -> Response {
    let Posted { visitor, .. } = posted;
    let (Some(person), Ok(session)) = (visitor.session.person(), Uuid::try_parse(&session)) else {
        return see(HERE);
    };
    match visitor.app.engine().end_session(&visitor.caller, person.id, session).await {
        Ok(_) => see("/console/me?done=ended"),
        Err(error) => visitor.failed(&error),
    }
}

/// `POST /console/me/sessions/end-others`.
pub(super) async fn end_others(posted: Posted) -> Response {
    let Posted { visitor, .. } = posted;
    let Some(person) = visitor.session.person() else { return see(HERE) };
    let ended = visitor.app.engine().end_other_sessions(&visitor.caller, person.id, visitor.session.id).await;
    match ended {
        Ok(_) => see("/console/me?done=all-ended"),
        Err(error) => visitor.failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_recognised() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!(browser(firefox), "Firefox, Linux");
        let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(browser(edge), "Edge, Windows");
        assert_eq!(browser("curl/8"), "curl/8");
    }
}
