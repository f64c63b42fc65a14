//! System B: a central pool of 12-character keys that work once.

mod activate;
mod openapi;
mod overview;
mod shape;
mod stats;
mod validate;

pub(crate) use openapi::described;
pub use stats::body as statistics;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use keyward_engine::{Caller, Front};

use crate::app::{self, App};
use crate::layers;

/// How this dialect words what is decided around its handlers.
pub(crate) const FRONT: layers::Front = layers::Front { name: "pool", shape: shape::refused };

pub(crate) fn routes(app: App) -> Router {
    Router::new()
        .route("/api/validate/{key}", get(validate::validate))
        // A key that was left empty.
        .route("/api/validate/", get(validate::validate))
        .route("/api/activate", post(activate::activate))
        .route("/api/stats", get(stats::stats))
        .with_state(app)
}

/// `/` on a listener of its own.
pub(crate) fn page(app: App) -> Router {
    Router::new().route("/", get(overview::overview)).with_state(app)
}

/// Who asks, bound to the product of this dialect.
fn caller(app: &App, context: &layers::Context, headers: &HeaderMap) -> Caller {
    let product =
        app.engine().catalog().product(&app.config().dialects.pool.product).map(|product| product.id);
    Caller { product, ..app::caller(app, context, headers, Front::Pool) }
}
