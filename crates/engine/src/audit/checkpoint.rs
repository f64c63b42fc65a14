//! Checkpoints: every 1,000 entries and every hour the end of the chain is signed.

use keyward_core::audit::Checkpoint;
use keyward_core::crypto::Algorithm;
use keyward_store::{Job, StoreError, Tx, audit, checkpoints};

use crate::{Caller, Engine, EngineError};

/// Entries after which a checkpoint is due.
const EVERY_ENTRIES: i64 = 1_000;
/// Seconds after which one is due.
const EVERY_SECONDS: i64 = 3_600;

impl Engine {
    /// Signs the end of the chain when it is due, or at once when `now_please`; gives the new checkpoint.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn checkpoint(&self, now_please: bool) -> Result<Option<Checkpoint>, EngineError> {
        let head = audit::read_head(&self.store).await?;
        let last = checkpoints::last(&self.store).await?;
        let now = self.now();
        let covered = last.as_ref().map_or(0, |last| last.seq);
        let old = last.is_none_or(|last| last.at.plus_seconds(EVERY_SECONDS) <= now);
        let due = now_please || head.seq - covered >= EVERY_ENTRIES || old;
        if head.seq == covered || !due {
            return Ok(None);
        }
        let (key_id, key) = self.signing_key(&Caller::system(), None, Algorithm::Ed25519).await?;
        let message = Checkpoint::message(head.seq, &head.digest, head.count, now);
        let checkpoint = Checkpoint {
            seq: head.seq,
            digest: head.digest,
            count: head.count,
            at: now,
            key_id,
            signature: key.sign(&message),
        };
        // Another node may have signed the same end a moment ago.
        let added = self.store.write(Add { checkpoint: checkpoint.clone() }).await?;
        Ok(added.then_some(checkpoint))
    }
}

struct Add {
    checkpoint: Checkpoint,
}

impl Job for Add {
    const NAME: &'static str = "audit.checkpoint";
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, StoreError> {
        checkpoints::insert(tx, &self.checkpoint).await
    }
}
