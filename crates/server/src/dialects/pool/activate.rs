//! `POST /api/activate`: a key is used up by a domain, once.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use keyward_core::code::Code;
use keyward_core::refusal::Flaw;
use keyward_core::scheme::pool::PoolKey;
use keyward_core::verdict::Verdict;
use keyward_engine::license::{Activate, Activated, Activation, Found, OTHER_DEVICE};
use keyward_engine::{Idempotency, Repeatable};
use serde::Serialize;
use serde_json::Value;

use super::shape::{No, date, failed};
use crate::app::App;
use crate::layers::{Context, RawBody};

/// The longest fingerprint, in bytes.
pub(super) const MAX_FINGERPRINT: usize = 512;
const SECONDS_PER_DAY: u64 = 86_400;

#[derive(Serialize)]
struct Yes<'a> {
    success: bool,
    license_key: &'a str,
    duration_days: i64,
    duration_label: &'a str,
    activation_date: Option<String>,
    expiration_date: Option<String>,
    /// Seconds a device may run on this answer.
    #[serde(rename = "offlineLease", skip_serializing_if = "Option::is_none")]
    offline_lease: Option<i64>,
}

struct Request {
    key: PoolKey,
    fingerprint: String,
}

/// Why a request is not taken.
enum Unreadable {
    /// It is put together wrongly: a mistake of the client's program, and no guess.
    Request(String),
    /// What it gives for a key is none.
    Key(Flaw),
}

impl From<Flaw> for Unreadable {
    fn from(flaw: Flaw) -> Self {
        Self::Key(flaw)
    }
}

pub(super) async fn activate(
    State(app): State<App>,
    context: Context,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Response {
    let request = match Request::read(&body) {
        Ok(request) => request,
        Err(Unreadable::Request(error)) => {
            app.metrics().refused(super::FRONT.name, Code::Malformed.as_str());
            return No::to_activation(error, Code::Malformed.as_str()).with(StatusCode::BAD_REQUEST);
        }
        Err(Unreadable::Key(flaw)) => {
            let no = No::to_activation(flaw.to_string(), Code::Malformed.as_str());
            let caller = super::caller(&app, &context, &headers);
            app.engine().validate_refused(&caller, flaw.into()).await;
            app.metrics().refused(super::FRONT.name, no.error_code);
            return match app.failed(&context) {
                Ok(()) => no.with(StatusCode::BAD_REQUEST),
                Err(locked) => context.front.refuse(locked, context.id),
            };
        }
    };
    let repeat = match headers.get("idempotency-key").map(|value| value.to_str()) {
        None => None,
        Some(Ok(key)) if (1..=Idempotency::MAX_KEY).contains(&key.len()) => {
            Some((Idempotency::new(key.to_owned(), "POST /api/activate", &body), answer as fn(&_) -> _))
        }
        Some(_) => {
            let error = "the Idempotency-Key must have 1 to 255 printable characters";
            return No::to_activation(error, "INVALID_IDEMPOTENCY_KEY").with(StatusCode::BAD_REQUEST);
        }
    };
    let caller = super::caller(&app, &context, &headers);
    let key = request.key.as_str().to_owned();
    let wanted = Activate { key, fingerprint: request.fingerprint, name: None };
    match app.engine().activate(&caller, wanted, repeat).await {
        Ok(Repeatable::Kept(status, body)) => json(status, body),
        Ok(Repeatable::Fresh(activation)) => {
            if let Activation::Refused { verdict, .. } = &activation
                && let Some(locked) = refused(&app, &context, verdict)
            {
                return locked;
            }
            let (status, body) = answer(&activation);
            json(status, body)
        }
        Err(error) => failed(&error, No::to_activation),
    }
}

/// Counts a refusal; gives the answer in its place when the address is locked out.
fn refused(app: &App, context: &Context, verdict: &Verdict) -> Option<Response> {
    app.metrics().refused(super::FRONT.name, verdict.code.as_str());
    if verdict.reason == Some(OTHER_DEVICE) {
        app.metrics().bypass_attempts.inc();
    }
    if verdict.code != Code::NotFound {
        return None;
    }
    app.failed(context).err().map(|locked| context.front.refuse(locked, context.id))
}

impl Request {
    fn read(body: &[u8]) -> Result<Self, Unreadable> {
        let object = "the body must be a JSON object with license_key and domain_fingerprint";
        let body: Value = serde_json::from_slice(body).map_err(|_| Unreadable::Request(object.to_owned()))?;
        let text = |name: &str| {
            let text = body[name].as_str().filter(|text| !text.is_empty());
            text.ok_or_else(|| Unreadable::Request(format!("{name} is missing, or no text")))
        };
        let (key, fingerprint) = (text("license_key")?, text("domain_fingerprint")?);
        if fingerprint.len() > MAX_FINGERPRINT || fingerprint.contains('\0') {
            let error = format!("domain_fingerprint must be a text of at most {MAX_FINGERPRINT} bytes");
            return Err(Unreadable::Request(error));
        }
        Ok(Self { key: PoolKey::parse(key)?, fingerprint: fingerprint.to_owned() })
    }
}

/// Status and body. Kept with the activation, so that a repetition is answered with the same bytes.
fn answer(activation: &Activation) -> (u16, String) {
    match activation {
        Activation::Done(activated) => (200, text(&yes(activated))),
        Activation::Refused { verdict, found, here } => {
            let status = if verdict.code == Code::NotFound { 404 } else { 400 };
            let mut no = No::to_activation(verdict.detail.clone(), verdict.code.as_str());
            if let (Some(found), Some(here)) = (found, here) {
                no.status = Some(standing(here));
                no.activation_date = found.license.first_activated_at.and_then(date);
                no.expiration_date = found.license.expiry.and_then(date);
                no.offline_lease = found.policy.rules.offline_lease;
            }
            (status, text(&no))
        }
    }
}

fn text(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("answers are plain data")
}

fn yes(activated: &Activated) -> Yes<'_> {
    let (duration_days, duration_label) = duration(&activated.found);
    Yes {
        success: true,
        license_key: &activated.key,
        duration_days,
        duration_label,
        activation_date: date(activated.machine.created_at),
        expiration_date: activated.found.license.expiry.and_then(date),
        offline_lease: activated.found.policy.rules.offline_lease,
    }
}

/// Days and label of the key's policy.
pub(super) fn duration(found: &Found) -> (i64, &str) {
    let seconds = found.policy.rules.duration.unwrap_or_default();
    ((seconds / SECONDS_PER_DAY).cast_signed(), &found.policy.row.name)
}

/// What became of an activation on this very device.
const fn standing(here: &Verdict) -> &'static str {
    match here.code {
        Code::Revoked => "REVOKED",
        Code::Suspended | Code::Banned => "SUSPENDED",
        Code::Expired => "EXPIRED",
        _ => "ACTIVE",
    }
}

fn json(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}
