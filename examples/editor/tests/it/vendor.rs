//! The one who signs.

use ed25519_dalek::{Signer as _, SigningKey};
use keyward_core::crypto::PublicKey;
use keyward_core::crypto::pure::Pure;
use keyward_core::recovery::RecoveryCode;
use keyward_core::scheme::lk3::Lk3;
use keyward_core::seat::{Request, Seat};
use keyward_core::time::Timestamp;
use uuid::Uuid;

/// 2026-01-01T00:00:00Z, in seconds: the day that licences are made.
const START: u64 = 1_767_225_600;
const DAY: u64 = 86_400;

fn sign(message: &[u8]) -> [u8; 64] {
    SigningKey::from_bytes(&[7; 32]).sign(message).to_bytes()
}

pub(crate) fn public_key() -> PublicKey {
    let hand = SigningKey::from_bytes(&[7; 32]);
    PublicKey::ed25519(&hand.verifying_key().to_bytes(), &Pure).expect("a point")
}

fn lk3(license: &Lk3) -> String {
    license.sign(public_key().id(), None, sign).expect("it is issued")
}

/// A licence for the year 2026 and a device, with fifteen days of grace.
pub(crate) fn license(device: &str) -> String {
    lk3(&Lk3 {
        license_id: Some(Uuid::from_u128(7)),
        product: "editor".to_owned(),
        tier: "YEARLY".to_owned(),
        company: "ABC <Traders>".to_owned(),
        issued_day: START / DAY,
        expires: Some(START + 365 * DAY),
        grace_days: 15,
        device_id: device.to_owned(),
        ..Lk3::default()
    })
}

pub(crate) fn trial() -> String {
    lk3(&Lk3 {
        license_id: Some(Uuid::from_u128(8)),
        product: "editor".to_owned(),
        tier: "TRIAL".to_owned(),
        issued_day: START / DAY - 10,
        trial: true,
        trial_days: Some(14),
        ..Lk3::default()
    })
}

pub(crate) fn recovery(device: &str, number: u32, at: &str) -> String {
    let at = Timestamp::parse_human(at).expect("a time");
    let (code, id) = (RecoveryCode { number, at }, public_key().id());
    code.to_text(id, sign(&code.covered("editor", device, id)))
}

/// The answer to an offline request.
pub(crate) fn seat(request: &str) -> String {
    let request = Request::verified(request, &Pure).expect("the device signed it");
    let seat = Seat {
        license_id: Uuid::from_u128(9),
        product: request.product,
        tier: Some("YEARLY".to_owned()),
        holder: Some("ABC Traders".to_owned()),
        features: Vec::new(),
        limits: Default::default(),
        issued_at: request.made_at,
        expires: None,
        grace_seconds: 0,
        read_only_after: true,
        trial: false,
        device_id: request.device_id,
        device_key: request.device_key,
        components: request.components,
        nonce: request.nonce,
        lease_until: Some(request.made_at.plus_days(30)),
    };
    let id = public_key().id();
    seat.to_text(id, sign(&seat.covered(id)))
}
