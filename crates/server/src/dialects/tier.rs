//! System C: tiered keys, verified online.

mod health;
mod openapi;
mod shape;
mod verify;

use axum::Router;
use axum::http::HeaderMap;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use keyward_engine::{Caller, Front};

use super::page;
use crate::app::{self, App};
use crate::layers::{self, Layers, RequestLimit, limit_requests};
use crate::limits::RequestLimiter;

pub(crate) use openapi::described;

/// How this dialect words what is decided around its handlers.
pub(crate) const FRONT: layers::Front = layers::Front { name: "tier", shape: shape::refused };

/// Both routes count against one documented limit; health does not.
pub(crate) fn routes(app: App, layers: &Layers, limiter: std::sync::Arc<RequestLimiter>) -> Router {
    let limit = RequestLimit { limiter, layers: layers.clone() };
    Router::new()
        .route("/api/verify", post(verify::verify))
        .route("/api/validate", post(verify::verify))
        .layer(from_fn_with_state(limit, limit_requests))
        .route("/api/health", get(health::health))
        .with_state(app)
}

/// `/` on a listener of its own.
pub(crate) fn page() -> Router {
    Router::new().route("/", get(overview))
}

async fn overview() -> Response {
    page::html(
        "Licence verification",
        "<p>Tiered licence keys are verified here.</p>\n<ul>\n\
         <li><code>POST /api/verify</code> with <code>{\"license\": …}</code> says whether a key is valid, and what it \
         includes.</li>\n<li><code>GET /api/health</code> says whether this server works.</li>\n</ul>",
    )
}

fn caller(app: &App, context: &layers::Context, headers: &HeaderMap, origin: Option<String>) -> Caller {
    let product =
        app.engine().catalog().product(&app.config().dialects.tier.product).map(|product| product.id);
    Caller { product, origin, ..app::caller(app, context, headers, Front::Tier) }
}
