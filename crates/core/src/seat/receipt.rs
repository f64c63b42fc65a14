//! The device's word that it has given its seat back.

use prost::Message;
use uuid::Uuid;

use super::SIGNATURE_LENGTH;
use crate::armour::Armour;
use crate::crypto::Provider;
use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::wire;

const ARMOUR: Armour = Armour { prefix: "KX-", what: "receipt" };
const CONTEXT: &[u8] = b"keyward/receipt";

/// A device has dropped its seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The licence.
    pub license_id: Uuid,
    /// The code of the product.
    pub product: String,
    /// The id of the device, as in its seat.
    pub device_id: String,
    /// That of the seat which it gave back.
    pub nonce: [u8; 16],
    /// The device's clock when it did.
    pub at: Timestamp,
}

/// A receipt of the right form whose signature has not been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedReceipt {
    receipt: Receipt,
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
    device_id: String,
    #[prost(bytes = "vec", tag = "4")]
    nonce: Vec<u8>,
    #[prost(int64, tag = "5")]
    at: i64,
}

impl Receipt {
    /// What the device key is to sign.
    pub fn covered(&self) -> Vec<u8> {
        [CONTEXT, &self.encoded()].concat()
    }

    /// The text, with the device key's signature of [`Self::covered`].
    pub fn to_text(&self, signature: [u8; SIGNATURE_LENGTH]) -> String {
        ARMOUR.close(&[self.encoded().as_slice(), &signature].concat())
    }

    /// Reads a receipt; which key must have signed it says the seat that it gives back. White space is passed over.
    ///
    /// # Errors
    /// `UNSUPPORTED_VERSION`, `TOO_LARGE`, else `MALFORMED`.
    pub fn parse(text: &str) -> Result<SignedReceipt, Refusal> {
        let bytes = ARMOUR.open(text)?;
        let (payload, signature) = super::split_signature(&bytes, ARMOUR.what)?;
        Ok(SignedReceipt {
            receipt: Self::decoded(payload)?,
            covered: [CONTEXT, payload].concat(),
            signature: *signature,
        })
    }

    fn encoded(&self) -> Vec<u8> {
        let wire = Wire {
            license_id: self.license_id.as_bytes().to_vec(),
            product: self.product.clone(),
            device_id: self.device_id.clone(),
            nonce: self.nonce.to_vec(),
            at: self.at.micros(),
        };
        wire.encode_to_vec()
    }

    fn decoded(payload: &[u8]) -> Result<Self, Refusal> {
        let wire: Wire = wire::decode(payload, "1 of the receipt")?;
        Ok(Self {
            license_id: Uuid::from_bytes(super::exactly(&wire.license_id, "license_id", "16 bytes")?),
            product: super::not_empty(wire.product, "product")?,
            device_id: super::not_empty(wire.device_id, "device_id")?,
            nonce: super::exactly(&wire.nonce, "nonce", "16 bytes")?,
            at: super::instant(wire.at, "at")?,
        })
    }
}

impl SignedReceipt {
    /// What it says, unchecked.
    pub const fn unverified(&self) -> &Receipt {
        &self.receipt
    }

    /// Checks that the device with this key signed it.
    ///
    /// # Errors
    /// `BAD_SIGNATURE`.
    pub fn verify(&self, device_key: &[u8; 32], provider: &dyn Provider) -> Result<Receipt, Refusal> {
        super::check_device(device_key, &self.covered, &self.signature, provider)?;
        Ok(self.receipt.clone())
    }
}
