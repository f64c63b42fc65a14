//! `GET /api/stats`: the pool in numbers, from counters.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use keyward_engine::EngineError;
use keyward_engine::statistics::Statistics;
use keyward_engine::token::Permission;
use serde_json::{Value, json};

use super::shape::{No, failed};
use crate::app::App;
use crate::config::StatsAccess;

pub(super) async fn stats(State(app): State<App>, headers: HeaderMap) -> Response {
    match answer(&app, &headers).await {
        Ok(Some(body)) => Json(body).into_response(),
        Ok(None) => {
            let error = "the statistics are for tokens only: Authorization: Bearer …";
            No::to_question(error, "TOKEN_REQUIRED").with(StatusCode::UNAUTHORIZED)
        }
        Err(error) => failed(&error, No::to_question),
    }
}

/// `None` when the caller may not see them.
async fn answer(app: &App, headers: &HeaderMap) -> Result<Option<Value>, EngineError> {
    let public = app.config().dialects.pool.stats == StatsAccess::Public;
    if !public && !app.may(headers, Permission::StatsRead).await? {
        return Ok(None);
    }
    let statistics = of_pool(app).await?;
    Ok(Some(body(&statistics)))
}

pub(super) async fn of_pool(app: &App) -> Result<Statistics, EngineError> {
    let code = &app.config().dialects.pool.product;
    let product = app.engine().catalog().product(code).map(|product| product.id);
    let product = product.ok_or_else(|| EngineError::NotFound { what: "product", name: code.clone() })?;
    app.engine().statistics(product).await
}

/// The statistics in the words of system B.
pub fn body(statistics: &Statistics) -> Value {
    let by_duration: serde_json::Map<String, Value> = statistics
        .by_policy
        .iter()
        .map(|policy| {
            let numbers = json!({
                "label": policy.name, "total": policy.total, "used": policy.used, "available": policy.available,
            });
            (policy.code.clone(), numbers)
        })
        .collect();
    let sum = |of: fn(&keyward_engine::statistics::PolicyCounts) -> i64| -> i64 {
        statistics.by_policy.iter().map(of).sum()
    };
    let (suspended, revoked) = (sum(|policy| policy.suspended), sum(|policy| policy.revoked));
    json!({
        "total_licenses": statistics.total(),
        "used_licenses": statistics.used(),
        "available_licenses": statistics.available(),
        "inactive_licenses": statistics.inactive(),
        "by_duration": by_duration,
        "by_status": {
            "ACTIVE": statistics.total() - suspended - revoked, "SUSPENDED": suspended, "REVOKED": revoked,
        },
        "activations": {
            "last_24h": statistics.activations_24h,
            "last_7d": statistics.activations_7d,
            "last_30d": statistics.activations_30d,
        },
        "failed_attempts": statistics.failed_attempts,
        "bypass_attempts": statistics.bypass_attempts,
        "activation_rate": statistics.activation_rate(),
    })
}
