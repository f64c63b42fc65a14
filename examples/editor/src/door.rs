//! Who may come in: the person who was told the address, through a page of ours.
//!
//! Every program and every page on this machine can reach a port of it. None of them knows the secret in the address; and a
//! page that were told it could still send nothing, since its requests name another origin, or, when it points a name of its
//! own at this machine, another host.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use subtle::ConstantTimeEq as _;

/// What each answer carries: nothing but our own style and script is loaded, nothing is kept, no other page frames it. The
/// address goes to no other site, but our own forms still name their origin, which `no-referrer` would hide.
const HEADERS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("cache-control", "no-store"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// What a request is compared with.
pub(crate) struct Door {
    host: String,
    origin: String,
    secret: String,
}

impl Door {
    pub(crate) fn new(address: SocketAddr, secret: [u8; 16]) -> Self {
        let secret = secret.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        Self { host: address.to_string(), origin: format!("http://{address}"), secret }
    }

    /// Where the editor is.
    pub(crate) fn address(&self) -> String {
        format!("{}/{}/edit", self.origin, self.secret)
    }

    /// Why a request is not let in.
    fn refuses(&self, request: &Request) -> Option<(StatusCode, &'static str)> {
        if only(request.headers(), &HOST) != Some(&self.host) {
            return Some((StatusCode::MISDIRECTED_REQUEST, "This is another address.\n"));
        }
        let origin = request.headers().contains_key(ORIGIN);
        // Browsers name the origin of each form that they send.
        let must = !matches!(*request.method(), Method::GET | Method::HEAD);
        if (origin || must) && only(request.headers(), &ORIGIN) != Some(&self.origin) {
            return Some((StatusCode::FORBIDDEN, "Only pages of the editor may ask for this.\n"));
        }
        let told = request.uri().path().split('/').nth(1).unwrap_or_default();
        if !bool::from(told.as_bytes().ct_eq(self.secret.as_bytes())) {
            return Some((
                StatusCode::NOT_FOUND,
                "Open the address that the editor printed when it started.\n",
            ));
        }
        None
    }
}

/// The value of a header that is there exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}

/// Lets a request in, or not.
pub(crate) async fn guard(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let mut answer = match door.refuses(&request) {
        Some(refusal) => refusal.into_response(),
        None => next.run(request).await,
    };
    for (name, value) in HEADERS {
        answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    answer
}
