//! Signed statements of how far the chain reached.

use uuid::Uuid;

use crate::crypto::{Algorithm, PublicKey};
use crate::time::Timestamp;

/// The end of the chain at a moment, signed. Whoever keeps one outside the database can prove later that what it covers
/// was rewritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The place of the last entry that it covers.
    pub seq: i64,
    /// The digest of that entry.
    pub digest: [u8; 32],
    /// How many entries were sealed.
    pub count: i64,
    /// When it was made.
    pub at: Timestamp,
    /// The signing key.
    pub key_id: Uuid,
    /// Ed25519 over [`Self::message`].
    pub signature: Vec<u8>,
}

impl Checkpoint {
    /// The signed bytes: five lines of ASCII, each with a newline at its end.
    ///
    /// ```text
    /// keyward/checkpoint/1
    /// seq 1000
    /// digest 64 lower-case hexadecimal digits
    /// count 1000
    /// at 1767225600000000
    /// ```
    ///
    /// `at` is in microseconds since 1970. With the message and the signature in files, OpenSSL says whether they fit:
    /// `openssl pkeyutl -verify -pubin -inkey pub.pem -rawin -in message -sigfile sig`.
    pub fn message(seq: i64, digest: &[u8; 32], count: i64, at: Timestamp) -> Vec<u8> {
        let (digest, at) = (hex::encode(digest), at.micros());
        format!("keyward/checkpoint/1\nseq {seq}\ndigest {digest}\ncount {count}\nat {at}\n").into_bytes()
    }

    /// Whether its signature is one by this key, which must be an Ed25519 key.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let message = Self::message(self.seq, &self.digest, self.count, self.at);
        key.algorithm() == Algorithm::Ed25519 && key.verify(&message, &self.signature)
    }
}
