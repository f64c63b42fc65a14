//! The documented limit of requests, as a layer of the routes it counts.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::Layers;
use super::context::Context;
use super::front::Refused;
use crate::limits::RequestLimiter;

/// What [`limit_requests`] needs.
#[derive(Clone)]
pub struct RequestLimit {
    /// Who counts. Routes that share it are counted together.
    pub limiter: Arc<RequestLimiter>,
    /// Who knows the time.
    pub layers: Layers,
}

/// Counts a request and refuses one too many: `routes.layer(from_fn_with_state(limit, limit_requests))`, inside
/// [`Layers::around`].
pub async fn limit_requests(
    State(limit): State<RequestLimit>,
    context: Context,
    request: Request,
    next: Next,
) -> Response {
    match limit.limiter.check(context.client, limit.layers.clock().now()) {
        Ok(()) => next.run(request).await,
        Err(wait) => context.front.refuse(Refused::RateLimited(wait), context.id),
    }
}
