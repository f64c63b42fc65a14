//! The links: each entry's digest covers the digest of the one before.

use super::Entry;

/// What sealing adds to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its place, from 1, without gaps.
    pub seq: i64,
    /// The digest of the entry before it; zeros for the first.
    pub previous: [u8; 32],
    /// Its own digest, over its place, `previous` and its fields as stored.
    pub digest: [u8; 32],
}

/// The end of the chain, kept apart from the entries so that a missing tail is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The place of the last sealed entry; 0 before the first.
    pub seq: i64,
    /// Its digest.
    pub digest: [u8; 32],
    /// How many entries are sealed.
    pub count: i64,
}

impl Head {
    /// Of a chain without entries.
    pub const fn genesis() -> Self {
        Self { seq: 0, digest: [0; 32], count: 0 }
    }

    /// Seals the next entry: its link, and the new end of the chain.
    pub fn seal(&self, entry: &Entry) -> (Link, Self) {
        let seq = self.seq.saturating_add(1);
        let digest = entry.digest_at(seq, &self.digest);
        let link = Link { seq, previous: self.digest, digest };
        (link, Self { seq, digest, count: self.count.saturating_add(1) })
    }
}
