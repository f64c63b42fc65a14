//! The vendor's answer: a seat of a licence, for one device.

use std::collections::BTreeMap;

use prost::Message;
use uuid::Uuid;

use super::{Component, SIGNATURE_LENGTH};
use crate::armour::Armour;
use crate::crypto::{Algorithm, KeyId, KeySet};
use crate::refusal::{Flaw, Refusal};
use crate::time::Timestamp;
use crate::wire;

const ARMOUR: Armour = Armour { prefix: "KA-", what: "answer" };
const CONTEXT: &[u8] = b"keyward/seat";
/// A hundred years, as for `lk3`, in seconds.
const MAX_GRACE: u64 = 36_500 * 86_400;

/// A seat of a licence, and what the licence says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The licence.
    pub license_id: Uuid,
    /// The code of the product.
    pub product: String,
    /// Its tier or the name of its policy; an empty text is none.
    pub tier: Option<String>,
    /// Who holds it; an empty text is none.
    pub holder: Option<String>,
    /// Feature codes.
    pub features: Vec<String>,
    /// Named limits.
    pub limits: BTreeMap<String, u64>,
    /// The vendor's clock when it answered.
    pub issued_at: Timestamp,
    /// The last instant at which the licence is valid; `None` is never.
    pub expires: Option<Timestamp>,
    /// Seconds after expiry in which everything still works.
    pub grace_seconds: u64,
    /// Whether looking at what is there stays possible after expiry and grace.
    pub read_only_after: bool,
    /// Whether the licence is a trial.
    pub trial: bool,
    /// The only device it is for.
    pub device_id: String,
    /// The key of that device.
    pub device_key: [u8; 32],
    /// What the device said it is made of.
    pub components: Vec<Component>,
    /// That of the request which it answers.
    pub nonce: [u8; 16],
    /// The last instant at which the device may run without a new answer; `None` is as long as the licence.
    pub lease_until: Option<Timestamp>,
}

/// An answer of the right form whose signature has not been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedSeat {
    key_id: KeyId,
    seat: Seat,
    covered: Vec<u8>,
    signature: [u8; SIGNATURE_LENGTH],
}

#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(bytes = "vec", tag = "1")]
    license_id: Vec<u8>,
    #[prost(string, tag = "2")]
    product: String,
    #[prost(string, tag = "3")]
    tier: String,
    #[prost(string, tag = "4")]
    holder: String,
    #[prost(string, repeated, tag = "5")]
    features: Vec<String>,
    #[prost(btree_map = "string, uint64", tag = "6")]
    limits: BTreeMap<String, u64>,
    #[prost(int64, tag = "7")]
    issued_at: i64,
    #[prost(int64, optional, tag = "8")]
    expires: Option<i64>,
    #[prost(uint64, tag = "9")]
    grace_seconds: u64,
    #[prost(bool, tag = "10")]
    read_only_after: bool,
    #[prost(bool, tag = "11")]
    trial: bool,
    #[prost(string, tag = "12")]
    device_id: String,
    #[prost(bytes = "vec", tag = "13")]
    device_key: Vec<u8>,
    #[prost(bytes = "vec", repeated, tag = "14")]
    components: Vec<Vec<u8>>,
    #[prost(bytes = "vec", tag = "15")]
    nonce: Vec<u8>,
    #[prost(int64, optional, tag = "16")]
    lease_until: Option<i64>,
}

impl Seat {
    /// What the product's key with this id is to sign.
    pub fn covered(&self, key_id: KeyId) -> Vec<u8> {
        [CONTEXT, &key_id.0, &self.encoded()].concat()
    }

    /// The text, with the signature of [`Self::covered`] by the key with this id.
    pub fn to_text(&self, key_id: KeyId, signature: [u8; SIGNATURE_LENGTH]) -> String {
        ARMOUR.close(&[key_id.0.as_slice(), &self.encoded(), &signature].concat())
    }

    /// Reads an answer and checks its signature under the keys at hand that have its key id. White space is passed over.
    ///
    /// # Errors
    /// `BAD_SIGNATURE`, with the reason `SEAL_NOT_ACCEPTED` when there is no Ed25519 key at hand;
    /// `UNSUPPORTED_VERSION`, `TOO_LARGE`, else `MALFORMED`.
    pub fn verified(text: &str, keys: &KeySet) -> Result<Self, Refusal> {
        SignedSeat::parse(text)?.verify(keys)
    }

    fn encoded(&self) -> Vec<u8> {
        let wire = Wire {
            license_id: self.license_id.as_bytes().to_vec(),
            product: self.product.clone(),
            tier: self.tier.clone().unwrap_or_default(),
            holder: self.holder.clone().unwrap_or_default(),
            features: self.features.clone(),
            limits: self.limits.clone(),
            issued_at: self.issued_at.micros(),
            expires: self.expires.map(Timestamp::micros),
            grace_seconds: self.grace_seconds,
            read_only_after: self.read_only_after,
            trial: self.trial,
            device_id: self.device_id.clone(),
            device_key: self.device_key.to_vec(),
            components: super::joined(&self.components),
            nonce: self.nonce.to_vec(),
            lease_until: self.lease_until.map(Timestamp::micros),
        };
        wire.encode_to_vec()
    }

    fn decoded(payload: &[u8]) -> Result<Self, Refusal> {
        let wire: Wire = wire::decode(payload, "1 of the answer")?;
        let some = |text: String| (!text.is_empty()).then_some(text);
        let end = |micros: Option<i64>, field| micros.map(|micros| super::instant(micros, field)).transpose();
        if wire.grace_seconds > MAX_GRACE {
            return Err(Flaw::BadValue { field: "grace_seconds", wanted: "0 to 36500 days" }.into());
        }
        Ok(Self {
            license_id: Uuid::from_bytes(super::exactly(&wire.license_id, "license_id", "16 bytes")?),
            product: super::not_empty(wire.product, "product")?,
            tier: some(wire.tier),
            holder: some(wire.holder),
            features: wire.features,
            limits: wire.limits,
            issued_at: super::instant(wire.issued_at, "issued_at")?,
            expires: end(wire.expires, "expires")?,
            grace_seconds: wire.grace_seconds,
            read_only_after: wire.read_only_after,
            trial: wire.trial,
            device_id: super::not_empty(wire.device_id, "device_id")?,
            device_key: super::exactly(&wire.device_key, "device_key", "32 bytes")?,
            components: super::components(&wire.components)?,
            nonce: super::exactly(&wire.nonce, "nonce", "16 bytes")?,
            lease_until: end(wire.lease_until, "lease_until")?,
        })
    }
}

impl SignedSeat {
    /// Reads an answer. White space is passed over.
    ///
    /// # Errors
    /// `UNSUPPORTED_VERSION`, `TOO_LARGE`, else `MALFORMED`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let bytes = ARMOUR.open(text)?;
        let (body, signature) = super::split_signature(&bytes, ARMOUR.what)?;
        let (key_id, payload) = body.split_first_chunk().ok_or(Flaw::Truncated { what: ARMOUR.what })?;
        Ok(Self {
            key_id: KeyId(*key_id),
            seat: Seat::decoded(payload)?,
            covered: [CONTEXT, body].concat(),
            signature: *signature,
        })
    }

    /// The id of the key that signed it: a hint only.
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// What it says, unchecked.
    pub const fn unverified(&self) -> &Seat {
        &self.seat
    }

    /// Checks the signature under the keys at hand that have its key id.
    ///
    /// # Errors
    /// `BAD_SIGNATURE`, with the reason `SEAL_NOT_ACCEPTED` when there is no Ed25519 key at hand.
    pub fn verify(self, keys: &KeySet) -> Result<Seat, Refusal> {
        keys.must_have(Algorithm::Ed25519)?;
        let mut signers = keys.public(Algorithm::Ed25519).filter(|key| key.id() == self.key_id);
        if signers.any(|key| key.verify(&self.covered, &self.signature)) {
            Ok(self.seat)
        } else {
            Err(Refusal::BadSignature)
        }
    }
}
