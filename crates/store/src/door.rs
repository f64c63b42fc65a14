//! The one door for writes: a job goes in, and comes out after its change is on disk.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{StoreError, Tx};

/// A change. It may run again from its beginning, so it touches nothing but its transaction, and on SQLite it waits for
/// nothing else.
pub trait Job: Send + Sync + 'static {
    /// Its name for metrics and errors: `area.verb`.
    const NAME: &'static str;
    /// Which jobs it waits with.
    const LANE: Lane = Lane::Prompt;
    /// What it gives. A refusal that leaves a trace (an audit event) is an answer, not an error: errors roll back.
    type Out: Send + 'static;
    /// Why it could not.
    type Err: From<StoreError> + Send + 'static;

    /// Does it. An error rolls back everything that it did.
    fn run(&self, tx: &Tx<'_>) -> impl Future<Output = Result<Self::Out, Self::Err>> + Send;
}

/// Which jobs a job waits with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Somebody waits for it.
    Prompt,
    /// A part of long work: prompt jobs go first.
    Bulk,
}

/// What the door has done, for `/metrics`.
#[derive(Debug, Default)]
pub struct DoorMetrics {
    /// Jobs that wait now.
    pub(crate) waiting: AtomicU64,
    /// Commits so far.
    pub(crate) commits: AtomicU64,
    /// Jobs committed so far.
    pub(crate) jobs: AtomicU64,
    /// Jobs that failed so far.
    pub(crate) failed: AtomicU64,
    /// Jobs run again so far.
    pub(crate) repeated: AtomicU64,
    /// Statements run so far.
    #[cfg(feature = "testing")]
    statements: AtomicU64,
}

impl DoorMetrics {
    /// Jobs that wait now.
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Commits so far.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Jobs committed so far; divided by the commits, the size of a batch.
    pub fn jobs(&self) -> u64 {
        self.jobs.load(Ordering::Relaxed)
    }

    /// Jobs that failed so far.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Jobs run again so far, after a conflict with another transaction.
    pub fn repeated(&self) -> u64 {
        self.repeated.load(Ordering::Relaxed)
    }

    /// Statements run so far, also those that only read.
    #[cfg(feature = "testing")]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Counts a statement for tests; otherwise nothing, since all who read would share the counter.
    pub(crate) fn statement(&self) {
        #[cfg(feature = "testing")]
        Self::add(&self.statements, 1);
    }

    pub(crate) fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }
}
