//! What is done from time to time, on every node, and harms nobody when two do it at once.

use keyward_core::time::{MICROS_PER_DAY, Timestamp};
use keyward_store::batches::Unfinished;
use keyward_store::{
    Job, Lane, StoreError, Tx, batches, idempotency, invitations, sessions, stats, terms, verifications,
};

use crate::{Engine, EngineError};

/// Rows removed in one transaction.
const AT_ONCE: i64 = 1_000;

/// Licences, and customers, that are read in one transaction.
const CATCH_UP_AT_ONCE: i64 = 250;

/// How many days links to set up an account are remembered after their end.
const INVITATIONS_KEPT: i64 = 30;

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Attempts to validate that are older than they are kept.
    pub verifications: u64,
    /// Answers kept for repetitions.
    pub answers: u64,
    /// Sessions whose time is over.
    pub sessions: u64,
}

impl Engine {
    /// Removes what is old: attempts to validate after `keep_days`, kept answers after a day, sessions after their end.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sweep(&self, keep_days: i64) -> Result<Swept, EngineError> {
        let now = self.now();
        let before = now.plus_days(-keep_days);
        self.catch_up().await?;
        let mut swept = self.store.write(Sweep { now }).await?;
        swept.answers = self.forget(Old::Answers, now.plus_micros(-MICROS_PER_DAY)).await?;
        swept.verifications = self.forget(Old::Attempts, before).await?;
        Ok(swept)
    }

    /// Part by part, so that others have their turn.
    async fn forget(&self, what: Old, before: Timestamp) -> Result<u64, EngineError> {
        let mut all = 0;
        loop {
            let removed = self.store.write(Forget { what, before }).await?;
            all += removed;
            if removed < AT_ONCE as u64 {
                return Ok(all);
            }
        }
    }

    /// Lets licences and customers be found that were there before a search knew words: those of a database of an older version.
    async fn catch_up(&self) -> Result<(), EngineError> {
        if terms::behind(&self.store).await? {
            while self.store.write(CatchUp).await? {}
        }
        Ok(())
    }

    /// Batches that were begun and not finished.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn unfinished_batches(&self) -> Result<Vec<Unfinished>, EngineError> {
        Ok(batches::unfinished(&self.store).await?)
    }

    /// Removes those of the batches that are as they were when they were looked at: nobody makes them any more.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove_left_batches(&self, looked_at: &[Unfinished]) -> Result<usize, EngineError> {
        let mut removed = 0;
        for batch in self.unfinished_batches().await? {
            if looked_at.contains(&batch) {
                self.remove_batch(batch.id).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

struct Sweep {
    now: Timestamp,
}

impl Job for Sweep {
    const NAME: &'static str = "sweep";
    const LANE: Lane = Lane::Bulk;
    type Out = Swept;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Swept, StoreError> {
        stats::fold(tx, self.now).await?;
        invitations::delete_old(tx, self.now.plus_days(-INVITATIONS_KEPT)).await?;
        Ok(Swept { sessions: sessions::delete_expired(tx, self.now).await?, ..Swept::default() })
    }
}

struct CatchUp;

impl Job for CatchUp {
    const NAME: &'static str = "sweep.terms";
    const LANE: Lane = Lane::Bulk;
    /// Whether there are more.
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, StoreError> {
        terms::catch_up(tx, CATCH_UP_AT_ONCE).await
    }
}

/// What is removed part by part.
#[derive(Clone, Copy)]
enum Old {
    /// Attempts to validate.
    Attempts,
    /// Answers that are kept for repetitions.
    Answers,
}

struct Forget {
    what: Old,
    before: Timestamp,
}

impl Job for Forget {
    const NAME: &'static str = "sweep.forget";
    const LANE: Lane = Lane::Bulk;
    type Out = u64;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<u64, StoreError> {
        match self.what {
            Old::Attempts => verifications::delete_old(tx, self.before, AT_ONCE).await,
            Old::Answers => idempotency::delete_old(tx, self.before, AT_ONCE).await,
        }
    }
}
