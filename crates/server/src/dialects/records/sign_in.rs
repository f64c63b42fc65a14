//! Signing in with a token, and out again.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use keyward_engine::token::Permission;
use keyward_engine::{Actor, Caller};

use super::page::{self, Frame};
use super::visitor::{Posted, not_allowed};
use crate::app::App;
use crate::layers::{Context, RawBody};
use crate::web::{CONSOLE, Fields, RECORDS, is_of_this_site};

pub(super) const WRONG: &str = "This token is not known here, or it was revoked or has expired.";
pub(super) const OVER: &str = "You are not signed in, or your session is over. Nothing was done. Sign in, and send the form \
                               again.";
/// A longer address to go to after signing in is dropped, in bytes.
const MAX_NEXT: usize = 16_384;

#[derive(Template)]
#[template(path = "records/sign_in.html")]
struct SignIn<'a> {
    frame: Frame<'a>,
    problem: Option<&'a str>,
    next: &'a str,
}

/// The page to sign in at, that leads on to another one.
pub(super) fn page(status: StatusCode, next: &str, problem: Option<&str>) -> Response {
    let frame = Frame { title: "Sign in", csrf: None };
    page::html(status, &SignIn { frame, problem, next: ours(next) })
}

/// `GET /records/sign-in`: whoever signed in and goes back.
pub(super) async fn elsewhere() -> Response {
    page::see("/records")
}

/// `POST /records/sign-in`.
pub(super) async fn sign_in(
    State(app): State<App>,
    context: Context,
    uri: Uri,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Response {
    let fields = Fields::parse(&body);
    let (token, next) = (fields.get("token").trim(), ours(fields.get("next")));
    // Another site's page could sign its visitor in under a token of its own.
    if !is_of_this_site(&uri, &headers) {
        return page(StatusCode::FORBIDDEN, next, Some("This form was sent by another site. Sign in here."));
    }
    if token.is_empty() {
        return page(StatusCode::UNPROCESSABLE_ENTITY, next, Some("Type a token."));
    }
    // Looked up first: a good token is never refused for the address that it comes from.
    let bearer = match app.engine().authenticate(token).await {
        Ok(Some(bearer)) => bearer,
        Ok(None) => {
            app.metrics().refused(context.front.name, "TOKEN_UNKNOWN");
            return match app.failed(&context) {
                Err(locked) => context.front.refuse(locked, context.id),
                Ok(()) => page(StatusCode::UNAUTHORIZED, next, Some(WRONG)),
            };
        }
        Err(error) => return page::failed(&error, &context),
    };
    if bearer.must(Permission::LicenseIssue).is_err() {
        return not_allowed();
    }
    let caller = Caller { actor: Actor::Token(bearer.token), ..super::caller(&app, &context, &headers) };
    match app.engine().open_session(&caller, &bearer).await {
        Ok(secret) => RECORDS.set(page::see(next), &secret, &context),
        Err(error) => page::failed(&error, &context),
    }
}

/// `POST /records/sign-out`.
pub(super) async fn sign_out(State(app): State<App>, context: Context, posted: Posted) -> Response {
    let Posted { visitor, .. } = posted;
    if let Some(session) = &visitor.session
        && let Err(error) = app.engine().close_session(&visitor.caller, session).await
    {
        return page::failed(&error, &context);
    }
    CONSOLE.clear(RECORDS.clear(page::see("/records"), &context), &context)
}

/// Only pages of this dialect are led to.
fn ours(next: &str) -> &str {
    let rest = next.strip_prefix("/records").unwrap_or("no");
    let is_path = rest.is_empty() || rest.starts_with('?') || rest.starts_with('/');
    let sound = next.len() <= MAX_NEXT && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if is_path && sound { next } else { "/records" }
}

#[cfg(test)]
mod tests {
    use super::ours;

    #[test]
    fn nobody_is_led_to_another_site() {
        for good in ["/records", "/records/7", "/records?client_id=a%20b&duration=30"] {
            assert_eq!(ours(good), good);
        }
        for bad in [
            "",
            "/",
            "//evil.example/records",
            "https://evil.example",
            "/recordsx",
            "/records/\r\nSet-Cookie: a=b",
            "/records/ü",
            "/records\\evil.example",
            "/metrics",
        ] {
            assert_eq!(ours(bad), "/records", "{bad:?}");
        }
    }
}
