//! `GET /metrics`: for callers on this computer, or with a token.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::Metrics;
use crate::config::MetricsAccess;
use crate::layers::Context;
use crate::openapi::{self, Operation};

/// Says whether a bearer token may read metrics.
pub type TokenCheck = Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// What the page needs.
#[derive(Clone)]
pub struct Page {
    /// What is shown.
    pub metrics: Arc<Metrics>,
    /// To whom.
    pub access: MetricsAccess,
    /// Whether a bearer token is good.
    pub token: TokenCheck,
    /// Called before, for gauges that are set only when somebody looks.
    pub refresh: Arc<dyn Fn() + Send + Sync>,
}

impl Page {
    /// The route.
    pub fn router(self) -> Router {
        if self.access == MetricsAccess::Off {
            return Router::new();
        }
        Router::new().route("/metrics", get(show)).with_state(self)
    }

    async fn admits(&self, context: &Context, headers: &HeaderMap) -> bool {
        // Behind a proxy on this computer the peer is always loopback; what it passes on is not.
        if self.access == MetricsAccess::Loopback && context.peer.is_loopback() && !context.was_forwarded {
            return true;
        }
        let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = bearer
            .and_then(|value| value.split_once(' '))
            .filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
        match token {
            Some((_, token)) => (self.token)(token.trim().to_owned()).await,
            None => false,
        }
    }
}

async fn show(State(page): State<Page>, context: Context, headers: HeaderMap) -> Response {
    if !page.admits(&context, &headers).await {
        let said = "Metrics are for callers on this computer, or with `Authorization: Bearer TOKEN` \
                    (`keyward token create`).\n";
        return (StatusCode::FORBIDDEN, said).into_response();
    }
    (page.refresh)();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], page.metrics.render()).into_response()
}

/// For `/openapi.json`.
pub(crate) fn described(access: MetricsAccess) -> Operation {
    let text = || serde_json::json!({ "type": "string" });
    let who = match access {
        MetricsAccess::Loopback => serde_json::json!([{}, { "token": [] }]),
        MetricsAccess::Token | MetricsAccess::Off => serde_json::json!([{ "token": [] }]),
    };
    openapi::get("/metrics", "metrics", "What Prometheus reads")
        .needs(who)
        .gives_as(200, "The metrics, in the text format 0.0.4.", "text/plain", text())
        .gives_as(403, "Neither on this computer, where that is enough, nor a token.", "text/plain", text())
}
