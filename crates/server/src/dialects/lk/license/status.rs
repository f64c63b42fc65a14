//! `GET /license/status`: how much there is, and whether that is enough for what is in use.

use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_engine::installation::{Holding, Standing};
use serde::Serialize;

use crate::dialects::lk::customer::Customer;
use crate::dialects::lk::query::Feature;
use crate::dialects::lk::shape::{Answer, No, ok};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    tier: String,
    max_devices: i64,
    current_devices: i64,
    is_valid: bool,
    is_in_grace_period: bool,
    grace_period_ends_at: Option<Timestamp>,
    reason: Option<String>,
    active_license_count: usize,
    code: &'static str,
    available_devices: i64,
}

pub(in crate::dialects::lk) async fn status(customer: Customer, Feature(feature): Feature) -> Answer {
    let holding = customer.holding().await?;
    if holding.free.is_none() && holding.active().next().is_none() {
        let error = "This installation has no license, and the free tier is switched off";
        return Err(
            No::new(axum::http::StatusCode::NOT_FOUND, "NOT_FOUND", error).with(Code::NotFound.remedy())
        );
    }
    ok(Status::of(&holding, feature.as_deref()))
}

impl Status {
    fn of(holding: &Holding, feature: Option<&str>) -> Self {
        let (max_devices, current_devices) = (holding.total(), holding.in_use);
        let standing = holding.standing();
        let over = || format!("{current_devices} devices are in use and {max_devices} are licensed");
        let (code, reason) = match standing {
            Standing::Within => (Code::Valid, None),
            Standing::Grace { until } => (
                Code::GracePeriod,
                Some(format!(
                    "{}: all of them run on until {until}, then those activated last are blocked",
                    over()
                )),
            ),
            Standing::Over => {
                (Code::TooManyMachines, Some(format!("{}: those activated last are blocked", over())))
            }
        };
        let missing = feature.filter(|name| !holding.has_feature(name));
        let (code, reason) = match missing {
            Some(name) if code != Code::TooManyMachines => {
                (Code::EntitlementsMissing, Some(format!("no active license includes the feature {name:?}")))
            }
            _ => (code, reason),
        };
        Self {
            tier: holding.tier(),
            max_devices,
            current_devices,
            is_valid: matches!(code, Code::Valid | Code::GracePeriod),
            is_in_grace_period: matches!(standing, Standing::Grace { .. }),
            grace_period_ends_at: match standing {
                Standing::Grace { until } => Some(until),
                Standing::Within | Standing::Over => None,
            },
            reason,
            active_license_count: holding.active().count(),
            code: code.as_str(),
            available_devices: (max_devices - current_devices).max(0),
        }
    }
}
