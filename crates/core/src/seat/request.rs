//! What a device without a network asks for.

use prost::Message;

use super::{Component, SIGNATURE_LENGTH};
use crate::armour::Armour;
use crate::crypto::Provider;
use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::wire;

const ARMOUR: Armour = Armour { prefix: "KQ-", what: "request" };
const CONTEXT: &[u8] = b"keyward/request";

/// A device asks for a seat, or for more time on the one it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The code of the product.
    pub product: String,
    /// The licence key, as the customer has it.
    pub key: String,
    /// The id of the device.
    pub device_id: String,
    /// The Ed25519 public key that the device made at first start.
    pub device_key: [u8; 32],
    /// What people call the device; an empty name is none.
    pub name: Option<String>,
    /// What the device id is made of, so that the vendor can say later whether it still is the same device.
    pub components: Vec<Component>,
    /// Made anew for each request: the answer repeats it, and a device takes an answer to its last request only.
    pub nonce: [u8; 16],
    /// The device's clock.
    pub made_at: Timestamp,
}

#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(string, tag = "1")]
    product: String,
    #[prost(string, tag = "2")]
    key: String,
    #[prost(string, tag = "3")]
    device_id: String,
    #[prost(bytes = "vec", tag = "4")]
    device_key: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(bytes = "vec", repeated, tag = "6")]
    components: Vec<Vec<u8>>,
    #[prost(bytes = "vec", tag = "7")]
    nonce: Vec<u8>,
    #[prost(int64, tag = "8")]
    made_at: i64,
}

impl Request {
    /// What the device key is to sign.
    pub fn covered(&self) -> Vec<u8> {
        [CONTEXT, &self.encoded()].concat()
    }

    /// The text, with the device key's signature of [`Self::covered`].
    pub fn to_text(&self, signature: [u8; SIGNATURE_LENGTH]) -> String {
        ARMOUR.close(&[self.encoded().as_slice(), &signature].concat())
    }

    /// Reads a request and checks that the device whose key it names made it. White space is passed over.
    ///
    /// # Errors
    /// `BAD_SIGNATURE`, `UNSUPPORTED_VERSION`, `TOO_LARGE`, else `MALFORMED`.
    pub fn verified(text: &str, provider: &dyn Provider) -> Result<Self, Refusal> {
        let bytes = ARMOUR.open(text)?;
        let (payload, signature) = super::split_signature(&bytes, ARMOUR.what)?;
        let request = Self::decoded(payload)?;
        super::check_device(&request.device_key, &[CONTEXT, payload].concat(), signature, provider)?;
        Ok(request)
    }

    fn encoded(&self) -> Vec<u8> {
        let wire = Wire {
            product: self.product.clone(),
            key: self.key.clone(),
            device_id: self.device_id.clone(),
            device_key: self.device_key.to_vec(),
            name: self.name.clone().unwrap_or_default(),
            components: super::joined(&self.components),
            nonce: self.nonce.to_vec(),
            made_at: self.made_at.micros(),
        };
        wire.encode_to_vec()
    }

    fn decoded(payload: &[u8]) -> Result<Self, Refusal> {
        let wire: Wire = wire::decode(payload, "1 of the request")?;
        Ok(Self {
            product: super::not_empty(wire.product, "product")?,
            key: super::not_empty(wire.key, "key")?,
            device_id: super::not_empty(wire.device_id, "device_id")?,
            device_key: super::exactly(&wire.device_key, "device_key", "32 bytes")?,
            name: Some(wire.name).filter(|name| !name.is_empty()),
            components: super::components(&wire.components)?,
            nonce: super::exactly(&wire.nonce, "nonce", "16 bytes")?,
            made_at: super::instant(wire.made_at, "made_at")?,
        })
    }
}
