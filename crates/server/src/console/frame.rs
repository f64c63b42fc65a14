//! What stands around every page, and the pages that only say something.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use keyward_core::time::Timestamp;
use keyward_engine::EngineError;
use keyward_engine::token::{Permission, Role};

use super::HOME;
use super::assets::{ASSETS, Assets};
use super::language::Language;
use super::texts::{Attempts, Common, Devices, Examine, Features, Generate, LicenseKey, fill, wait};
use super::visitor::Visitor;
use crate::app::{App, is_temporary, log_failure};
use crate::layers::{Context, Refused, RequestId};
use crate::limits::RetryAfter;
use crate::web;

/// Our own style sheet, scripts and pictures, and forms that are sent here: nothing of any other host, nothing inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// A longer address to go to is dropped, in bytes.
const MAX_NEXT: usize = 8_192;

/// What stands around a page.
pub(super) struct Frame<'a> {
    pub(super) title: String,
    /// The texts of the frame.
    pub(super) c: &'static Common,
    pub(super) language: Language,
    pub(super) assets: &'static Assets,
    /// Whoever is signed in.
    pub(super) visitor: Option<&'a Visitor>,
    /// The address of this page, to come back to.
    pub(super) path: String,
    /// What was done before this page was opened.
    pub(super) notice: Option<String>,
}

/// A place in the menu.
pub(super) struct Place {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    pub(super) is_here: bool,
}

impl<'a> Frame<'a> {
    /// Around a page for somebody who signed in.
    pub(super) fn of(visitor: &'a Visitor, title: impl Into<String>) -> Self {
        let mut frame = Self::bare(visitor.language, title);
        frame.path.clone_from(&visitor.path);
        frame.visitor = Some(visitor);
        frame
    }

    /// Around a page for nobody in particular.
    pub(super) fn bare(language: Language, title: impl Into<String>) -> Self {
        let (title, path) = (title.into(), HOME.to_owned());
        let (c, assets) = (Common::of(language), &*ASSETS);
        Self { title, c, language, assets, visitor: None, path, notice: None }
    }

    /// With what was done before.
    pub(super) fn saying(self, notice: Option<impl Into<String>>) -> Self {
        Self { notice: notice.map(Into::into), ..self }
    }

    /// The proof for the forms of this page, and whose they are.
    pub(super) fn csrf(&self) -> String {
        let proof = |visitor: &Visitor| {
            let session = &visitor.session;
            format!("{}.{}", session.csrf.expose(), visitor.app.engine().whose(session))
        };
        self.visitor.map(proof).unwrap_or_default()
    }

    /// Whether whoever looks may do something.
    pub(super) fn may(&self, permission: Permission) -> bool {
        self.visitor.is_some_and(|visitor| visitor.may(permission))
    }

    /// The menu: what the person's role may see.
    pub(super) fn menu(&self) -> Vec<Place> {
        let c = self.c;
        let places = [
            (HOME, c.dashboard, Permission::StatsRead),
            ("/console/generate", Generate::of(self.language).title, Permission::LicenseIssue),
            ("/console/licenses", c.licenses, Permission::LicenseRead),
            ("/console/test", Examine::of(self.language).title, Permission::LicenseRead),
            ("/console/license-key", LicenseKey::of(self.language).menu, Permission::LicenseRead),
            ("/console/customers", c.customers, Permission::LicenseRead),
            ("/console/devices", Devices::of(self.language).title, Permission::LicenseRead),
            ("/console/attempts", Attempts::of(self.language).title, Permission::LicenseRead),
            ("/console/installations", c.installations, Permission::LicenseRead),
            ("/console/products", c.products, Permission::LicenseRead),
            ("/console/features", Features::of(self.language).title, Permission::LicenseRead),
            ("/console/pools", c.pools, Permission::StatsRead),
            ("/console/keys", c.keys, Permission::SettingsRead),
            ("/console/tokens", c.tokens, Permission::TokenManage),
            ("/console/people", c.people, Permission::PeopleManage),
            ("/console/audit", c.audit, Permission::AuditRead),
            ("/console/settings", c.settings, Permission::SettingsRead),
        ];
        let here = self.path.split('?').next().unwrap_or_default();
        let is_here = |path: &str| if path == HOME { here == HOME } else { here.starts_with(path) };
        let seen = places.into_iter().filter(|(.., permission)| self.may(*permission));
        seen.map(|(path, name, _)| Place { path, name, is_here: is_here(path) }).collect()
    }

    /// Every language, for the switch.
    #[expect(clippy::unused_self, reason = "templates ask the frame")]
    pub(super) fn languages(&self) -> [Language; 2] {
        Language::ALL
    }
}

/// How a role is called.
pub(super) const fn role_name(c: &Common, role: Role) -> &'static str {
    match role {
        Role::Admin => c.role_admin,
        Role::Developer => c.role_developer,
        Role::SalesAgent => c.role_sales,
        Role::SupportAgent => c.role_support,
        Role::ReadOnly => c.role_read_only,
    }
}

/// A page that says something.
#[derive(Template)]
#[template(path = "console/message.html")]
struct Message<'a> {
    f: Frame<'a>,
    sentence: String,
    request: Option<String>,
}

/// A page, kept by nobody and framed by nobody.
pub(super) fn html(status: StatusCode, page: &impl Template) -> Response {
    web::html(status, POLICY, page)
}

/// To another page of the console.
pub(super) fn see(path: &str) -> Response {
    web::see(path, HOME)
}

/// A page with one sentence.
pub(super) fn message(status: StatusCode, f: Frame<'_>, sentence: impl Into<String>) -> Response {
    html(status, &Message { f, sentence: sentence.into(), request: None })
}

/// Nothing is at this address, or nothing of this name is there.
pub(super) fn none(language: Language) -> Response {
    let f = Frame::bare(language, Common::of(language).not_found);
    let sentence = f.c.not_found_text;
    message(StatusCode::NOT_FOUND, f, sentence)
}

/// Whatever is decided around the handlers, where nothing is known of the reader: [`in_language`] words it for him.
pub(super) fn refused(why: Refused, id: RequestId) -> Response {
    let mut response = refused_in(Language::English, why, id);
    response.extensions_mut().insert(Wording { why, id });
    response
}

/// What an answer says that was worded for nobody in particular.
#[derive(Clone, Copy)]
struct Wording {
    why: Refused,
    id: RequestId,
}

/// Says in the reader's language what was decided around the handlers.
pub(crate) async fn in_language(request: Request, next: Next) -> Response {
    let language = Language::of(request.headers());
    let mut response = next.run(request).await;
    if let Some(Wording { why, id }) = response.extensions_mut().remove::<Wording>() {
        let worded = refused_in(language, why, id);
        for name in [CONTENT_LENGTH, CONTENT_TYPE] {
            response.headers_mut().remove(name);
        }
        let (head, body) = worded.into_parts();
        for (name, value) in &head.headers {
            response.headers_mut().insert(name, value.clone());
        }
        *response.body_mut() = body;
    }
    response
}

fn refused_in(language: Language, why: Refused, id: RequestId) -> Response {
    let c = Common::of(language);
    let (title, sentence) = match why {
        Refused::RateLimited(RetryAfter(seconds)) => {
            let sentence = fill(c.too_many_text, wait(language, seconds));
            let mut response = message(why.status(), Frame::bare(language, c.too_many), sentence);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            return response;
        }
        Refused::BodyTooLarge => (c.too_large, c.too_large_text),
        Refused::NotFound => (c.not_found, c.not_found_text),
        Refused::MethodNotAllowed => (c.wrong_method, c.wrong_method_text),
        Refused::BodyTimedOut | Refused::BodyBroken => (c.not_received, c.not_received_text),
        Refused::Failed => (c.failed, c.failed_text),
    };
    let f = Frame::bare(language, title);
    html(why.status(), &Message { f, sentence: sentence.to_owned(), request: Some(id.to_string()) })
}

/// A failure that is not the reader's: its cause stays in the log.
pub(super) fn failed(language: Language, error: &EngineError, context: &Context) -> Response {
    log_failure(error);
    let c = Common::of(language);
    let (status, title, sentence) = if is_temporary(error) {
        (StatusCode::SERVICE_UNAVAILABLE, c.unavailable, c.unavailable_text)
    } else {
        (StatusCode::INTERNAL_SERVER_ERROR, c.failed, c.failed_text)
    };
    let request = Some(context.id.to_string());
    let f = Frame::bare(language, title);
    let mut response = html(status, &Message { f, sentence: sentence.to_owned(), request });
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}

/// `/console/…` of which nobody knows.
pub(super) async fn not_found(State(_): State<App>, headers: HeaderMap, _: Uri) -> Response {
    none(Language::of(&headers))
}

/// An instant for people, in UTC.
pub(super) fn instant(at: Timestamp) -> String {
    at.to_record_text().unwrap_or_else(|| format!("{} s", at.seconds()))
}

/// A day for people, in UTC.
pub(super) fn day(at: Timestamp) -> String {
    instant(at).chars().take(10).collect()
}

/// Only pages of the console are led to.
pub(super) fn ours(next: &str) -> &str {
    let is_path = next.starts_with(HOME);
    let sound = next.len() <= MAX_NEXT && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if is_path && sound { next } else { HOME }
}

#[cfg(test)]
mod tests {
    use super::ours;

    #[test]
    fn nobody_is_led_to_another_site() {
        for good in ["/console/", "/console/licenses?q=a%20b&status=active"] {
            assert_eq!(ours(good), good);
        }
        for bad in [
            "",
            "/",
            "/console",
            "//evil.example/console/",
            "https://evil.example/console/",
            "/consolex/",
            "/console/\r\nSet-Cookie: a=b",
            "/console/ü",
            "/console/\\evil.example",
        ] {
            assert_eq!(ours(bad), "/console/", "{bad:?}");
        }
    }
}
