//! `lk3`: our own self-contained key, `LK-3-` + base64url of `header | payload | seal`. Published as `docs/lk3.md`.
//!
//! Sealed by an Ed25519 signature, or by 128 bits of an HMAC. A verifier is told which seals it accepts; the key
//! never chooses.

mod wire;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::armour;
use crate::crypto::{Algorithm, KeyId, KeySet, SharedSecret, same};
use crate::refusal::{Flaw, Refusal};
use crate::time::Timestamp;

const PREFIX: &str = "LK-3-";
/// What a seal covers begins with this, so that no other signature of the same key can be taken for one.
const CONTEXT: &[u8] = b"keyward/lk3";
const HEADER_LENGTH: usize = 5;
const SIGNATURE_LENGTH: usize = 64;
const MAC_LENGTH: usize = 16;
const NONCE_LENGTH: usize = 12;
const TAG_LENGTH: usize = 16;
const ENCRYPTED: u8 = 1 << 0;
const BY_MAC: u8 = 1 << 1;

/// What a key says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lk3 {
    /// The licence; MAC-sealed keys leave it out, the server finds them by their digest.
    pub license_id: Option<Uuid>,
    /// The code of the product.
    pub product: String,
    /// The tier, `PRO-10` for example.
    pub tier: String,
    /// How many devices; `None` sets no limit.
    pub max_devices: Option<u64>,
    /// The company it is made out to.
    pub company: String,
    /// The day it was issued, in days since 1970.
    pub issued_day: u64,
    /// The last instant at which it is valid, in seconds since 1970; `None` is perpetual.
    pub expires: Option<u64>,
    /// Feature codes.
    pub features: Vec<String>,
    /// Named limits: API calls, storage, …
    pub limits: BTreeMap<String, u64>,
    /// Groups of devices with their own number and end.
    pub pools: Vec<DevicePool>,
    /// Days of 24 hours after expiry in which everything still works.
    pub grace_days: u64,
    /// Whether it is a trial.
    pub trial: bool,
    /// The first instant at which it is valid, in seconds since 1970.
    pub not_before: Option<u64>,
    /// The customer's id at the vendor.
    pub customer_id: String,
    /// The device it is bound to; empty is any.
    pub device_id: String,
    /// Tells MAC-sealed keys apart that are otherwise equal.
    pub serial: Option<u64>,
    /// A trial of so many days of 24 hours, counted on each device from its first start.
    pub trial_days: Option<u64>,
}

/// A group of devices of one licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicePool {
    /// Its name.
    pub name: String,
    /// How many devices.
    pub max_devices: u64,
    /// The last instant at which its devices may run, in seconds since 1970; `None` is the licence's own.
    pub expires: Option<u64>,
}

/// The two strengths of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// An Ed25519 signature: nobody at the customer's can make one.
    Signature,
    /// The first 16 bytes of an HMAC-SHA256: shorter keys, a shared secret.
    Mac,
}

/// A key of the right form whose seal has not been checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Lk3Key {
    bytes: Vec<u8>,
    sealed: usize,
}

impl Lk3Key {
    /// Reads a key.
    ///
    /// # Errors
    /// `UNSUPPORTED_VERSION` for another `LK-` version and for unknown header flags, `TOO_LARGE`, else `MALFORMED`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let body = super::lk_body(text, "3")?;
        let bytes = armour::decode(body, "key")?;
        let flags = *bytes.first().ok_or(Flaw::Truncated { what: "key" })?;
        if flags & !(ENCRYPTED | BY_MAC) != 0 {
            return Err(Refusal::UnsupportedVersion(format!("3 with flags {flags:#04x}")));
        }
        let seal = if flags & BY_MAC == 0 { SIGNATURE_LENGTH } else { MAC_LENGTH };
        let overhead = if flags & ENCRYPTED == 0 { 0 } else { NONCE_LENGTH + TAG_LENGTH };
        let sealed = bytes.len().checked_sub(seal).ok_or(Flaw::Truncated { what: "key" })?;
        if sealed < HEADER_LENGTH + overhead {
            return Err(Flaw::Truncated { what: "key" }.into());
        }
        Ok(Self { bytes, sealed })
    }

    /// How it is sealed.
    pub fn seal(&self) -> Seal {
        if self.bytes[0] & BY_MAC == 0 { Seal::Signature } else { Seal::Mac }
    }

    /// Whether its payload is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.bytes[0] & ENCRYPTED != 0
    }

    /// The id of the key that sealed it: a hint only.
    pub fn key_id(&self) -> KeyId {
        KeyId([self.bytes[1], self.bytes[2], self.bytes[3], self.bytes[4]])
    }

    /// Checks the seal under the keys at hand that have its key id, then decrypts and reads the payload.
    ///
    /// # Errors
    /// `BAD_SIGNATURE`, with the reason `SEAL_NOT_ACCEPTED` when this kind of seal is not accepted at all, and
    /// `CANNOT_DECRYPT` when the seal is right and no secret at hand opens the payload; else those of its payload.
    pub fn verify(&self, keys: &KeySet) -> Result<Lk3, Refusal> {
        let (body, seal) = self.bytes.split_at(self.sealed);
        let id = self.key_id();
        match self.seal() {
            Seal::Signature => {
                keys.must_have(Algorithm::Ed25519)?;
                let covered = [CONTEXT, body].concat();
                let mut signers = keys.public(Algorithm::Ed25519).filter(|key| key.id() == id);
                if !signers.any(|key| key.verify(&covered, seal)) {
                    return Err(Refusal::BadSignature);
                }
                self.payload(&keys.secrets)
            }
            Seal::Mac => {
                keys.must_have_secret()?;
                if !keys.accepts_lk3_macs {
                    return Err(Refusal::SealNotAccepted { found: "under a shared secret" });
                }
                let mut secrets = keys.secrets.iter().filter(|secret| secret.lk3_mac_id() == id);
                let sealer =
                    secrets.find(|secret| same(&secret.lk3_tag(&[CONTEXT, body])[..MAC_LENGTH], seal));
                self.payload(std::slice::from_ref(sealer.ok_or(Refusal::BadSignature)?))
            }
        }
    }

    /// What the key says, unchecked; an encrypted one is read with one of the secrets.
    pub fn payload(&self, secrets: &[SharedSecret]) -> Result<Lk3, Refusal> {
        let payload = &self.bytes[HEADER_LENGTH..self.sealed];
        if !self.is_encrypted() {
            return wire::decode(payload);
        }
        let (nonce, sealed) =
            payload.split_first_chunk::<NONCE_LENGTH>().ok_or(Flaw::Truncated { what: "key" })?;
        let plain = secrets.iter().find_map(|secret| secret.lk3_aead().open(nonce, sealed));
        wire::decode(&plain.ok_or(Refusal::CannotDecrypt)?)
    }
}

impl Lk3 {
    /// A key sealed by a signature. `sign` makes the Ed25519 signature of the key with this id.
    ///
    /// # Errors
    /// When a field is outside its limits (see `docs/lk3.md`).
    pub fn sign(
        &self,
        key_id: KeyId,
        encryption: Option<(&SharedSecret, [u8; NONCE_LENGTH])>,
        sign: impl FnOnce(&[u8]) -> [u8; SIGNATURE_LENGTH],
    ) -> Result<String, Refusal> {
        let covered = self.covered(0, key_id, encryption)?;
        let seal = sign(&covered);
        Ok(assemble(&covered, &seal))
    }

    /// A key sealed under a shared secret.
    ///
    /// # Errors
    /// When a field is outside its limits (see `docs/lk3.md`).
    pub fn mac(&self, secret: &SharedSecret, nonce: Option<[u8; NONCE_LENGTH]>) -> Result<String, Refusal> {
        let encryption = nonce.map(|nonce| (secret, nonce));
        let covered = self.covered(BY_MAC, secret.lk3_mac_id(), encryption)?;
        let tag = secret.lk3_tag(&[&covered]);
        Ok(assemble(&covered, &tag[..MAC_LENGTH]))
    }

    /// What the seal covers: context, header, payload.
    fn covered(
        &self,
        flags: u8,
        key_id: KeyId,
        encryption: Option<(&SharedSecret, [u8; NONCE_LENGTH])>,
    ) -> Result<Vec<u8>, Refusal> {
        let payload = wire::encode(self)?;
        let mut covered =
            Vec::with_capacity(CONTEXT.len() + HEADER_LENGTH + payload.len() + SIGNATURE_LENGTH);
        covered.extend_from_slice(CONTEXT);
        covered.push(flags | if encryption.is_some() { ENCRYPTED } else { 0 });
        covered.extend_from_slice(&key_id.0);
        match encryption {
            None => covered.extend_from_slice(&payload),
            Some((secret, nonce)) => {
                covered.extend_from_slice(&nonce);
                covered.extend_from_slice(&secret.lk3_aead().seal(&nonce, &payload));
            }
        }
        Ok(covered)
    }

    /// The last instant at which it is valid.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires.map(seconds)
    }

    /// The first instant at which it is valid.
    pub fn valid_from(&self) -> Option<Timestamp> {
        self.not_before.map(seconds)
    }

    /// 00:00:00 UTC of the day it was issued.
    pub fn issued(&self) -> Timestamp {
        Timestamp::from_seconds(0).plus_days(i64::try_from(self.issued_day).unwrap_or(i64::MAX))
    }
}

impl DevicePool {
    /// The last instant at which its devices may run, where it has its own.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires.map(seconds)
    }
}

fn seconds(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn assemble(covered: &[u8], seal: &[u8]) -> String {
    let bytes = [&covered[CONTEXT.len()..], seal].concat();
    let mut key = String::with_capacity(PREFIX.len() + bytes.len().div_ceil(3) * 4);
    key.push_str(PREFIX);
    URL_SAFE_NO_PAD.encode_string(bytes, &mut key);
    key
}
