//! `POST /devices` and `POST /devices/{id}/activate-license`: a device takes a place.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use keyward_core::verdict::Verdict;
use keyward_engine::installation::{DeviceActivation, DeviceRequest};
use serde_json::json;

use super::device_id;
use super::show::Shown;
use crate::dialects::lk::MAX_NAME;
use crate::dialects::lk::customer::Customer;
use crate::dialects::lk::fields::Fields;
use crate::dialects::lk::shape::{Answer, No, Refusal, text};
use crate::layers::RawBody;

const ADD: &str = "POST /devices";
const ACTIVATE: &str = "POST /devices/{id}/activate-license";

/// Takes the place that is free, of the licence whose key is named or of any.
pub(in crate::dialects::lk) async fn add(customer: Customer, RawBody(body): RawBody) -> Answer {
    let fields = Fields::read(&body)?;
    let id = fields.text("deviceId", MAX_NAME)?.ok_or_else(|| No::malformed("deviceId is required"))?;
    let key = fields.key()?;
    customer.take_place(ADD, &body, request(id, key, &fields)?).await
}

/// Takes a place of this licence, which must be active.
pub(in crate::dialects::lk) async fn activate_license(
    customer: Customer,
    id: Result<Path<String>, PathRejection>,
    RawBody(body): RawBody,
) -> Answer {
    let id = device_id(id)?;
    let fields = Fields::read(&body)?;
    let key = fields.required_key()?;
    // The path is part of what is repeated.
    let whole = [id.as_bytes(), b"\n", &body].concat();
    customer.take_place(ACTIVATE, &whole, request(id, Some(key), &fields)?).await
}

fn request(device_id: String, key: Option<String>, fields: &Fields) -> Result<DeviceRequest, No> {
    let (name, pool) = (fields.text("name", MAX_NAME)?, fields.text("pool", MAX_NAME)?);
    Ok(DeviceRequest { device_id, name, key, pool })
}

impl Customer {
    async fn take_place(&self, route: &'static str, body: &[u8], request: DeviceRequest) -> Answer {
        let repeat = self.repeat(route, body, answer as fn(&_) -> _)?;
        let outcome = self.engine().activate_device(&self.caller, self.installation, request, repeat).await;
        self.answer(outcome, answer, |activation| refusal(activation).map(Refusal::Verdict))
    }
}

/// Also a device that has its place is refused while it is blocked.
fn refusal(activation: &DeviceActivation) -> Option<&Verdict> {
    match activation {
        DeviceActivation::Refused(verdict) => Some(verdict),
        DeviceActivation::Done { device, .. } => Some(&device.verdict).filter(|verdict| !verdict.valid),
    }
}

fn answer(activation: &DeviceActivation) -> (u16, String) {
    if let Some(verdict) = refusal(activation) {
        return No::of(verdict).kept();
    }
    match activation {
        DeviceActivation::Refused(verdict) => No::of(verdict).kept(),
        DeviceActivation::Done { device, again } => {
            let mut body = json!(Shown::from(&**device));
            let (status, message) =
                if *again { (200, "Device was active already") } else { (201, "Device activated") };
            body["message"] = message.into();
            (status, text(&body))
        }
    }
}
