//! `POST /api/verify` and `/api/validate`: signature, then stored and active, then expiry.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use keyward_core::code::Code;
use keyward_core::refusal::{Flaw, Refusal};
use keyward_core::scheme::tier::{PREFIX, TierKey};
use keyward_core::time::Timestamp;
use keyward_core::verdict::{Scope, Verdict};
use keyward_engine::Catalog;
use keyward_engine::license::{Found, Question};
use serde::Serialize;
use serde_json::Value;

use super::shape::{self, no};
use crate::app::{App, log_failure};
use crate::layers::{Context, RawBody};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Yes<'a> {
    valid: bool,
    tier: &'a str,
    expires_at: Option<i64>,
    user_id: Option<&'a str>,
    features: &'a [String],
    /// Seconds a device may run on this answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    offline_lease: Option<i64>,
}

pub(super) async fn verify(
    State(app): State<App>,
    context: Context,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let origin = body["origin"].as_str().map(str::to_owned);
    let caller = super::caller(&app, &context, &headers, origin);
    let Some(license) = body.as_object().and_then(|body| body.get("license")) else {
        let verdict =
            app.engine().validate_refused(&caller, Flaw::MissingField { field: "license" }.into()).await;
        return refused(&app, &context, &verdict, StatusCode::BAD_REQUEST, shape::MISSING);
    };
    let seen = app.engine().catalog();
    let mut checked = sealed(&app, &seen, license);
    // Another process may have made the secret a moment ago, with the first key under it.
    if checked == Err(Refusal::BadSignature) {
        if let Err(error) = app.engine().refresh().await {
            log_failure(&error);
            return no(StatusCode::INTERNAL_SERVER_ERROR, shape::FAILED);
        }
        // Whoever loaded it: that may have been another request, or the look for changes.
        let now = app.engine().catalog();
        if !Arc::ptr_eq(&seen, &now) {
            checked = sealed(&app, &now, license);
        }
    }
    let key = match checked {
        Ok(key) => key,
        Err(refusal) => {
            let verdict = app.engine().validate_refused(&caller, refusal).await;
            return refused(&app, &context, &verdict, StatusCode::UNAUTHORIZED, shape::BAD_SIGNATURE);
        }
    };
    let validated = app.engine().validate(&caller, Question::Run, key, &Scope::default()).await;
    match validated {
        Ok(validated) => match &validated.found {
            Some(found) if validated.verdict.valid => yes(found),
            _ => {
                let is_over = validated.verdict.code == Code::Expired;
                let error = if is_over { shape::EXPIRED } else { shape::NOT_FOUND };
                refused(&app, &context, &validated.verdict, StatusCode::UNAUTHORIZED, error)
            }
        },
        Err(error) => {
            log_failure(&error);
            no(StatusCode::INTERNAL_SERVER_ERROR, shape::FAILED)
        }
    }
}

/// The key, when it is one of this product and its seal fits.
fn sealed<'a>(app: &App, catalog: &Catalog, license: &'a Value) -> Result<&'a str, Refusal> {
    let key = license.as_str().ok_or(Flaw::WrongType { field: "license", wanted: "a text" })?;
    let product = catalog.product(&app.config().dialects.tier.product).ok_or(Refusal::BadSignature)?;
    let key_parts = TierKey::parse(key, product.key_prefix.as_deref().unwrap_or(PREFIX))?;
    key_parts.verify(catalog.secrets(product.id).ok_or(Refusal::BadSignature)?)?;
    Ok(key)
}

fn yes(found: &Found) -> Response {
    Json(Yes {
        valid: true,
        tier: &found.policy.row.code,
        expires_at: found.license.expiry.map(Timestamp::millis),
        user_id: found.user_external_id.as_deref(),
        features: &found.policy.model.entitlements,
        offline_lease: found.policy.rules.offline_lease,
    })
    .into_response()
}

/// A key that exists is never refused for the address that asks; guesses are charged.
fn refused(app: &App, context: &Context, verdict: &Verdict, status: StatusCode, error: &str) -> Response {
    app.metrics().refused(super::FRONT.name, verdict.code.as_str());
    let guess = matches!(verdict.code, Code::NotFound | Code::BadSignature | Code::Malformed);
    if guess && let Err(locked) = app.failed(context) {
        return context.front.refuse(locked, context.id);
    }
    no(status, error)
}
