//! A seat for a device without a network: the device's request, the vendor's answer, and the receipt with which the
//! device gives the seat back. Their messages are published as `docs/seat.proto`.
//!
//! ```text
//! KQ-1- base64url( Request ‖ signature by the device key over "keyward/request" ‖ Request )
//! KA-1- base64url( key id ‖ Seat ‖ signature by the product's key over "keyward/seat" ‖ key id ‖ Seat )
//! KX-1- base64url( Receipt ‖ signature by the device key over "keyward/receipt" ‖ Receipt )
//! ```
//!
//! The device makes its key at first start; the answer names that key, so that whoever copies an answer to another
//! device has a seat that the device cannot sign for. All signatures are Ed25519. White space anywhere in these texts is
//! passed over, since they are pasted from mails, which break lines; everything else is read as strictly as `lk3`:
//! strict base64url without padding, protobuf of at most 64 KiB, unknown fields refused from number 64 on.

mod answer;
mod receipt;
mod request;

pub use answer::{Seat, SignedSeat};
pub use receipt::{Receipt, SignedReceipt};
pub use request::Request;

use crate::crypto::{Provider, PublicKey};
use crate::refusal::{Flaw, Refusal};
use crate::time::Timestamp;

/// What a device says of one of its parts: the number of the kind of part, and a digest of what it found.
pub type Component = (u8, [u8; 8]);

const SIGNATURE_LENGTH: usize = 64;

/// Splits the signature off the end.
fn split_signature<'a>(bytes: &'a [u8], what: &'static str) -> Result<(&'a [u8], &'a [u8; 64]), Flaw> {
    bytes.split_last_chunk().ok_or(Flaw::Truncated { what })
}

/// Checks a signature by a device's own key.
fn check_device(
    key: &[u8; 32],
    covered: &[u8],
    signature: &[u8; SIGNATURE_LENGTH],
    provider: &dyn Provider,
) -> Result<(), Refusal> {
    let key = PublicKey::ed25519(key, provider).map_err(|_| Refusal::BadSignature)?;
    if key.verify(covered, signature) { Ok(()) } else { Err(Refusal::BadSignature) }
}

fn joined(components: &[Component]) -> Vec<Vec<u8>> {
    components.iter().map(|(kind, digest)| [&[*kind], digest.as_slice()].concat()).collect()
}

fn components(texts: &[Vec<u8>]) -> Result<Vec<Component>, Flaw> {
    let wanted =
        Flaw::BadValue { field: "components", wanted: "9 bytes each: a kind and a digest of 8 bytes" };
    let component = |bytes: &Vec<u8>| {
        let (kind, digest) = bytes.split_first()?;
        Some((*kind, digest.try_into().ok()?))
    };
    texts.iter().map(component).collect::<Option<_>>().ok_or(wanted)
}

fn exactly<const N: usize>(bytes: &[u8], field: &'static str, wanted: &'static str) -> Result<[u8; N], Flaw> {
    bytes.try_into().map_err(|_| Flaw::BadValue { field, wanted })
}

/// An instant of the calendar.
fn instant(micros: i64, field: &'static str) -> Result<Timestamp, Flaw> {
    let instant = Timestamp::from_micros(micros);
    let wanted = "a time of the years 1 to 9999, in microseconds";
    instant.civil().map(|_| instant).ok_or(Flaw::BadValue { field, wanted })
}

fn not_empty(text: String, field: &'static str) -> Result<String, Flaw> {
    if text.is_empty() { Err(Flaw::MissingField { field }) } else { Ok(text) }
}
