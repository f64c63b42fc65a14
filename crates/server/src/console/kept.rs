//! What was typed into a form that was not taken because the session was over, or the page was one of an older session.
//!
//! It goes along with the page to sign in at, and stands in the form again for the one who typed it: nothing is done before
//! he presses the button. Only forms that ask for no secret are kept, and nothing of it is in any address or in memory.

mod fill;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use keyward_engine::SessionSecret;
use tower::ServiceExt as _;

use super::frame::ours;
use super::language::Language;
use super::texts::Common;
use crate::app::App;
use crate::layers::Context;
use crate::web::{CONSOLE, Fields};

/// The forms that are kept, by the beginning of their addresses: none of them asks for a password, a code, a whole key or
/// a licence. What is not named here is typed anew; `/console/me` asks for passwords and codes alone.
const KEPT: [&str; 9] = [
    "/console/customers/",
    "/console/features",
    "/console/generate/",
    "/console/installations/",
    "/console/keys/",
    "/console/licenses/",
    "/console/people/",
    "/console/products",
    "/console/tokens",
];
/// Fields that are never kept, in whatever form.
const NEVER: [&str; 8] = ["again", "at", "csrf", "form", "new", "old", "password", "secret"];
/// The form of several licences. What is shown again of its second step is the list that it came from, where the same
/// licences are ticked: whoever comes back looks through them once more.
const SEVERAL: &str = "/console/licenses/bulk";
/// More is typed anew, in bytes: as many licences fit as are changed at once.
const MOST: usize = 65_536;
/// The largest page that is filled in, in bytes.
const MAX_PAGE: usize = 4 << 20;

/// What was typed, where it was sent, and whose session the page was of.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) action: String,
    pub(super) whose: String,
    /// As a form is sent.
    pub(super) fields: String,
}

impl Kept {
    /// What is kept of a form that was sent to an address.
    pub(super) fn of(action: &str, fields: &Fields) -> Option<Self> {
        let (_, whose) = fields.get("csrf").split_once('.')?;
        Self::new(action, whose, fields)
    }

    /// What the page to sign in at carries.
    pub(super) fn carried(fields: &Fields) -> Option<Self> {
        let typed = fields.get("kept");
        Self::new(fields.get("kept_for"), fields.get("kept_of"), &Fields::parse(typed.as_bytes()))
    }

    fn new(action: &str, whose: &str, fields: &Fields) -> Option<Self> {
        let is_kept = ours(action) == action && KEPT.iter().any(|start| action.starts_with(start));
        let is_whose = whose.len() == 32 && whose.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_kept || !is_whose {
            return None;
        }
        let mut typed = form_urlencoded::Serializer::new(String::new());
        let is_several = action == SEVERAL;
        for (name, value) in fields.iter().filter(|(name, _)| !NEVER.contains(name)) {
            match name {
                "step" if is_several => {}
                // Without what was seen of it.
                "license" if is_several => {
                    typed.append_pair(name, value.split('.').next().unwrap_or(value));
                }
                _ => {
                    typed.append_pair(name, value);
                }
            }
        }
        let typed = typed.finish();
        let fits = !typed.is_empty() && typed.len() <= MOST;
        fits.then(|| Self { action: action.to_owned(), whose: whose.to_owned(), fields: typed })
    }

    /// The page of the form with what was typed in it, for whoever has the session; `None` when it is somebody else's, or the
    /// form is not there any more.
    pub(super) async fn page(
        &self,
        app: &App,
        context: &Context,
        headers: &HeaderMap,
        secret: &SessionSecret,
        at: &str,
        status: StatusCode,
    ) -> Option<Response> {
        let session = app.engine().session(secret).await.ok().flatten()?;
        if app.engine().whose(&session) != self.whose {
            return None;
        }
        let language = Language::of(headers);
        let mut request = Request::builder().uri(ours(at)).body(Body::empty()).ok()?;
        for name in [HOST, USER_AGENT, ACCEPT_LANGUAGE] {
            if let Some(value) = headers.get(&name) {
                request.headers_mut().insert(name, value.clone());
            }
        }
        let cookies = format!("{}; {}", CONSOLE.pair(secret, context), language.cookie());
        request.headers_mut().insert(COOKIE, HeaderValue::from_str(&cookies).ok()?);
        request.extensions_mut().insert(*context);
        let answer = super::routes(app.clone()).oneshot(request).await.ok()?;
        let is_page = answer.headers().get(CONTENT_TYPE).is_some_and(|it| it == "text/html; charset=utf-8");
        if answer.status() != StatusCode::OK || !is_page {
            return None;
        }
        let (mut head, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, MAX_PAGE).await.ok()?;
        let c = Common::of(language);
        let said = if status == StatusCode::OK { c.kept_again } else { c.kept_foreign };
        let html = std::str::from_utf8(&body).ok()?;
        let html = fill::page(html, &self.action, &Fields::parse(self.fields.as_bytes()), said, ours(at))?;
        head.status = status;
        head.headers.remove(CONTENT_LENGTH);
        Some(Response::from_parts(head, Body::from(html)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOSE: &str = "0123456789abcdef0123456789abcdef";

    fn of(action: &str, body: &str) -> Option<String> {
        let body = format!("{body}&csrf=1.{WHOSE}");
        Kept::of(action, &Fields::parse(body.as_bytes())).map(|kept| kept.fields)
    }

    #[test]
    fn only_what_is_no_secret_is_kept() {
        let kept = of("/console/generate/lk3", "company=a+%26+b&form=x&at=/console/&password=z&days=");
        assert_eq!(kept.as_deref(), Some("company=a+%26+b&days="));
        for action in [
            "/console/me/password",
            "/console/sign-in",
            "/console/set-up",
            "/console/test",
            "/console/license-key",
            "/console/licenses",
            "/console/keys",
            "https://evil.example/console/generate/lk3",
            "//evil.example",
            "",
        ] {
            assert_eq!(of(action, "a=b"), None, "{action}");
        }
        assert_eq!(of("/console/people/invite", "password=z"), None, "nothing is left");
        assert!(of("/console/people/invite", &format!("a={}", "x".repeat(MOST - 2))).is_some());
        assert_eq!(of("/console/people/invite", &format!("a={}", "x".repeat(MOST))), None);
        for action in ["/console/keys/1/retire", "/console/features", "/console/features/1/rename"] {
            assert_eq!(of(action, "a=b").as_deref(), Some("a=b"), "{action}");
        }
        // A page that does not say whose it was.
        assert!(Kept::of("/console/people/invite", &Fields::parse(b"email=a&csrf=0123")).is_none());
    }

    #[test]
    fn of_several_licences_the_ticks_are_kept() {
        let seen = "step=do&action=extend&license=a.1&license=b&days=1.5";
        let kept = of("/console/licenses/bulk", seen);
        assert_eq!(kept.as_deref(), Some("action=extend&license=a&license=b&days=1.5"));
        assert_eq!(
            of("/console/licenses/1/extend", "step=do&license=a.1").as_deref(),
            Some("step=do&license=a.1")
        );
    }

    #[test]
    fn what_is_carried_is_looked_at_again() {
        let carried = |action: &str, typed: &str| {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.extend_pairs([("kept_for", action), ("kept_of", WHOSE), ("kept", typed)]);
            Kept::carried(&Fields::parse(form.finish().as_bytes())).map(|kept| kept.fields)
        };
        assert_eq!(carried("/console/tokens", "name=a&password=b").as_deref(), Some("name=a"));
        assert_eq!(carried("/console/me/password", "name=a"), None);
        assert_eq!(carried("https://evil.example/console/tokens", "name=a"), None);
    }
}
