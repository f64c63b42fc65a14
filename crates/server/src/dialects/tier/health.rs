//! `GET /api/health`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::app::App;

pub(super) async fn health(State(app): State<App>) -> Response {
    let timestamp = app.clock().now().millis();
    let (status, word) = match app.engine().ping().await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    (status, Json(json!({ "status": word, "timestamp": timestamp }))).into_response()
}
