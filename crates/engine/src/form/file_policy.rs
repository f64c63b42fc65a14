//! The policy of device-bound files: its code, name and rules by the days of grace that a file says.

use keyward_core::scheme::file::GRACE_PERIOD_DAYS;

use crate::rules::{AccessAfterExpiry, Arithmetic, RenewalBasis, Rules};

/// A year as policies count it: twelve months of the protocol.
const YEAR: u64 = 31_556_952;
const SECONDS_PER_DAY: i64 = 86_400;

pub(crate) fn code(grace_days: i64) -> String {
    if grace_days == GRACE_PERIOD_DAYS { "file".to_owned() } else { format!("file-grace-{grace_days}") }
}

pub(crate) fn name(grace_days: i64) -> String {
    let name = "Device-bound file";
    if grace_days == GRACE_PERIOD_DAYS {
        name.to_owned()
    } else {
        format!("{name}, {grace_days} days of grace")
    }
}

/// A year in calendar months, then grace, then reading only; one device.
pub(crate) fn rules(grace_days: i64) -> Rules {
    Rules {
        duration: Some(YEAR),
        duration_arithmetic: Arithmetic::Months,
        max_machines: Some(1),
        grace_period: grace_days * SECONDS_PER_DAY,
        access_after_expiry: AccessAfterExpiry::ReadOnly,
        renewal_basis: RenewalBasis::FromNowIfExpired,
        ..Rules::default()
    }
}
