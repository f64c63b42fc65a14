//! Signing in: the password, then the code where there is a second factor; and out again.

use askama::Template;
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use keyward_engine::SessionSecret;
use keyward_engine::people::{Delayed, SignedIn};

use super::frame::{self, Frame, ours, see};
use super::kept::Kept;
use super::language::Language;
use super::texts::{SignIn, fill, wait};
use super::visitor::{Posted, Visitor, caller};
use crate::app::{App, log_failure};
use crate::layers::{Context, RawBody, Refused};
use crate::limits::{Counted, Network, RetryAfter};
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
    kept: Option<Kept>,
}

#[derive(Template)]
#[template(path = "console/code.html")]
struct CodePage<'a> {
    f: Frame<'a>,
    t: &'static SignIn,
    problem: Option<String>,
    next: &'a str,
    kept: Option<Kept>,
}

/// The page to sign in at, that leads on to another one.
pub(super) fn page(
    language: Language,
    status: StatusCode,
    next: &str,
    email: &str,
    problem: Option<String>,
    kept: Option<Kept>,
) -> Response {
    let t = SignIn::of(language);
    let next = ours(next);
    let mut f = Frame::bare(language, t.title);
    next.clone_into(&mut f.path);
    frame::html(status, &Page { f, t, problem, email, next, kept })
}

fn code_page(
    language: Language,
    status: StatusCode,
    next: &str,
    problem: Option<String>,
    kept: Option<Kept>,
) -> Response {
    let t = SignIn::of(language);
    let next = ours(next);
    let mut f = Frame::bare(language, t.code_title);
    f.path = address(CODE, &[("next", next)]);
    frame::html(status, &CodePage { f, t, problem, next, kept })
}

/// `GET /console/sign-in`.
pub(super) async fn show(headers: HeaderMap, uri: Uri, visitor: Result<Visitor, Response>) -> Response {
    let fields = Fields::of_query(uri.query());
    if visitor.is_ok() {
        return see(ours(fields.get("next")));
    }
    page(Language::of(&headers), StatusCode::OK, fields.get("next"), "", None, None)
}

/// How long to wait, in the page that goes on then.
fn later(mut page: Response, seconds: u64) -> Response {
    page.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    page
}

/// Writes down that a delay begins; that this fails keeps nobody in or out.
async fn note(app: &App, context: &Context, headers: &HeaderMap, who: Delayed<'_>) {
    if let Err(error) = app.engine().note_delay(&caller(app, context, headers), who).await {
        log_failure(&error);
    }
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
    let kept = Kept::carried(&fields);
    let again = |status, problem: String| page(language, status, next, email, Some(problem), kept.clone());
    // Another site's page could sign its visitor in under an account of its own.
    if !is_of_this_site(&uri, &headers) {
        return page(language, StatusCode::FORBIDDEN, next, email, Some(t.other_site.to_owned()), None);
    }
    let (delays, network) = (app.sign_ins(), Network::from(context.client));
    let sender = Counted::Sender(email, network);
    let all = [sender, Counted::Network(network), Counted::Everybody(email)];
    // Neither neighbours nor strangers keep anybody out who comes from where he signed in before.
    let under = if delays.knows(sender) { &all[..1] } else { &all[..] };
    if let Err(RetryAfter(seconds)) = delays.begin(under, now) {
        let problem = fill(t.wait, wait(language, seconds));
        return later(again(StatusCode::TOO_MANY_REQUESTS, problem), seconds);
    }
    let caller = caller(&app, &context, &headers);
    let signed_in = match app.engine().sign_in(&caller, email, fields.get("password")).await {
        Ok(signed_in) => signed_in,
        Err(error) => {
            delays.withdraw(under);
            return frame::failed(language, &error, &context);
        }
    };
    let Some(signed_in) = signed_in else {
        app.metrics().refused(context.front.name, "PASSWORD_WRONG");
        let mut is_news = false;
        for counted in under.iter().filter(|counted| !matches!(counted, Counted::Network(_))) {
            is_news |= delays.begins(*counted, now);
        }
        if is_news {
            note(&app, &context, &headers, Delayed::Password(email)).await;
        }
        return match app.failed(&context) {
            Err(locked) => refused(locked, &context, t.locked, language, again),
            Ok(()) => again(StatusCode::UNAUTHORIZED, t.wrong.to_owned()),
        };
    };
    delays.withdraw(under);
    delays.succeeded(sender);
    match kept {
        Some(kept) if signed_in.needs_code => {
            let page = code_page(language, StatusCode::OK, next, None, Some(kept));
            CONSOLE.set(page, &signed_in.secret, &context)
        }
        Some(kept) => back(&app, &context, &headers, &signed_in.secret, next, &kept).await,
        None => enter(&signed_in, next, &context),
    }
}

/// The same page again for a sender who is locked out, with what was typed.
fn refused(
    locked: Refused,
    context: &Context,
    sentence: &str,
    language: Language,
    again: impl Fn(StatusCode, String) -> Response,
) -> Response {
    match locked {
        Refused::RateLimited(RetryAfter(seconds)) => {
            let problem = fill(sentence, wait(language, seconds));
            later(again(StatusCode::TOO_MANY_REQUESTS, problem), seconds)
        }
        other => context.front.refuse(other, context.id),
    }
}

/// Back to the form that was not taken, with what was typed; somebody else sees nothing of it.
async fn back(
    app: &App,
    context: &Context,
    headers: &HeaderMap,
    secret: &SessionSecret,
    next: &str,
    kept: &Kept,
) -> Response {
    let page = kept.page(app, context, headers, secret, next, StatusCode::OK).await;
    CONSOLE.set(page.unwrap_or_else(|| see(ours(next))), secret, context)
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
        Ok(Some(_)) => code_page(language, StatusCode::OK, fields.get("next"), None, None),
        Ok(None) => page(language, StatusCode::OK, fields.get("next"), "", None, None),
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
        return page(language, StatusCode::FORBIDDEN, next, "", Some(t.other_site.to_owned()), None);
    }
    let kept = Kept::carried(&fields);
    let over = || {
        let sentence = if kept.is_some() { t.session_over_kept } else { t.session_over };
        page(language, StatusCode::UNAUTHORIZED, next, "", Some(sentence.to_owned()), kept.clone())
    };
    let again = |status, problem: String| code_page(language, status, next, Some(problem), kept.clone());
    let Some(secret) = CONSOLE.read(&context, &headers) else { return over() };
    let person = match app.engine().waits_for_code(&secret).await {
        Ok(Some(person)) => person,
        Ok(None) => return over(),
        Err(error) => return frame::failed(language, &error, &context),
    };
    // Codes are short. Whoever knows the password and signs in anew has no more tries than before.
    let (delays, codes, now) = (app.sign_ins(), Counted::Code(person), app.clock().now());
    if let Err(RetryAfter(seconds)) = delays.begin(&[codes], now) {
        let problem = fill(t.code_wait, wait(language, seconds));
        return later(again(StatusCode::TOO_MANY_REQUESTS, problem), seconds);
    }
    let caller = caller(&app, &context, &headers);
    match app.engine().show_code(&caller, &secret, fields.get("code")).await {
        Ok(Ok(secret)) => {
            delays.succeeded(codes);
            match kept {
                Some(kept) => back(&app, &context, &headers, &secret, next, &kept).await,
                None => CONSOLE.set(see(ours(next)), &secret, &context),
            }
        }
        Ok(Err(_)) => {
            app.metrics().refused(context.front.name, "CODE_WRONG");
            if delays.begins(codes, now) {
                note(&app, &context, &headers, Delayed::Code(person)).await;
            }
            match app.failed(&context) {
                Err(locked) => refused(locked, &context, t.locked, language, again),
                Ok(()) => again(StatusCode::UNAUTHORIZED, t.code_wrong.to_owned()),
            }
        }
        Err(error) => {
            delays.withdraw(&[codes]);
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
