//! The audit chain: entries that cannot be changed, removed, added or moved without being noticed.
//!
//! Owns: what is sealed of an [`Entry`] and how ([`Head::seal`]), the text of a signed [`Checkpoint`], and the
//! [`Verifier`] that names the first entry that does not stand as it was sealed. Storing, signing and the moment of
//! sealing are elsewhere.

mod breach;
mod chain;
mod checkpoint;
mod entry;
mod finding;
mod verifier;

pub use chain::{Head, Link};
pub use checkpoint::Checkpoint;
pub use entry::Entry;
pub use finding::{Finding, FindingKind, Report};
pub use verifier::{StoredEntry, Verifier};

use sha2::{Digest as _, Sha256};

/// SHA-256 over fields of which each says whether it is there and how long it is, so that no two lists of fields have
/// the same bytes.
struct FieldDigest(Sha256);

impl FieldDigest {
    /// Begins with a text that no other use of SHA-256 begins with.
    fn new(domain: &str) -> Self {
        Self(Sha256::new()).field(domain.as_bytes())
    }

    fn field(self, bytes: &[u8]) -> Self {
        self.optional(Some(bytes))
    }

    /// A field that is not there differs from an empty one.
    fn optional(mut self, bytes: Option<&[u8]>) -> Self {
        if let Some(bytes) = bytes {
            self.0.update([1]);
            self.0.update((bytes.len() as u64).to_be_bytes());
            self.0.update(bytes);
        } else {
            self.0.update([0]);
        }
        self
    }

    fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
