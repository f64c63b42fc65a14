//! The one who signs.

use ed25519_dalek::{Signer as _, SigningKey};
use keyward_core::crypto::PublicKey;
use keyward_core::crypto::pure::Pure;
use keyward_core::scheme::lk3::Lk3;
use uuid::Uuid;

fn hand() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub(crate) fn public_key() -> PublicKey {
    PublicKey::ed25519(&hand().verifying_key().to_bytes(), &Pure).expect("a point")
}

/// A licence for a device, without grace.
pub(crate) fn license(device: &str, features: &[&str], issued: u64, expires: u64) -> String {
    let license = Lk3 {
        license_id: Some(Uuid::from_u128(7)),
        product: "worker".to_owned(),
        tier: "PRO".to_owned(),
        company: "ABC Traders".to_owned(),
        issued_day: issued / 86_400,
        expires: Some(expires),
        features: features.iter().map(|feature| (*feature).to_owned()).collect(),
        device_id: device.to_owned(),
        ..Lk3::default()
    };
    let sign = |covered: &[u8]| hand().sign(covered).to_bytes();
    license.sign(public_key().id(), None, sign).expect("it is issued")
}
