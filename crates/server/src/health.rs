//! The pages about the server itself: is it alive, is it ready; and the way to the console.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};

use crate::layers::{Context, Refused};
use crate::openapi::{self, Operation};

/// Asks the parts that the server needs: each by its name, and whether it works.
pub type ReadyCheck =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Vec<(&'static str, bool)>> + Send>> + Send + Sync>;

/// `/health/live` and `/health/ready`.
pub fn router(ready: ReadyCheck) -> Router {
    Router::new().route("/health/live", get(live)).route("/health/ready", get(is_ready)).with_state(ready)
}

/// `/` leads to the console.
pub fn home() -> Router {
    Router::new().route("/", get(|| async { Redirect::to("/console/") }))
}

/// For addresses that nobody knows, and methods that a route has not: `router.fallback(not_found)`.
pub async fn not_found(context: Context) -> Response {
    context.front.refuse(Refused::NotFound, context.id)
}

async fn live() -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], Json(serde_json::json!({ "status": "ok" })))
}

async fn is_ready(State(ready): State<ReadyCheck>) -> impl IntoResponse {
    let checks = ready().await;
    let works = checks.iter().all(|(_, works)| *works);
    let (code, status) =
        if works { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "unavailable") };
    let word = |works| if works { "ok" } else { "failed" };
    let checks: serde_json::Map<_, _> =
        checks.into_iter().map(|(name, works)| (name.to_owned(), word(works).into())).collect();
    let body = Json(serde_json::json!({ "status": status, "checks": checks }));
    (code, [(CACHE_CONTROL, "no-store")], body)
}

/// For `/openapi.json`.
pub(crate) fn described() -> Vec<Operation> {
    vec![
        openapi::get("/health/live", "live", "Says that the process runs").gives(200, "It runs.", "Alive"),
        openapi::get("/health/ready", "ready", "Says whether the parts that the server needs work")
            .gives(200, "All of them work.", "Ready")
            .gives(503, "One of them does not.", "Ready"),
    ]
}
