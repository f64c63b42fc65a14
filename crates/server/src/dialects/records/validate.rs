//! `POST /validate_license`: is there such a licence, is the signature ours, is it revoked, is it over?

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use keyward_core::code::Code;
use keyward_core::refusal::Flaw;
use keyward_core::verdict::Verdict;
use serde_json::{Value, json};

use super::shape::{NO_JSON, bad_request, failed};
use crate::app::App;
use crate::layers::{Context, RawBody};

pub(super) async fn validate(
    State(app): State<App>,
    context: Context,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Response {
    let caller = super::caller(&app, &context, &headers);
    let body: Value = match serde_json::from_slice(&body) {
        Ok(body) => body,
        Err(error) => {
            let flaw = Flaw::NotJson { line: error.line(), column: error.column() };
            let verdict = app.engine().validate_refused(&caller, flaw.into()).await;
            return charged(&app, &context, &verdict, bad_request(NO_JSON));
        }
    };
    let asked = |field| body.get(field).filter(|value| is_given(value));
    let (Some(client_id), Some(signature)) = (asked("client_id"), asked("signature")) else {
        let flaw = Flaw::MissingField { field: "client_id or signature" };
        let verdict = app.engine().validate_refused(&caller, flaw.into()).await;
        return charged(&app, &context, &verdict, bad_request("Missing client_id or signature"));
    };
    // Whatever is no text is nobody's id, and no signature.
    let [client_id, signature] = [client_id, signature].map(|value| value.as_str().unwrap_or_default());
    match app.engine().validate_record(&caller, client_id, signature).await {
        Ok(validated) if validated.verdict.valid => {
            Json(json!({ "status": "success", "message": "License is valid." })).into_response()
        }
        Ok(validated) => {
            let verdict = validated.verdict;
            let body = json!({ "status": "error", "message": message(verdict.code) });
            charged(&app, &context, &verdict, Json(body).into_response())
        }
        Err(error) => failed(&error, &context),
    }
}

/// As Python takes a value for true.
fn is_given(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// The words that the old clients know. Whatever else keeps a licence from running is a revocation to them.
const fn message(code: Code) -> &'static str {
    match code {
        Code::NotFound => "License not found.",
        Code::BadSignature => "Signature mismatch.",
        Code::Expired => "License has expired.",
        _ => "License is revoked.",
    }
}

/// A no. A record that exists is never refused for the address that asks; guesses are charged.
fn charged(app: &App, context: &Context, verdict: &Verdict, no: Response) -> Response {
    app.metrics().refused(super::FRONT.name, verdict.code.as_str());
    let guess = matches!(verdict.code, Code::NotFound | Code::BadSignature | Code::Malformed);
    if guess && let Err(locked) = app.failed(context) {
        return context.front.refuse(locked, context.id);
    }
    no
}
