//! For tests of applications against a whole server: a clock set over HTTP, and a clean memory. Never in a default build.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{post, put};
use keyward_core::time::Timestamp;
use serde_json::{Value, json};

use super::App;
use crate::clock::Clock;

/// The clock runs.
const RUNNING: i64 = i64::MIN;

/// A clock that can be stopped at an instant.
pub struct TestClock {
    inner: Arc<dyn Clock>,
    stopped_at: AtomicI64,
}

impl TestClock {
    /// Over a clock that runs.
    pub fn new(inner: Arc<dyn Clock>) -> Self {
        Self { inner, stopped_at: AtomicI64::new(RUNNING) }
    }

    fn set(&self, at: Option<Timestamp>) {
        self.stopped_at.store(at.map_or(RUNNING, Timestamp::micros), Ordering::Relaxed);
    }
}

impl keyward_engine::Clock for TestClock {
    fn now(&self) -> Timestamp {
        match self.stopped_at.load(Ordering::Relaxed) {
            RUNNING => self.inner.now(),
            micros => Timestamp::from_micros(micros),
        }
    }
}

impl Clock for TestClock {
    fn stopwatch(&self) -> Duration {
        self.inner.stopwatch()
    }
}

/// `PUT /__testkit/clock` with `{"now": "<RFC 3339>"}` or `{"now": null}`, and `POST /__testkit/reset`.
pub fn routes(app: App, clock: Arc<TestClock>) -> Router {
    Router::new()
        .route("/__testkit/clock", put(set_clock))
        .with_state(clock)
        .merge(Router::new().route("/__testkit/reset", post(reset)).with_state(app))
}

async fn set_clock(State(clock): State<Arc<TestClock>>, Json(body): Json<Value>) -> Response {
    let at = match &body["now"] {
        Value::Null => None,
        Value::String(text) => match Timestamp::parse_rfc3339(text) {
            Some(at) => Some(at),
            None => return wrong(),
        },
        _ => return wrong(),
    };
    clock.set(at);
    Json(json!({ "now": at })).into_response()
}

fn wrong() -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": "now must be RFC 3339, or null" }))).into_response()
}

async fn reset(State(app): State<App>) -> Response {
    match app.reset().await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}
