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
pub(crate) use verify::verify_chain;

use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_store::{Job, StoreError, Tx, audit};
use rand_core::CryptoRng;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Caller;
use crate::engine::uuid_v7;

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

/// An entry with its personal fields sealed; `detail` and `outcome` are completed where they are known.
pub(crate) fn entry_by(
    caller: &Caller,
    account: Uuid,
    event: &'static str,
    resource: (&'static str, Option<Uuid>),
    detail: &Value,
    now: Timestamp,
    chance: &mut impl CryptoRng,
) -> Entry {
    debug_assert!(EVENTS.contains(&event), "{event} is missing in audit::EVENTS");
    let mut salt = [0; 16];
    chance.fill_bytes(&mut salt);
    let mut entry = Entry {
        id: uuid_v7(now, chance),
        account: Some(account),
        at: now,
        event: event.to_owned(),
        outcome: "done".to_owned(),
        actor_kind: caller.actor.kind().to_owned(),
        actor_id: caller.actor.id(),
        resource_type: resource.0.to_owned(),
        resource_id: resource.1,
        front: caller.front.as_str().to_owned(),
        request_id: caller.request_id.clone(),
        detail: detail.to_string(),
        address: caller.address_text(),
        user_agent: caller.user_agent_text(),
        personal_salt: None,
        personal_digest: None,
    };
    entry.seal_personal(salt);
    entry
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
