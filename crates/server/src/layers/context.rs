//! What is known of a request before anybody reads it, and how handlers ask for it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::request::Parts;
use uuid::Uuid;

use super::front::Front;

/// The other end of the connection; the listener puts it into each request.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// Whether the connection is under TLS.
    pub tls: bool,
}

impl Peer {
    /// For requests that came through no listener: nobody whom anything trusts.
    pub(super) const NONE: Self =
        Self { address: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0), tls: false };
}

/// The name of a request, on every answer and in every log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

impl RequestId {
    pub(super) const LENGTH: usize = uuid::fmt::Hyphenated::LENGTH;

    pub(super) fn text(self, buffer: &mut [u8; Self::LENGTH]) -> &str {
        self.0.hyphenated().encode_lower(buffer)
    }

    pub(super) fn header(self) -> HeaderValue {
        HeaderValue::from_str(self.text(&mut [0; Self::LENGTH]))
            .expect("hexadecimal digits and hyphens fit into a header")
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Everything the door knows.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// Who asks: the peer, or whoever a trusted proxy says it asks for.
    pub client: IpAddr,
    /// The other end of the connection.
    pub peer: IpAddr,
    /// Whether the request says that it came through a proxy, trusted or not.
    pub was_forwarded: bool,
    /// Whether the client came by TLS, to us or to a trusted proxy.
    pub is_secure: bool,
    /// The name of the request.
    pub id: RequestId,
    /// Who answers.
    pub front: Front,
}

/// The address of the client, for limits and the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// The route was mounted without [`Layers::around`](super::Layers::around).
pub(super) type Bare = (StatusCode, &'static str);

impl<S: Sync> FromRequestParts<S> for Context {
    type Rejection = Bare;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Bare> {
        let context = parts.extensions.get::<Self>().copied();
        context.ok_or((StatusCode::INTERNAL_SERVER_ERROR, "this route was mounted without its layers"))
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Bare;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Bare> {
        Context::from_request_parts(parts, state).await.map(|context| Self(context.client))
    }
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Bare;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Bare> {
        Context::from_request_parts(parts, state).await.map(|context| context.id)
    }
}
