//! Protobuf, read strictly: what the messages of `lk3` and of offline seats have in common.

use prost::Message;
use prost::encoding::{DecodeContext, decode_key, skip_field};

use crate::refusal::{Flaw, Refusal};

/// The largest message, in bytes.
pub(crate) const MAX_PAYLOAD: usize = 64 * 1024;
/// Fields from this number on must be known to the reader.
const FIRST_CRITICAL_FIELD: u32 = 64;

/// Reads a message; `version` is that of its form, for the sentence that refuses one with a field that must be known.
pub(crate) fn decode<M: Message + Default>(bytes: &[u8], version: &str) -> Result<M, Refusal> {
    check_size(bytes)?;
    let damaged = || Flaw::BadEncoding { what: "payload", encoding: "protobuf" };
    let message = M::decode(bytes).map_err(|_| damaged())?;
    if let Some(field) = unknown_critical_field(bytes).ok_or_else(damaged)? {
        return Err(Refusal::UnsupportedVersion(format!("{version} with field {field}")));
    }
    Ok(message)
}

/// Refuses a message larger than any.
pub(crate) fn check_size(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.len() > MAX_PAYLOAD {
        return Err(Refusal::TooLarge { what: "payload", limit: MAX_PAYLOAD });
    }
    Ok(())
}

/// The first top-level field that a reader must know and this one does not; `None` when the bytes are no protobuf.
fn unknown_critical_field(mut bytes: &[u8]) -> Option<Option<u32>> {
    while !bytes.is_empty() {
        let (field, wire_type) = decode_key(&mut bytes).ok()?;
        if field >= FIRST_CRITICAL_FIELD {
            return Some(Some(field));
        }
        skip_field(wire_type, field, &mut bytes, DecodeContext::default()).ok()?;
    }
    Some(None)
}
