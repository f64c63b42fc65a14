//! What surrounds every request, whatever it means.
//!
//! A front (a dialect, the console, the pages of the server itself) makes a plain router and mounts it with
//! [`Layers::around`]. From the outside in, every request then passes: the door (address of the client, request id,
//! metrics), CORS where origins are configured, and the guard (size and time of the body, panics). They are one
//! tower of plain types: the router boxes it once.

mod body;
mod client;
mod context;
mod date;
mod door;
mod front;
mod guard;
mod ids;
mod limit;

pub use body::RawBody;
pub use client::TrustedProxies;
pub use context::{ClientAddress, Context, Peer, RequestId};
pub use front::{Front, Refused};
pub use ids::RequestIds;
pub use limit::{RequestLimit, limit_requests};

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::Response;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::clock::Clock;
use crate::config::{Origin, Server};
use crate::metrics::Metrics;

/// The header of every answer that names the request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long a browser may remember what it may send.
const PREFLIGHT_AGE: Duration = Duration::from_secs(3_600);

/// What all fronts share.
#[derive(Clone)]
pub struct Layers(Arc<Shared>);

struct Shared {
    clock: Arc<dyn Clock>,
    ids: RequestIds,
    proxies: TrustedProxies,
    metrics: Arc<Metrics>,
    body: body::Limits,
    date: date::Dates,
    /// For answers under TLS.
    hsts: Option<HeaderValue>,
}

impl Layers {
    /// With the limits and the trusted proxies of the configuration.
    pub fn new(server: &Server, clock: Arc<dyn Clock>, ids: RequestIds, metrics: Arc<Metrics>) -> Self {
        let proxies = TrustedProxies::new(server.trusted_proxies.clone());
        let body = body::Limits::new(server.body_limit.0, server.read_timeout);
        let date = date::Dates::default();
        let hsts = server.hsts_max_age.header();
        Self(Arc::new(Shared { clock, ids, proxies, metrics, body, date, hsts }))
    }

    /// The router with everything around each of its routes.
    ///
    /// Routers that went through this are then merged. Each must know its routes by now: later ones stay bare.
    pub fn around(&self, front: Front, origins: &[Origin], routes: Router) -> Router {
        let limits = self.0.body.clone();
        let guard =
            tower::layer::layer_fn(move |inner| guard::Guard { inner, front, limits: limits.clone() });
        let shared = Arc::clone(&self.0);
        let door =
            tower::layer::layer_fn(move |inner| door::Door { inner, front, shared: Arc::clone(&shared) });
        let cors = (!origins.is_empty()).then(|| cors(origins));
        routes.method_not_allowed_fallback(wrong_method).layer((door, tower::util::option_layer(cors), guard))
    }

    /// The metrics.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.0.metrics
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }
}

async fn wrong_method(context: Context) -> Response {
    context.front.refuse(Refused::MethodNotAllowed, context.id)
}

fn cors(origins: &[Origin]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().map(Origin::header)))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        // Tokens come as a header that pages set themselves, never as a cookie: any header may be sent.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([REQUEST_ID, RETRY_AFTER])
        .max_age(PREFLIGHT_AGE)
}
