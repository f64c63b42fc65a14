//! Who looks at a page: somebody who signed in.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use keyward_engine::token::{Permission, Role};
use keyward_engine::{Caller, EngineError, Front, Session, Who};

use super::kept::Kept;
use super::language::Language;
use super::texts::{Common, SignIn};
use super::{frame, sign_in};
use crate::app::{self, App};
use crate::layers::{Context, RawBody};
use crate::web::{CONSOLE, Fields, is_of_this_site};

/// Somebody who signed in.
pub(super) struct Visitor {
    pub(super) app: App,
    pub(super) context: Context,
    pub(super) caller: Caller,
    pub(super) session: Session,
    pub(super) language: Language,
    /// The address that was asked for, with its query.
    pub(super) path: String,
}

/// A form that such a visitor sent from a page of his own session.
pub(super) struct Posted {
    pub(super) visitor: Visitor,
    pub(super) fields: Fields,
}

impl Visitor {
    /// Whether he may do something.
    pub(super) fn may(&self, permission: Permission) -> bool {
        self.session.must(permission).is_ok()
    }

    /// The page that says no, where he may not do something.
    pub(super) fn refusal(&self, permission: Permission) -> Option<Response> {
        (!self.may(permission)).then(|| self.not_allowed())
    }

    /// The page that says that he may not do something.
    pub(super) fn not_allowed(&self) -> Response {
        let c = Common::of(self.language);
        frame::message(StatusCode::FORBIDDEN, frame::Frame::of(self, c.not_allowed), c.not_allowed_text)
    }

    /// The page that says that there is nothing.
    pub(super) fn none(&self) -> Response {
        let c = Common::of(self.language);
        frame::message(StatusCode::NOT_FOUND, frame::Frame::of(self, c.not_found), c.not_found_text)
    }

    /// The page about a failure that is not his.
    pub(super) fn failed(&self, error: &EngineError) -> Response {
        match error {
            EngineError::Forbidden(_) => self.not_allowed(),
            EngineError::NotFound { .. } => self.none(),
            error => frame::failed(self.language, error, &self.context),
        }
    }

    /// How he is called.
    pub(super) fn name(&self) -> &str {
        match &self.session.who {
            Who::Person(person) => person.called(),
            Who::Token(_) => "token",
        }
    }

    /// How his role is called.
    pub(super) fn role_name(&self) -> &'static str {
        frame::role_name(Common::of(self.language), self.session.role().unwrap_or(Role::ReadOnly))
    }
}

/// Who asks, known or not.
pub(super) fn caller(app: &App, context: &Context, headers: &HeaderMap) -> Caller {
    app::caller(app, context, headers, Front::Console)
}

async fn look(app: &App, parts: &mut Parts) -> Result<Option<Visitor>, Response> {
    let context =
        Context::from_request_parts(parts, app).await.map_err(axum::response::IntoResponse::into_response)?;
    let language = Language::of(&parts.headers);
    let Some(secret) = CONSOLE.read(&context, &parts.headers) else { return Ok(None) };
    let session = app.engine().session(&secret).await;
    let Some(session) = session.map_err(|error| frame::failed(language, &error, &context))? else {
        return Ok(None);
    };
    let caller = Caller { actor: session.actor(), ..caller(app, &context, &parts.headers) };
    let path = parts.uri.path_and_query().map_or(super::HOME, |path| path.as_str()).to_owned();
    Ok(Some(Visitor { app: app.clone(), context, caller, session, language, path }))
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        if let Some(visitor) = look(app, parts).await? {
            return Ok(visitor);
        }
        // A part of a page cannot be a page to sign in at: the whole page is asked for anew, and leads there.
        if parts.headers.contains_key("hx-request") {
            return Err(([("hx-refresh", "true")], StatusCode::NO_CONTENT).into_response());
        }
        let next = if parts.method == Method::GET { parts.uri.path_and_query() } else { None };
        let next = next.map_or(super::HOME, |next| next.as_str());
        Err(sign_in::page(Language::of(&parts.headers), StatusCode::UNAUTHORIZED, next, "", None, None))
    }
}

impl FromRequest<App> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = look(app, &mut parts).await?;
        let language = Language::of(&parts.headers);
        let csrf_header =
            parts.headers.get("x-csrf-token").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (uri, headers) = (parts.uri.clone(), parts.headers.clone());
        let RawBody(body) = RawBody::from_request(Request::from_parts(parts, body), app).await?;
        let fields = Fields::parse(&body);
        let is_ours = is_of_this_site(&uri, &headers);
        let kept = Kept::of(uri.path(), &fields).filter(|_| is_ours);
        let Some(visitor) = visitor else {
            // A part of a page cannot be a page to sign in at.
            if headers.contains_key("hx-request") {
                return Err(([("hx-refresh", "true")], StatusCode::NO_CONTENT).into_response());
            }
            let t = SignIn::of(language);
            let over = if kept.is_some() { t.session_over_kept } else { t.session_over };
            // Where the form was: it says so itself, because another site could name any address.
            let next = frame::ours(fields.get("at"));
            let status = StatusCode::UNAUTHORIZED;
            return Err(sign_in::page(language, status, next, "", Some(over.to_owned()), kept));
        };
        // What is answered to a form is no address to come back to.
        let visitor = Visitor { path: frame::ours(fields.get("at")).to_owned(), ..visitor };
        // Scripts of ours send the proof in a header, so that it stands in no address.
        let shown = csrf_header.as_deref().unwrap_or_else(|| fields.get("csrf"));
        if !app.engine().admits(&visitor.session, shown) {
            // A page of an older session of the same person, most likely.
            let secret = CONSOLE.read(&visitor.context, &headers);
            if let (Some(kept), Some(secret)) = (kept, secret) {
                let (context, at) = (&visitor.context, fields.get("at"));
                let again = kept.page(app, context, &headers, &secret, at, StatusCode::FORBIDDEN).await;
                if let Some(again) = again {
                    return Err(again);
                }
            }
            let f = frame::Frame::bare(language, Common::of(language).nothing_done);
            let sentence = f.c.foreign_form;
            return Err(frame::message(StatusCode::FORBIDDEN, f, sentence));
        }
        Ok(Self { visitor, fields })
    }
}
