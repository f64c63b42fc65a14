//! Made-up values of each form.

use keyward_core::scheme::file::Payload;
use keyward_core::scheme::lk2::Lk2;
use keyward_core::scheme::lk3::{DevicePool, Lk3};
use keyward_core::scheme::record::{Profile, Record, Times};
use keyward_core::seat::{Component, Receipt, Request, Seat};
use keyward_core::time::Timestamp;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

const FIRST_SECOND: i64 = -62_135_596_800;
const LAST_SECOND: i64 = 253_402_300_799;

pub(super) fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..20).prop_map(String::from_iter)
}

/// Any second of the years 1 to 9999.
fn second() -> impl Strategy<Value = Timestamp> {
    prop_oneof![FIRST_SECOND..=LAST_SECOND, Just(FIRST_SECOND), Just(LAST_SECOND)]
        .prop_map(Timestamp::from_seconds)
}

pub(super) fn record() -> impl Strategy<Value = Record> {
    let kind = prop_oneof![Just("Pro".to_owned()), Just("Premium".to_owned()), text()];
    let epoch = (any::<i64>(), any::<i64>())
        .prop_map(|(issued_at, exp)| (Profile::Epoch, Times::Epoch { issued_at, exp }));
    let texts = (second(), option::of(second()), any::<bool>()).prop_map(|(issued_at, exp, sorted)| {
        (if sorted { Profile::TextSorted } else { Profile::Text }, Times::Text { issued_at, exp })
    });
    (text(), kind, prop_oneof![1 => epoch, 2 => texts]).prop_map(
        |(client_id, license_type, (profile, times))| Record { profile, client_id, license_type, times },
    )
}

pub(super) fn payload() -> impl Strategy<Value = Payload> {
    let expires_at = (FIRST_SECOND * 1_000..=LAST_SECOND * 1_000 + 999).prop_map(Timestamp::from_millis);
    (vec(text(), 5), expires_at, 0..=36_500i64).prop_map(|(texts, expires_at, grace_period_days)| {
        let [product, license_type, issued_to, device_id, issued_at] = texts.try_into().expect("five texts");
        Payload { product, license_type, issued_to, device_id, issued_at, expires_at, grace_period_days }
    })
}

pub(super) fn lk2() -> impl Strategy<Value = Lk2> {
    let date = || second().prop_map(|second| second.date().expect("a year from 1 to 9999"));
    let tier = text().prop_filter("a tier is not empty", |tier| !tier.is_empty());
    let devices = 0..=i32::MAX.cast_unsigned();
    (tier, devices, option::of(text()), option::of(date()), date(), option::of(text())).prop_map(
        |(tier, max_devices, company, expires, issued, unique_id)| Lk2 {
            tier,
            max_devices,
            company,
            expires,
            issued,
            unique_id,
        },
    )
}

/// Everything but the licence id and the serial number, which belong to one strength each.
pub(super) fn lk3() -> impl Strategy<Value = Lk3> {
    let end = || option::of(0..=LAST_SECOND.cast_unsigned());
    let pool = (text(), any::<u64>(), end()).prop_map(|(name, max_devices, expires)| DevicePool {
        name,
        max_devices,
        expires,
    });
    let texts = vec(text(), 5);
    let lists = (vec(text(), 0..4), btree_map(text(), any::<u64>(), 0..4), vec(pool, 0..3));
    let days = || 0..=36_500u64;
    let trial = (any::<bool>(), option::of(days()));
    let numbers = (option::of(any::<u64>()), 0..=2_932_896u64, end(), days(), trial, end());
    (texts, lists, numbers).prop_map(|(texts, (features, limits, pools), numbers)| {
        let [product, tier, company, customer_id, device_id] = texts.try_into().expect("five texts");
        let (max_devices, issued_day, expires, grace_days, (trial, trial_days), not_before) = numbers;
        Lk3 {
            license_id: None,
            serial: None,
            product,
            tier,
            max_devices,
            company,
            issued_day,
            expires,
            features,
            limits,
            pools,
            grace_days,
            trial,
            trial_days,
            not_before,
            customer_id,
            device_id,
        }
    })
}

fn named() -> impl Strategy<Value = String> {
    text().prop_filter("never empty", |text| !text.is_empty())
}

fn maybe() -> impl Strategy<Value = Option<String>> {
    option::of(named())
}

/// Any microsecond of the years 1 to 9999.
fn instant() -> impl Strategy<Value = Timestamp> {
    (second(), 0..1_000_000i64).prop_map(|(second, micros)| second.plus_micros(micros))
}

fn components() -> impl Strategy<Value = Vec<Component>> {
    vec(any::<Component>(), 0..6)
}

pub(super) fn request(device_key: [u8; 32]) -> impl Strategy<Value = Request> {
    ((named(), named(), named(), maybe()), components(), any::<[u8; 16]>(), instant()).prop_map(
        move |((product, key, device_id, name), components, nonce, made_at)| Request {
            product,
            key,
            device_id,
            device_key,
            name,
            components,
            nonce,
            made_at,
        },
    )
}

pub(super) fn seat() -> impl Strategy<Value = Seat> {
    let texts = (named(), maybe(), maybe(), named());
    let lists = (vec(text(), 0..4), btree_map(text(), any::<u64>(), 0..4), components());
    let times = (instant(), option::of(instant()), 0..=36_500 * 86_400u64, option::of(instant()));
    let rest = any::<([u8; 16], bool, bool, [u8; 32], [u8; 16])>();
    (texts, lists, times, rest).prop_map(|(texts, (features, limits, components), times, rest)| {
        let (product, tier, holder, device_id) = texts;
        let (issued_at, expires, grace_seconds, lease_until) = times;
        let (id, read_only_after, trial, device_key, nonce) = rest;
        Seat {
            license_id: uuid::Uuid::from_bytes(id),
            product,
            tier,
            holder,
            features,
            limits,
            issued_at,
            expires,
            grace_seconds,
            read_only_after,
            trial,
            device_id,
            device_key,
            components,
            nonce,
            lease_until,
        }
    })
}

pub(super) fn receipt() -> impl Strategy<Value = Receipt> {
    (any::<[u8; 16]>(), named(), named(), any::<[u8; 16]>(), instant()).prop_map(
        |(id, product, device_id, nonce, at)| Receipt {
            license_id: uuid::Uuid::from_bytes(id),
            product,
            device_id,
            nonce,
            at,
        },
    )
}
