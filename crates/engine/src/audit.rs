//! The audit log beyond writing it: sealing it into a chain, signing how far it reached, and checking it.

mod actors;
mod checkpoint;
mod events;
mod read;
mod sealer;
mod search;
mod verify;

pub use events::{DELAY, EVENTS};
pub use sealer::Sealed;
pub use search::{AuditPage, AuditSearch, MAX_EXPORT};
pub use verify::Verified;

use keyward_core::audit::Entry;
use keyward_store::{Job, StoreError, Tx, audit};
use serde_json::{Value, json};

/// An entry for a program: a line of an export, or a part of what is known of a licence.
pub fn entry_json(entry: &Entry) -> Value {
    json!({
        "id": entry.id.to_string(),
        "account": entry.account.map(|id| id.to_string()),
        "at": entry.at,
        "event": entry.event,
        "outcome": entry.outcome,
        "actorKind": entry.actor_kind,
        "actorId": entry.actor_id.map(|id| id.to_string()),
        "resourceType": entry.resource_type,
        "resourceId": entry.resource_id.map(|id| id.to_string()),
        "front": entry.front,
        "requestId": entry.request_id,
        // As it was sealed: the chain covers every character of it.
        "detail": entry.detail,
        "address": entry.address,
        "userAgent": entry.user_agent,
    })
}

/// An entry about something that changes nothing else.
pub(crate) struct Note {
    pub(crate) entry: Entry,
}

impl Job for Note {
    const NAME: &'static str = "audit.note";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        audit::append(tx, &self.entry).await
    }
}
