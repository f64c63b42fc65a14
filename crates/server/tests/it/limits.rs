//! Limits as clients meet them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use keyward_server::config::Config;
use keyward_server::layers::{Context, Layers, Refused, RequestLimit, limit_requests};
use keyward_server::limits::{FailureLimiter, RequestLimiter};

use crate::world::World;

#[tokio::test]
async fn the_eleventh_request_in_a_minute_waits_on_all_routes_that_are_counted_together() {
    let world = World::new();
    let limit =
        RequestLimit { limiter: Arc::new(RequestLimiter::per_minute(10)), layers: world.layers.clone() };
    let routes = Router::new()
        .route("/verify", post(|| async { "yes" }))
        .route("/validate", post(|| async { "yes" }))
        .layer(from_fn_with_state(limit, limit_requests))
        .route("/health", get(|| async { "ok" }));
    let server = world.odd(routes).await;
    for second in 0..10 {
        world.clock.set(second);
        let path = if second % 2 == 0 { "/verify" } else { "/validate" };
        assert_eq!(server.ask(&format!("POST {path} HTTP/1.1"), "{}").await.status, 200);
    }
    let refused = server.ask("POST /verify HTTP/1.1", "{}").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("51")));
    assert_eq!(refused.json()["error_code"], "RATE_LIMITED");
    assert_eq!(server.get("/health").await.status, 200);
    world.clock.set(60);
    assert_eq!(server.ask("POST /verify HTTP/1.1", "{}").await.status, 200);
    assert!(world.layers.metrics().render().contains("keyward_rate_limit_hits_total{front=\"odd\"} 1"));
}

/// The handler of a dialect: looks the key up first, and asks the limiter only when there is none.
async fn validate(
    State((limiter, layers)): State<(Arc<FailureLimiter>, Layers)>,
    context: Context,
    Path(key): Path<String>,
) -> Response {
    if key == "GOOD" {
        return "valid".into_response();
    }
    match limiter.failed(context.client, layers.clock().now()) {
        Ok(()) => StatusCode::NOT_FOUND.into_response(),
        Err(wait) => context.front.refuse(Refused::RateLimited(wait), context.id),
    }
}

#[tokio::test]
async fn guessing_locks_out_and_a_key_that_exists_is_answered_all_the_same() {
    let world = World::new();
    let limiter = Arc::new(FailureLimiter::new(Config::default().limits, world.layers.metrics()));
    let routes =
        Router::new().route("/validate/{key}", get(validate)).with_state((limiter, world.layers.clone()));
    let server = world.odd(routes).await;
    for number in 0..10 {
        assert_eq!(server.get(&format!("/validate/GUESS{number}")).await.status, 404);
    }
    let refused = server.get("/validate/GUESS10").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")));
    assert_eq!(server.get("/validate/GOOD").await.body, "valid");
    world.clock.set(60);
    assert_eq!(server.get("/validate/GUESS11").await.status, 404);
    assert!(world.layers.metrics().render().contains("keyward_lockouts_total 1"));
}
