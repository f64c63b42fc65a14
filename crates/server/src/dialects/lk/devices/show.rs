//! `GET /devices` and `GET /devices/{id}`: may it run?

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use keyward_core::time::Timestamp;
use keyward_engine::installation::{Device, FREE};
use serde::Serialize;

use super::device_id;
use crate::dialects::lk::customer::{Customer, failed};
use crate::dialects::lk::query::Feature;
use crate::dialects::lk::shape::{Answer, No, ok, sentence};

/// A device. `is_allowed` says whether it may run now, and otherwise `reason` why not.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown<'a> {
    device_id: &'a str,
    name: Option<&'a str>,
    /// `None` on the free tier, which is no licence that is listed.
    license_id: Option<i64>,
    tier: &'a str,
    pool: Option<&'a str>,
    is_allowed: bool,
    code: &'static str,
    reason: Option<String>,
    activated_at: Timestamp,
    last_seen_at: Timestamp,
    /// Seconds it may run on this answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    offline_lease: Option<i64>,
}

impl<'a> From<&'a Device> for Shown<'a> {
    fn from(device: &'a Device) -> Self {
        let Device { machine, license, tier, verdict, offline_lease } = device;
        Self {
            device_id: &machine.fingerprint,
            name: machine.name.as_deref(),
            license_id: Some(*license).filter(|_| tier != FREE),
            tier,
            pool: machine.pool.as_deref(),
            is_allowed: verdict.valid,
            code: verdict.code.as_str(),
            reason: Some(verdict).filter(|verdict| !verdict.valid).map(sentence),
            activated_at: machine.created_at,
            last_seen_at: machine.last_seen_at,
            offline_lease: *offline_lease,
        }
    }
}

pub(in crate::dialects::lk) async fn list(customer: Customer) -> Answer {
    let devices = customer.engine().devices(&customer.caller, customer.installation).await;
    let devices = devices.map_err(|error| failed(&error))?;
    ok(devices.iter().map(Shown::from).collect::<Vec<_>>())
}

pub(in crate::dialects::lk) async fn show(
    customer: Customer,
    id: Result<Path<String>, PathRejection>,
    Feature(feature): Feature,
) -> Answer {
    let id = device_id(id)?;
    let (engine, installation) = (customer.engine(), customer.installation);
    let device = engine.device(&customer.caller, installation, &id, feature.as_deref()).await;
    let device = device.map_err(|error| failed(&error))?.ok_or_else(|| No::not_found("device"))?;
    ok(Shown::from(&device))
}
