//! The audit log beyond writing it: sealing it into a chain, signing how far it reached, and checking it.

mod checkpoint;
mod read;
mod sealer;
mod search;
mod verify;

pub use sealer::Sealed;
pub use search::{AuditPage, AuditSearch, MAX_EXPORT};
pub use verify::Verified;

use keyward_core::audit::Entry;
use keyward_store::{Job, StoreError, Tx, audit};

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
