//! Who looks at a page: somebody who signed in, or a program that shows its token.

use axum::extract::{FromRef as _, FromRequest, FromRequestParts, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use keyward_engine::token::{Permission, Role};
use keyward_engine::{Actor, Caller, EngineError, Session};

use super::{page, sign_in};
use crate::app::App;
use crate::layers::{Context, RawBody};
use crate::web::{CONSOLE, Fields, RECORDS, address};

/// Whoever may issue licences.
pub(super) struct Visitor {
    pub(super) caller: Caller,
    role: Option<Role>,
    /// `None` when a token was shown with the request.
    pub(super) session: Option<Session>,
}

/// A form that such a visitor sent from a page of his own session.
pub(super) struct Posted {
    pub(super) visitor: Visitor,
    pub(super) fields: Fields,
}

impl Visitor {
    /// The proof for the forms of a page.
    pub(super) fn csrf(&self) -> &str {
        self.session.as_ref().map_or("", |session| session.csrf.expose())
    }

    /// The page that says no, where the token may not do something.
    pub(super) fn refusal(&self, permission: Permission) -> Option<Response> {
        (!self.role.is_some_and(|role| role.may(permission))).then(not_allowed)
    }
}

/// Who asks for a page; `None` is nobody who is known.
///
/// # Errors
/// The page that says why a token that was shown is not taken, or that the database cannot be asked.
pub(super) async fn look(
    app: &App,
    context: &Context,
    headers: &HeaderMap,
) -> Result<Option<Visitor>, Response> {
    let failed = |error| page::failed(&error, context);
    let (actor, role, session) = if shows_token(headers) {
        match app.bearer(headers).await.map_err(failed)? {
            Some(bearer) => (Actor::Token(bearer.token), bearer.role, None),
            None => return Err(wrong_token(app, context)),
        }
    } else {
        let Some(session) = session(app, context, headers).await.map_err(failed)? else { return Ok(None) };
        (session.actor(), session.role(), Some(session))
    };
    let caller = Caller { actor, ..super::caller(app, context, headers) };
    let visitor = Visitor { caller, role, session };
    match visitor.refusal(Permission::LicenseIssue) {
        None => Ok(Some(visitor)),
        // Whoever signed in to the console for other work may still show a token here.
        Some(_) if visitor.session.as_ref().is_some_and(|session| session.person().is_some()) => Ok(None),
        Some(no) => Err(no),
    }
}

/// The session of a browser: this dialect's own, or that of the console.
async fn session(app: &App, context: &Context, headers: &HeaderMap) -> Result<Option<Session>, EngineError> {
    for cookie in [RECORDS, CONSOLE] {
        if let Some(secret) = cookie.read(context, headers)
            && let Some(session) = app.engine().session(&secret).await?
        {
            return Ok(Some(session));
        }
    }
    Ok(None)
}

/// Whether a token is shown; what a browser shows to a proxy in front, such as a password, is none.
fn shows_token(headers: &HeaderMap) -> bool {
    let value = headers.get(AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
    let scheme = value.split(|b| *b == b' ').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case(b"bearer")
}

/// A token that nobody has is a guess.
fn wrong_token(app: &App, context: &Context) -> Response {
    match app.failed(context) {
        Err(locked) => context.front.refuse(locked, context.id),
        Ok(()) => sign_in::page(StatusCode::UNAUTHORIZED, "/records", Some(sign_in::WRONG)),
    }
}

pub(super) fn not_allowed() -> Response {
    let sentence =
        "This token may not issue licences. It takes one of the role sales-agent, developer or admin.";
    page::message(StatusCode::FORBIDDEN, "Not allowed", sentence)
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let context = context(parts, app).await?;
        let visitor = look(app, &context, &parts.headers).await?;
        visitor.ok_or_else(|| sign_in::page(StatusCode::UNAUTHORIZED, parts.uri.path(), None))
    }
}

impl FromRequest<App> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let context = context(&mut parts, app).await?;
        let visitor = look(app, &context, &parts.headers).await?;
        let path = parts.uri.path().to_owned();
        let RawBody(body) = RawBody::from_request(Request::from_parts(parts, body), app).await?;
        let fields = Fields::parse(&body);
        let Some(visitor) = visitor else {
            return Err(sign_in::page(StatusCode::UNAUTHORIZED, &back(&path, &fields), Some(sign_in::OVER)));
        };
        if let Some(session) = &visitor.session
            && !app.engine().admits(session, fields.get("csrf"))
        {
            let sentence = "This form was not sent from a page of your session, so nothing was done. Open the page \
                            again and send the form from there.";
            return Err(page::message(StatusCode::FORBIDDEN, "Nothing was done", sentence));
        }
        Ok(Self { visitor, fields })
    }
}

async fn context(parts: &mut Parts, app: &App) -> Result<Context, Response> {
    let app = App::from_ref(app);
    Context::from_request_parts(parts, &app).await.map_err(IntoResponse::into_response)
}

/// The page from which a form was sent, with what was typed into it.
fn back(path: &str, fields: &Fields) -> String {
    if path != "/records" {
        return path.rsplit_once('/').map_or("/records", |(page, _)| page).to_owned();
    }
    let typed = ["client_id", "license_type", "duration"].map(|name| (name, fields.get(name)));
    address(path, &typed)
}
