//! The code with which a support agent clears a false alarm of a device's clock.
//!
//! ```text
//! KR-1- base64url( key id ‖ number, 4 bytes ‖ at, 8 bytes ‖ signature )                           112 characters
//! ```
//!
//! Numbers are big-endian, `at` is in seconds since 1970. The Ed25519 signature of the product's key covers
//! `keyward/recovery` ‖ key id ‖ length of the product's code, 4 bytes ‖ that code ‖ length of the device id, 4 bytes ‖
//! that id ‖ number ‖ at: product and device are not in the code, and it is good for no other. The number is the one
//! that the refusal showed; a device that has taken a code counts on, so it works once. White space anywhere in the text
//! is passed over.

use crate::armour::Armour;
use crate::crypto::{Algorithm, KeyId, KeySet};
use crate::refusal::{Flaw, Refusal};
use crate::time::Timestamp;

const ARMOUR: Armour = Armour { prefix: "KR-", what: "recovery code" };
const CONTEXT: &[u8] = b"keyward/recovery";
const LENGTH: usize = 4 + 4 + 8 + SIGNATURE_LENGTH;
const SIGNATURE_LENGTH: usize = 64;

/// What a recovery code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryCode {
    /// The number that the refusal showed.
    pub number: u32,
    /// The vendor's clock when it was made: the time that the device may believe. Whole seconds from 1970 on; what lies
    /// below a second is cut off, and what lies before 1970 becomes its first second.
    pub at: Timestamp,
}

/// A recovery code of the right form whose signature has not been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRecoveryCode {
    key_id: KeyId,
    code: RecoveryCode,
    signature: [u8; SIGNATURE_LENGTH],
}

impl RecoveryCode {
    /// What the product's key with this id is to sign.
    pub fn covered(&self, product: &str, device: &str, key_id: KeyId) -> Vec<u8> {
        let mut covered = [CONTEXT, &key_id.0].concat();
        for text in [product, device] {
            covered.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
            covered.extend(text.as_bytes());
        }
        covered.extend(self.numbers());
        covered
    }

    /// The text, with the signature of [`Self::covered`] by the key with this id.
    pub fn to_text(&self, key_id: KeyId, signature: [u8; SIGNATURE_LENGTH]) -> String {
        ARMOUR.close(&[key_id.0.as_slice(), &self.numbers(), &signature].concat())
    }

    /// Reads a code and checks that it was made for this product and device. White space is passed over.
    ///
    /// # Errors
    /// `BAD_SIGNATURE`, also for another product or device, and with the reason `SEAL_NOT_ACCEPTED` when there is no
    /// Ed25519 key at hand; `UNSUPPORTED_VERSION`, `TOO_LARGE`, else `MALFORMED`.
    pub fn verified(text: &str, product: &str, device: &str, keys: &KeySet) -> Result<Self, Refusal> {
        SignedRecoveryCode::parse(text)?.verify(product, device, keys)
    }

    fn numbers(&self) -> [u8; 12] {
        let mut numbers = [0; 12];
        numbers[..4].copy_from_slice(&self.number.to_be_bytes());
        numbers[4..].copy_from_slice(&self.at.seconds().max(0).to_be_bytes());
        numbers
    }
}

impl SignedRecoveryCode {
    /// Reads a code. White space is passed over.
    ///
    /// # Errors
    /// `UNSUPPORTED_VERSION`, `TOO_LARGE`, else `MALFORMED`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let bytes = ARMOUR.open(text)?;
        if bytes.len() > LENGTH {
            return Err(Flaw::TrailingData { what: ARMOUR.what }.into());
        }
        Self::read(&bytes).ok_or(Flaw::Truncated { what: ARMOUR.what })?
    }

    /// `None` where there are too few bytes.
    fn read(bytes: &[u8]) -> Option<Result<Self, Refusal>> {
        let (key_id, rest) = bytes.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (at, rest) = rest.split_first_chunk()?;
        let signature = rest.try_into().ok()?;
        let at = i64::from_be_bytes(*at);
        let last = Timestamp::from_seconds(at).civil().filter(|_| at >= 0);
        if last.is_none() {
            let wanted = "a time of the years 1970 to 9999, in seconds";
            return Some(Err(Flaw::BadValue { field: "at", wanted }.into()));
        }
        let code = RecoveryCode { number: u32::from_be_bytes(*number), at: Timestamp::from_seconds(at) };
        Some(Ok(Self { key_id: KeyId(*key_id), code, signature }))
    }

    /// The id of the key that signed it: a hint only.
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// What it says, unchecked.
    pub const fn unverified(&self) -> RecoveryCode {
        self.code
    }

    /// Checks that it was made for this product and device, by one of the keys at hand.
    ///
    /// # Errors
    /// `BAD_SIGNATURE`, with the reason `SEAL_NOT_ACCEPTED` when there is no Ed25519 key at hand.
    pub fn verify(&self, product: &str, device: &str, keys: &KeySet) -> Result<RecoveryCode, Refusal> {
        keys.must_have(Algorithm::Ed25519)?;
        let covered = self.code.covered(product, device, self.key_id);
        let mut signers = keys.public(Algorithm::Ed25519).filter(|key| key.id() == self.key_id);
        if signers.any(|key| key.verify(&covered, &self.signature)) {
            Ok(self.code)
        } else {
            Err(Refusal::BadSignature)
        }
    }
}
