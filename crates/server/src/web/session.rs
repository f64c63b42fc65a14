//! The cookies that browsers are known by.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use keyward_engine::SessionSecret;

use crate::layers::Context;

/// A cookie, by its name over plain HTTP, and under TLS: then browsers take it only from this very host.
pub(crate) struct Cookie {
    plain: &'static str,
    secure: &'static str,
}

/// System A's form.
pub(crate) const RECORDS: Cookie = Cookie { plain: "keyward_records", secure: "__Host-keyward_records" };
/// The console.
pub(crate) const CONSOLE: Cookie = Cookie { plain: "keyward_console", secure: "__Host-keyward_console" };

impl Cookie {
    /// The secret that a browser sent.
    pub(crate) fn read(&self, context: &Context, headers: &HeaderMap) -> Option<SessionSecret> {
        let name = if context.is_secure { self.secure } else { self.plain };
        let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(found, _)| *found == name).and_then(|(_, value)| SessionSecret::parse(value))
    }

    /// As a browser sends it.
    pub(crate) fn pair(&self, secret: &SessionSecret, context: &Context) -> String {
        let name = if context.is_secure { self.secure } else { self.plain };
        format!("{name}={}", secret.expose())
    }

    /// Lets the browser keep it until it is closed; how long it is good at the most, the session says.
    pub(crate) fn set(&self, response: Response, secret: &SessionSecret, context: &Context) -> Response {
        self.put(response, secret.expose(), context, "")
    }

    /// Lets the browser forget it.
    pub(crate) fn clear(&self, response: Response, context: &Context) -> Response {
        self.put(response, "", context, "; Max-Age=0")
    }

    fn put(&self, mut response: Response, secret: &str, context: &Context, more: &str) -> Response {
        let (name, secure) = if context.is_secure { (self.secure, "; Secure") } else { (self.plain, "") };
        let cookie = format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}{more}");
        if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
            cookie.set_sensitive(true);
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}
