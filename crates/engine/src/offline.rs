//! Devices without a network: what they ask for is answered by hand, on paper or by mail.
//!
//! A device asks with a request that it signs ([`keyward_core::seat`]); the answer counts it as an activation would, and
//! its receipt frees the seat as a transfer would. A recovery code clears a false alarm of a device's clock.

mod activate;
mod recovery;
mod release;
mod seat;

pub use activate::{Answered, OfflineActivation};
pub use release::OfflineRelease;

use keyward_core::code::Code;
use keyward_core::verdict::Verdict;

use crate::keyring::SigningKey;

/// An Ed25519 signature.
fn sign(key: &SigningKey, message: &[u8]) -> [u8; 64] {
    key.sign(message).try_into().expect("an Ed25519 signature has 64 bytes")
}

/// A no with a remedy of its own.
fn refusal(code: Code, detail: impl Into<String>, remedy: &'static str) -> Box<Verdict> {
    Box::new(Verdict { remedy, ..Verdict::refusal(code, detail) })
}
