//! The payload of `lk3` as protobuf (`docs/lk3.proto`), read strictly.

use std::collections::BTreeMap;

use prost::Message;
use uuid::Uuid;

use super::{DevicePool, Lk3};
use crate::refusal::{Flaw, Refusal};
use crate::wire;

/// 9999-12-31T23:59:59Z, in seconds since 1970.
const LAST_SECOND: u64 = 253_402_300_799;
/// 9999-12-31, in days since 1970.
const LAST_DAY: u64 = LAST_SECOND / 86_400;
/// The longest grace and the longest trial, in days: as in system D.
const MAX_DAYS: u64 = 36_500;

#[derive(Clone, PartialEq, Message)]
struct Payload {
    #[prost(bytes = "vec", tag = "1")]
    license_id: Vec<u8>,
    #[prost(string, tag = "2")]
    product: String,
    #[prost(string, tag = "3")]
    tier: String,
    #[prost(uint64, optional, tag = "4")]
    max_devices: Option<u64>,
    #[prost(string, tag = "5")]
    company: String,
    #[prost(uint64, tag = "6")]
    issued_day: u64,
    #[prost(uint64, optional, tag = "7")]
    expires: Option<u64>,
    #[prost(string, repeated, tag = "8")]
    features: Vec<String>,
    #[prost(btree_map = "string, uint64", tag = "9")]
    limits: BTreeMap<String, u64>,
    #[prost(message, repeated, tag = "10")]
    pools: Vec<Pool>,
    #[prost(uint64, tag = "11")]
    grace_days: u64,
    #[prost(bool, tag = "12")]
    trial: bool,
    #[prost(uint64, optional, tag = "13")]
    not_before: Option<u64>,
    #[prost(string, tag = "14")]
    customer_id: String,
    #[prost(string, tag = "15")]
    device_id: String,
    #[prost(uint64, optional, tag = "16")]
    serial: Option<u64>,
    #[prost(uint64, optional, tag = "17")]
    trial_days: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
struct Pool {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(uint64, tag = "2")]
    max_devices: u64,
    #[prost(uint64, optional, tag = "3")]
    expires: Option<u64>,
}

pub(super) fn encode(lk3: &Lk3) -> Result<Vec<u8>, Refusal> {
    let lk3 = lk3.clone();
    let payload = Payload {
        license_id: lk3.license_id.map_or_else(Vec::new, |id| id.as_bytes().to_vec()),
        product: lk3.product,
        tier: lk3.tier,
        max_devices: lk3.max_devices,
        company: lk3.company,
        issued_day: lk3.issued_day,
        expires: lk3.expires,
        features: lk3.features,
        limits: lk3.limits,
        pools: lk3
            .pools
            .into_iter()
            .map(|p| Pool { name: p.name, max_devices: p.max_devices, expires: p.expires })
            .collect(),
        grace_days: lk3.grace_days,
        trial: lk3.trial,
        not_before: lk3.not_before,
        customer_id: lk3.customer_id,
        device_id: lk3.device_id,
        serial: lk3.serial,
        trial_days: lk3.trial_days,
    };
    payload.check()?;
    let bytes = payload.encode_to_vec();
    wire::check_size(&bytes)?;
    Ok(bytes)
}

pub(super) fn decode(bytes: &[u8]) -> Result<Lk3, Refusal> {
    let payload: Payload = wire::decode(bytes, "3")?;
    payload.check()?;
    let license_id = match payload.license_id.as_slice() {
        [] => None,
        bytes => Some(
            Uuid::from_slice(bytes)
                .map_err(|_| Flaw::BadValue { field: "license_id", wanted: "16 bytes" })?,
        ),
    };
    Ok(Lk3 {
        license_id,
        product: payload.product,
        tier: payload.tier,
        max_devices: payload.max_devices,
        company: payload.company,
        issued_day: payload.issued_day,
        expires: payload.expires,
        features: payload.features,
        limits: payload.limits,
        pools: payload
            .pools
            .into_iter()
            .map(|p| DevicePool { name: p.name, max_devices: p.max_devices, expires: p.expires })
            .collect(),
        grace_days: payload.grace_days,
        trial: payload.trial,
        not_before: payload.not_before,
        customer_id: payload.customer_id,
        device_id: payload.device_id,
        serial: payload.serial,
        trial_days: payload.trial_days,
    })
}

impl Payload {
    /// Numbers that would leave the calendar are refused by reader and writer alike.
    fn check(&self) -> Result<(), Flaw> {
        let second = "a time up to the year 9999";
        let bounds = [
            ("issued", Some(self.issued_day), LAST_DAY, "a day up to the year 9999"),
            ("expires", self.expires, LAST_SECOND, second),
            ("not_before", self.not_before, LAST_SECOND, second),
            ("grace_days", Some(self.grace_days), MAX_DAYS, "0 to 36500 days"),
            ("trial_days", self.trial_days, MAX_DAYS, "0 to 36500 days"),
        ];
        let pools = self.pools.iter().map(|pool| ("device_pools.expires", pool.expires, LAST_SECOND, second));
        for (field, value, most, wanted) in bounds.into_iter().chain(pools) {
            if value.is_some_and(|value| value > most) {
                return Err(Flaw::BadValue { field, wanted });
            }
        }
        Ok(())
    }
}
