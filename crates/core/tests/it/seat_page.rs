//! `docs/seat.proto` and the code say the same: every field is written under the number and wire type of the page.

use std::collections::BTreeMap;
use std::path::Path;

use keyward_core::crypto::KeyId;
use keyward_core::seat::{Receipt, Request, Seat};
use keyward_core::time::Timestamp;
use prost::encoding::{DecodeContext, WireType, decode_key, skip_field};
use uuid::Uuid;

const AT: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// Number and wire type of each field of a message of the page.
fn published(message: &str) -> BTreeMap<u32, WireType> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/seat.proto");
    let page = std::fs::read_to_string(path).expect("the page");
    let (_, body) = page.split_once(&format!("message {message} {{")).expect("the message");
    let body = body.split("\n}").next().expect("its end");
    let field = |line: &str| {
        let (before, after) = line.split_once(" = ")?;
        let number = after.split(';').next()?.parse().ok()?;
        let scalar = ["int64 ", "uint64 ", "bool "].iter().any(|kind| before.contains(kind));
        let wire =
            if scalar && !before.contains("map<") { WireType::Varint } else { WireType::LengthDelimited };
        Some((number, wire))
    };
    body.lines().filter_map(field).collect()
}

/// Number and wire type of each field of a message with all fields.
fn written(mut bytes: &[u8]) -> BTreeMap<u32, WireType> {
    let mut fields = BTreeMap::new();
    while !bytes.is_empty() {
        let (number, wire) = decode_key(&mut bytes).expect("a field");
        skip_field(wire, number, &mut bytes, DecodeContext::default()).expect("its value");
        fields.insert(number, wire);
    }
    fields
}

#[test]
fn requests() {
    let request = Request {
        product: "acme".to_owned(),
        key: "LK-3-".to_owned(),
        device_id: "device".to_owned(),
        device_key: [1; 32],
        name: Some("Zoë's laptop".to_owned()),
        components: vec![(1, [2; 8])],
        nonce: [3; 16],
        made_at: AT,
    };
    let covered = request.covered();
    let message = covered.strip_prefix(b"keyward/request").expect("its context");
    assert_eq!(written(message), published("Request"));
}

#[test]
fn seats() {
    let seat = Seat {
        license_id: Uuid::from_u128(7),
        product: "acme".to_owned(),
        tier: Some("PRO".to_owned()),
        holder: Some("Acme".to_owned()),
        features: vec!["export".to_owned()],
        limits: [("api_calls".to_owned(), 1_000)].into(),
        issued_at: AT,
        expires: Some(AT),
        grace_seconds: 1,
        read_only_after: true,
        trial: true,
        device_id: "device".to_owned(),
        device_key: [1; 32],
        components: vec![(1, [2; 8])],
        nonce: [3; 16],
        lease_until: Some(AT),
    };
    let covered = seat.covered(KeyId([9; 4]));
    let message = covered.strip_prefix(b"keyward/seat\x09\x09\x09\x09").expect("context and key id");
    assert_eq!(written(message), published("Seat"));
}

#[test]
fn receipts() {
    let receipt = Receipt {
        license_id: Uuid::from_u128(7),
        product: "acme".to_owned(),
        device_id: "device".to_owned(),
        nonce: [3; 16],
        at: AT,
    };
    let covered = receipt.covered();
    let message = covered.strip_prefix(b"keyward/receipt").expect("its context");
    assert_eq!(written(message), published("Receipt"));
}
