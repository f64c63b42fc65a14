//! One entry: who did what to which resource, when, and how it ended.

use std::fmt;

use uuid::Uuid;

use super::FieldDigest;
use crate::time::Timestamp;

/// An entry as it is stored. The chain covers every field but the three that can be erased: `address`, `user_agent` and
/// `personal_salt`, for which `personal_digest` stands. `Debug` shows its id and event.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: Uuid,
    /// The account it belongs to; `None` for the platform itself.
    pub account: Option<Uuid>,
    /// When it happened.
    pub at: Timestamp,
    /// What happened: `license.suspend`, …
    pub event: String,
    /// How it ended.
    pub outcome: String,
    /// What kind of actor did it: a token, a user, the program itself, …
    pub actor_kind: String,
    /// Which one.
    pub actor_id: Option<Uuid>,
    /// The kind of thing that it was done to.
    pub resource_type: String,
    /// Which one.
    pub resource_id: Option<Uuid>,
    /// The door it came through.
    pub front: String,
    /// The request, as logs name it.
    pub request_id: Option<String>,
    /// More, as JSON: nothing personal and never a full key, because it cannot be erased.
    pub detail: String,
    /// Erasable: the address it came from.
    pub address: Option<String>,
    /// Erasable: what the client called itself.
    pub user_agent: Option<String>,
    /// Erasable: random bytes, without which the digest of a short address could be guessed back.
    pub personal_salt: Option<Vec<u8>>,
    /// SHA-256 of the salt and what is personal; it stays when they are erased.
    pub personal_digest: Option<Vec<u8>>,
}

impl Entry {
    /// Fills salt and digest for what is personal in this entry; both stay empty where nothing is. The salt comes from
    /// the caller's generator and is used for no other entry.
    pub fn seal_personal(&mut self, salt: [u8; 16]) {
        let personal = self.address.is_some() || self.user_agent.is_some();
        self.personal_salt = personal.then(|| salt.to_vec());
        self.personal_digest = personal.then(|| self.personal(&salt).to_vec());
    }

    /// Forgets what is personal. The entry still verifies; nobody can tell any more what stood there.
    pub fn erase_personal(&mut self) {
        (self.address, self.user_agent, self.personal_salt) = (None, None, None);
    }

    /// Whether something personal stood here and was erased.
    pub const fn is_erased(&self) -> bool {
        self.personal_digest.is_some() && self.has_nothing_personal()
    }

    /// Whether what is personal is as it was sealed, or was erased as a whole.
    pub(super) fn personal_fits(&self) -> bool {
        match (&self.personal_digest, &self.personal_salt) {
            (Some(digest), Some(salt)) => *digest == self.personal(salt),
            (_, None) => self.has_nothing_personal(),
            (None, Some(_)) => false,
        }
    }

    const fn has_nothing_personal(&self) -> bool {
        self.address.is_none() && self.user_agent.is_none() && self.personal_salt.is_none()
    }

    fn personal(&self, salt: &[u8]) -> [u8; 32] {
        FieldDigest::new("keyward/audit/personal/1")
            .field(salt)
            .optional(self.address.as_deref().map(str::as_bytes))
            .optional(self.user_agent.as_deref().map(str::as_bytes))
            .finish()
    }

    /// The digest of this entry at a place of the chain.
    pub(super) fn digest_at(&self, seq: i64, previous: &[u8]) -> [u8; 32] {
        fn id(id: &Option<Uuid>) -> Option<&[u8]> {
            id.as_ref().map(|id| id.as_bytes().as_slice())
        }
        FieldDigest::new("keyward/audit/1")
            .field(&seq.to_be_bytes())
            .field(previous)
            .field(self.id.as_bytes())
            .optional(id(&self.account))
            .field(&self.at.micros().to_be_bytes())
            .field(self.event.as_bytes())
            .field(self.outcome.as_bytes())
            .field(self.actor_kind.as_bytes())
            .optional(id(&self.actor_id))
            .field(self.resource_type.as_bytes())
            .optional(id(&self.resource_id))
            .field(self.front.as_bytes())
            .optional(self.request_id.as_deref().map(str::as_bytes))
            .field(self.detail.as_bytes())
            .optional(self.personal_digest.as_deref())
            .finish()
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({}, {})", self.id, self.event)
    }
}
