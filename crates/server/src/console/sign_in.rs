//! Signing in: the password, then the code where there is a second factor; and out again.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use keyward_engine::people::SignedIn;

use super::frame::{self, Frame, ours, see};
use super::language::Language;
use super::texts::{SignIn, fill, wait};
use super::visitor::{Posted, Visitor, caller};
use crate::app::App;
use crate::layers::{Context, RawBody};
use crate::limits::{Network, RetryAfter};
use crate::web::{CONSOLE, Fields, address, is_of_this_site};

const CODE: &str = "/console/sign-in/code";

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct Page<'a> {
    f: Frame<'a>,
    t: &'static SignIn,
    problem: Option<String>,
    email: &'a str,
    next: &'a str,
}

#[derive(Template)]
#[template(path = "console/code.html")]
struct CodePage<'a> {
    f: Frame<'a>,
    t: &'static SignIn,
    problem: Option<String>,
    next: &'a str,
}

/// The page to sign in at, that leads on to another one.
pub(super) fn page(
    language: Language,
    status: StatusCode,
    next: &str,
    email: &str,
    problem: Option<String>,
) -> Response {
    let t = SignIn::of(language);
    let next = ours(next);
    let mut f = Frame::bare(language, t.title);
    next.clone_into(&mut f.path);
    frame::html(status, &Page { f, t, problem, email, next })
}

fn code_page(language: Language, status: StatusCode, next: &str, problem: Option<String>) -> Response {
    let t = SignIn::of(language);
    let next = ours(next);
    let mut f = Frame::bare(language, t.code_title);
    f.path = address(CODE, &[("next", next)]);
    frame::html(status, &CodePage { f, t, problem, next })
}

/// `GET /console/sign-in`.
pub(super) async fn show(headers: HeaderMap, uri: Uri, visitor: Result<Visitor, Response>) -> Response {
    let fields = Fields::of_query(uri.query());
    if visitor.is_ok() {
        return see(ours(fields.get("next")));
    }
    page(Language::of(&headers), StatusCode::OK, fields.get("next"), "", None)
}

/// `POST /console/sign-in`.
pub(super) async fn sign_in(
    State(app): State<App>,
    context: Context,
    uri: Uri,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Response {
    let fields = Fields::parse(&body);
    let language = Language::of(&headers);
    let t = SignIn::of(language);
    let (email, next, now) = (fields.get("email").trim(), ours(fields.get("next")), app.clock().now());
    let again = |status, problem: String| page(language, status, next, email, Some(problem));
    // Another site's page could sign its visitor in under an account of its own.
    if !is_of_this_site(&uri, &headers) {
        return again(StatusCode::FORBIDDEN, t.other_site.to_owned());
    }
    let who = format!("{email} {:?}", Network::from(context.client));
    if let Err(RetryAfter(seconds)) = app.sign_ins().begin(&who, now) {
        let problem = fill(t.wait, wait(language, seconds));
        return again(StatusCode::TOO_MANY_REQUESTS, problem);
    }
    let caller = caller(&app, &context, &headers);
    let signed_in = match app.engine().sign_in(&caller, email, fields.get("password")).await {
        Ok(signed_in) => signed_in,
        Err(error) => {
            app.sign_ins().withdraw(&who);
            return frame::failed(language, &error, &context);
        }
    };
    let Some(signed_in) = signed_in else {
        app.metrics().refused(context.front.name, "PASSWORD_WRONG");
        return match app.failed(&context) {
            Err(locked) => context.front.refuse(locked, context.id),
            Ok(()) => again(StatusCode::UNAUTHORIZED, t.wrong.to_owned()),
        };
    };
    app.sign_ins().succeeded(&who);
    enter(&signed_in, next, &context)
}

/// On to the next page, by way of the code where one is still to be shown.
pub(super) fn enter(signed_in: &SignedIn, next: &str, context: &Context) -> Response {
    let place = if signed_in.needs_code { address(CODE, &[("next", next)]) } else { next.to_owned() };
    CONSOLE.set(see(&place), &signed_in.secret, context)
}

/// `GET /console/sign-in/code`.
pub(super) async fn show_code(
    State(app): State<App>,
    context: Context,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let (fields, language) = (Fields::of_query(uri.query()), Language::of(&headers));
    let waits = match CONSOLE.read(&context, &headers) {
        Some(secret) => app.engine().waits_for_code(&secret).await,
        None => Ok(None),
    };
    match waits {
        Ok(Some(_)) => code_page(language, StatusCode::OK, fields.get("next"), None),
        Ok(None) => page(language, StatusCode::OK, fields.get("next"), "", None),
        Err(error) => frame::failed(language, &error, &context),
    }
}

/// `POST /console/sign-in/code`.
pub(super) async fn code(
    State(app): State<App>,
    context: Context,
    uri: Uri,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Response {
    let (fields, language) = (Fields::parse(&body), Language::of(&headers));
    let (t, next) = (SignIn::of(language), fields.get("next"));
    if !is_of_this_site(&uri, &headers) {
        return page(language, StatusCode::FORBIDDEN, next, "", Some(t.other_site.to_owned()));
    }
    let over = || page(language, StatusCode::UNAUTHORIZED, next, "", Some(t.session_over.to_owned()));
    let Some(secret) = CONSOLE.read(&context, &headers) else { return over() };
    let person = match app.engine().waits_for_code(&secret).await {
        Ok(Some(person)) => person.to_string(),
        Ok(None) => return over(),
        Err(error) => return frame::failed(language, &error, &context),
    };
    // Codes are short. Whoever knows the password and signs in anew has no more tries than before.
    if let Err(RetryAfter(seconds)) = app.sign_ins().begin(&person, app.clock().now()) {
        let problem = fill(t.code_wait, wait(language, seconds));
        return code_page(language, StatusCode::TOO_MANY_REQUESTS, next, Some(problem));
    }
    let caller = caller(&app, &context, &headers);
    match app.engine().show_code(&caller, &secret, fields.get("code")).await {
        Ok(Ok(secret)) => {
            app.sign_ins().succeeded(&person);
            CONSOLE.set(see(ours(next)), &secret, &context)
        }
        Ok(Err(_)) => {
            app.metrics().refused(context.front.name, "CODE_WRONG");
            match app.failed(&context) {
                Err(locked) => context.front.refuse(locked, context.id),
                Ok(()) => code_page(language, StatusCode::UNAUTHORIZED, next, Some(t.code_wrong.to_owned())),
            }
        }
        Err(error) => {
            app.sign_ins().withdraw(&person);
            frame::failed(language, &error, &context)
        }
    }
}

/// `POST /console/sign-out`.
pub(super) async fn sign_out(posted: Posted) -> Response {
    let Posted { visitor, .. } = posted;
    if let Err(error) = visitor.app.engine().close_session(&visitor.caller, &visitor.session).await {
        return visitor.failed(&error);
    }
    CONSOLE.clear(see("/console/sign-in"), &visitor.context)
}
