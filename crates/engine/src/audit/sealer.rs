//! The sealer: within a second of their commit, entries get their place in the chain. One node at a time does it.

use keyward_core::audit::Head;
use keyward_core::time::Timestamp;
use keyward_store::{Job, StoreError, Tx, audit};
use uuid::Uuid;

use crate::{Engine, EngineError};

/// Entries of one transaction at the most.
const AT_ONCE: i64 = 1_000;
/// How long a node that is gone keeps others from sealing, in seconds.
const LEASE: i64 = 5;

/// What a round did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Entries that got their place.
    pub entries: i64,
    /// The end of the chain afterwards.
    pub head: Head,
}

impl Engine {
    /// Seals what waits; `None` while another node does it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn seal_audit(&self) -> Result<Option<Sealed>, EngineError> {
        // Looked at first, so that an idle server writes nothing.
        if audit::unsealed(&self.store, 1).await?.is_empty() {
            let head = audit::read_head(&self.store).await?;
            return Ok(Some(Sealed { entries: 0, head }));
        }
        let mut entries = 0;
        loop {
            let round = self.store.write(Round { node: self.node, now: self.now() }).await?;
            let Some(sealed) = round else { return Ok(None) };
            entries += sealed.entries;
            if sealed.entries < AT_ONCE {
                return Ok(Some(Sealed { entries, head: sealed.head }));
            }
        }
    }

    /// Leaves the sealing to other nodes at once. For the end of a server.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn leave_sealing(&self) -> Result<(), EngineError> {
        Ok(self.store.write(Leave { node: self.node }).await?)
    }
}

struct Leave {
    node: Uuid,
}

impl Job for Leave {
    const NAME: &'static str = "audit.leave";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        audit::release(tx, self.node).await
    }
}

impl Engine {
    /// Gives the lease back, so that nobody waits for it to run out: for a program that ends.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn release_sealer(&self) -> Result<(), EngineError> {
        Ok(self.store.write(Release { node: self.node }).await?)
    }
}

struct Release {
    node: Uuid,
}

impl Job for Release {
    const NAME: &'static str = "audit.release";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        audit::release(tx, self.node).await
    }
}

struct Round {
    node: Uuid,
    now: Timestamp,
}

impl Job for Round {
    const NAME: &'static str = "audit.seal";
    type Out = Option<Sealed>;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Option<Sealed>, StoreError> {
        let until = self.now.plus_seconds(LEASE);
        let Some(mut head) = audit::lease(tx, self.node, self.now, until).await? else { return Ok(None) };
        let waiting = audit::unsealed(tx, AT_ONCE).await?;
        let links: Vec<_> = waiting
            .iter()
            .map(|(serial, entry)| {
                let (link, next) = head.seal(entry);
                head = next;
                (*serial, link)
            })
            .collect();
        if !links.is_empty() {
            audit::seal(tx, &links, &head, self.now).await?;
        }
        Ok(Some(Sealed { entries: links.len() as i64, head }))
    }
}
