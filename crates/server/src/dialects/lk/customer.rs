//! Who asks: the bearer of a token that is bound to an installation; or, beside the console, somebody who signed in there,
//! for the account's own installation and as far as his role may.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use keyward_core::code::Code;
use keyward_engine::installation::Holding;
use keyward_engine::license::{Found, Named};
use keyward_engine::token::Permission;
use keyward_engine::{
    Actor, Bearer, Caller, Engine, EngineError, Front, Idempotency, Render, Repeatable, Session,
};
use std::sync::Arc;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::BesideConsole;
use super::shape::{Answer, No, Refusal};
use crate::app::{self, App, is_temporary, log_failure};
use crate::layers::{Context, Refused};
use crate::limits::RetryAfter;
use crate::web::CONSOLE;

/// An installation, for a handler that asks for it: nobody else gets that far.
pub(super) struct Customer {
    pub(super) installation: Uuid,
    pub(super) caller: Caller,
    /// Whether the token may see the installation's key.
    pub(super) reads_key: bool,
    /// Somebody of the console, instead of a token: whoever sees a key is written down.
    is_person: bool,
    app: App,
    context: Context,
    headers: HeaderMap,
}

impl FromRequestParts<App> for Customer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let context = Context::from_request_parts(parts, app)
            .await
            .map_err(axum::response::IntoResponse::into_response)?;
        if let Some(person) = Self::of_console(app, context, parts).await {
            return person.map_err(No::into_response);
        }
        match app.bearer(&parts.headers).await {
            Ok(Some(bearer)) => Self::of(app, context, &parts.headers, &bearer).map_err(No::into_response),
            Ok(None) => Err(unknown(app, &context, &parts.headers)),
            Err(error) => Err(failed(&error).into_response()),
        }
    }
}

impl Customer {
    /// Somebody who signed in to the console at this listener; `None` when there is none, or a token is shown.
    async fn of_console(app: &App, context: Context, parts: &Parts) -> Option<Result<Self, No>> {
        let beside = parts.extensions.get::<BesideConsole>().is_some_and(|beside| beside.0);
        if !beside || parts.headers.contains_key(AUTHORIZATION) {
            return None;
        }
        let secret = CONSOLE.read(&context, &parts.headers)?;
        match app.engine().session(&secret).await {
            Ok(session) => Some(Self::of_session(app, context, parts, &session?)),
            Err(error) => Some(Err(failed(&error))),
        }
    }

    fn of_session(app: &App, context: Context, parts: &Parts, session: &Session) -> Result<Self, No> {
        let needed = permission(parts);
        session.must(needed).map_err(|_| {
            let error = "Your role may not do this";
            No::new(StatusCode::FORBIDDEN, "FORBIDDEN", error).with("ask an administrator")
        })?;
        let proof = parts.headers.get(PROOF).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !is_read(&parts.method) && !app.engine().admits(session, proof) {
            let error = "This was not sent from a page of your session, so nothing was done";
            let no = No::new(StatusCode::FORBIDDEN, "FORBIDDEN", error);
            return Err(no.with("send the page's csrf value in the header X-CSRF-Token"));
        }
        let catalog = app.engine().catalog();
        let Some(own) = catalog.own_installation() else { return Err(No::not_found("installation")) };
        let product = catalog.product(&app.config().dialects.lk.product).map(|product| product.id);
        let caller = Caller {
            actor: session.actor(),
            product,
            ..app::caller(app, &context, &parts.headers, Front::Lk)
        };
        let (app, headers, installation) = (app.clone(), parts.headers.clone(), own.row.id);
        let reads_key = session.must(Permission::KeyManage).is_ok();
        Ok(Self { installation, caller, reads_key, is_person: true, app, context, headers })
    }

    /// The key of a licence, in plain.
    pub(super) async fn key_of(&self, found: &Found) -> Result<Zeroizing<String>, No> {
        let key = if self.is_person {
            self.engine().reveal(&self.caller, &Named::Id(found.license.id)).await
        } else {
            self.engine().key_of(found).await
        };
        key.map_err(|error| failed(&error))
    }

    fn of(app: &App, context: Context, headers: &HeaderMap, bearer: &Bearer) -> Result<Self, No> {
        let Some(installation) = bearer.installation else {
            app.metrics().refused(super::FRONT.name, "FORBIDDEN");
            let error = "This token is bound to no installation";
            return Err(No::new(StatusCode::FORBIDDEN, "FORBIDDEN", error).with(BOUND));
        };
        let product =
            app.engine().catalog().product(&app.config().dialects.lk.product).map(|product| product.id);
        let caller = Caller {
            actor: Actor::Token(bearer.token),
            product,
            ..app::caller(app, &context, headers, Front::Lk)
        };
        let (app, headers) = (app.clone(), headers.clone());
        let reads_key = bearer.reads_installation_key;
        Ok(Self { installation, caller, reads_key, is_person: false, app, context, headers })
    }

    pub(super) fn engine(&self) -> &Arc<Engine> {
        self.app.engine()
    }

    /// What the installation has, as it is now.
    pub(super) async fn holding(&self) -> Result<Holding, No> {
        self.engine().holding(&self.caller, self.installation).await.map_err(|error| failed(&error))
    }

    /// The request's `Idempotency-Key`, with how its answer is kept.
    pub(super) fn repeat<T>(
        &self,
        route: &'static str,
        body: &[u8],
        render: Render<T>,
    ) -> Result<Option<(Idempotency, Render<T>)>, No> {
        match self.headers.get("idempotency-key").map(|value| value.to_str()) {
            None => Ok(None),
            Some(Ok(key)) if (1..=Idempotency::MAX_KEY).contains(&key.len()) => {
                Ok(Some((Idempotency::new(key.to_owned(), route, body), render)))
            }
            Some(_) => {
                let error = "The Idempotency-Key must have 1 to 255 printable characters";
                Err(No::new(StatusCode::BAD_REQUEST, "INVALID_IDEMPOTENCY_KEY", error))
            }
        }
    }

    /// The answer to something that may be repeated; `refusal` says of what was done now whether it was refused.
    pub(super) fn answer<T>(
        &self,
        outcome: Result<Repeatable<T>, EngineError>,
        render: Render<T>,
        refusal: impl FnOnce(&T) -> Option<Refusal<'_>>,
    ) -> Answer {
        let (status, body) = match outcome.map_err(|error| failed(&error))? {
            Repeatable::Kept(status, body) => (status, body),
            Repeatable::Fresh(done) => match refusal(&done) {
                Some(refusal) => return Err(self.refused(refusal)),
                None => render(&done),
            },
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Ok((status, [(axum::http::header::CONTENT_TYPE, "application/json")], body).into_response())
    }

    /// A refusal, counted; a guess is charged to the address.
    fn refused(&self, refusal: Refusal<'_>) -> No {
        let verdict = match refusal {
            Refusal::Verdict(verdict) => verdict,
            Refusal::TooManyTries(until) => {
                let no = No::too_many_tries(until);
                self.app.metrics().refused(super::FRONT.name, no.code);
                let wait = RetryAfter::between(self.engine().now(), until);
                return No { retry_after: Some(wait), ..no };
            }
        };
        self.app.metrics().refused(super::FRONT.name, verdict.code.as_str());
        let is_guess = matches!(verdict.code, Code::NotFound | Code::BadSignature | Code::Malformed);
        match if is_guess { self.app.failed(&self.context) } else { Ok(()) } {
            Err(locked) => locked_out(locked),
            Ok(()) => No::of(verdict),
        }
    }
}

/// The proof that a change comes from a page of the console.
const PROOF: &str = "x-csrf-token";

const fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// What somebody of the console must be allowed to do.
fn permission(parts: &Parts) -> Permission {
    let path = parts.uri.path();
    let path = path.strip_prefix("/api").unwrap_or(path);
    match path {
        _ if !is_read(&parts.method) => Permission::LicenseChange,
        "/license/installation-key" => Permission::KeyManage,
        // With whole keys.
        path if path.starts_with("/licenses") => Permission::LicenseReveal,
        _ => Permission::LicenseRead,
    }
}

/// What a person who has the wrong token, or none, can do.
const BOUND: &str = "make one that is bound to an installation: keyward token create --installation NAME";

/// Whoever shows a token that nobody has is guessing; whoever shows none is not.
fn unknown(app: &App, context: &Context, headers: &HeaderMap) -> Response {
    app.metrics().refused(super::FRONT.name, "UNAUTHORIZED");
    if headers.contains_key(AUTHORIZATION) {
        if let Err(locked) = app.failed(context) {
            return context.front.refuse(locked, context.id);
        }
        let error = "No such token is good: it is unknown, revoked or expired";
        return No::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", error).with(BOUND).into_response();
    }
    let error = "A token is needed: Authorization: Bearer …";
    No::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", error).with(BOUND).into_response()
}

fn locked_out(why: Refused) -> No {
    let mut no = No::new(why.status(), why.code(), why.sentence());
    if let Refused::RateLimited(wait) = why {
        no.retry_after = Some(wait);
    }
    no
}

/// What the engine did not do. Its cause stays in the log when it is not the client's.
pub(super) fn failed(error: &EngineError) -> No {
    let status = match error {
        EngineError::NotFound { .. } => StatusCode::NOT_FOUND,
        EngineError::Forbidden(_) => StatusCode::FORBIDDEN,
        EngineError::Invalid { .. } | EngineError::Refused(_) | EngineError::Date(_) => {
            StatusCode::BAD_REQUEST
        }
        EngineError::NotAllowed(verdict) => return No::of(verdict),
        EngineError::Taken { .. }
        | EngineError::AlreadySo(_)
        | EngineError::Changed(_)
        | EngineError::Limit { .. }
        | EngineError::IdempotencyInProgress => StatusCode::CONFLICT,
        EngineError::IdempotencyReused => StatusCode::UNPROCESSABLE_ENTITY,
        _ if is_temporary(error) => {
            log_failure(error);
            let message = "The licence database is not available at the moment; try again in a moment. What is repeated \
                           with the same Idempotency-Key is done once.";
            let no = No::new(StatusCode::SERVICE_UNAVAILABLE, error.code(), message);
            return No { retry_after: Some(RetryAfter(2)), ..no };
        }
        _ => {
            log_failure(error);
            let why = Refused::Failed;
            return No::new(why.status(), why.code(), why.sentence());
        }
    };
    No::new(status, error.code(), error.to_string()).with(error.remedy())
}
