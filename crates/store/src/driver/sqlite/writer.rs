//! The writer thread: takes up to 64 waiting jobs, runs each in its own savepoint, commits once, and only then answers.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use rusqlite::Connection;
use tokio::sync::watch;
use tracing::error as log_error;

use super::{error, lock};
use crate::{DoorMetrics, Lane, StoreError};

/// Jobs of one commit at the most.
const BATCH: usize = 64;
/// Jobs that may wait; beyond, the database is too slow for its callers, and they are told at once.
const WAITING: usize = 8_192;

/// A job in the queue.
pub(crate) trait Queued: Send {
    /// Runs it on the connection; whether its change shall stay. Never panics.
    fn run(&mut self, connection: &Mutex<Connection>) -> bool;
    /// Tells its caller, if there still is one. `Err` is why the batch was not committed.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

#[derive(Default)]
struct Queues {
    prompt: VecDeque<Box<dyn Queued>>,
    bulk: VecDeque<Box<dyn Queued>>,
    /// Whether the last batch was of prompt jobs, so that long work has its turn.
    bulk_is_next: bool,
    closed: bool,
}

impl Queues {
    fn is_empty(&self) -> bool {
        self.prompt.is_empty() && self.bulk.is_empty()
    }

    /// The jobs of the next commit: those that somebody waits for, in turn with one part of long work.
    fn take(&mut self) -> Vec<Box<dyn Queued>> {
        if !self.bulk.is_empty() && (self.bulk_is_next || self.prompt.is_empty()) {
            self.bulk_is_next = false;
            return self.bulk.pop_front().into_iter().collect();
        }
        self.bulk_is_next = true;
        let count = self.prompt.len().min(BATCH);
        self.prompt.drain(..count).collect()
    }
}

struct Shared {
    queues: Mutex<Queues>,
    wake: Condvar,
    metrics: Arc<DoorMetrics>,
}

impl Shared {
    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        metrics: Arc<DoorMetrics>,
        poison: Arc<watch::Sender<bool>>,
    ) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared { queues: Mutex::default(), wake: Condvar::new(), metrics });
        let theirs = Arc::clone(&shared);
        let work = move || write(&theirs, &Mutex::new(connection), &poison);
        let thread = Builder::new().name("keyward-writer".to_owned()).spawn(work);
        let thread = thread.map_err(|why| StoreError::Database(Arc::new(why)))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    pub(super) fn push(&self, lane: Lane, job: Box<dyn Queued>) {
        let mut queues = self.shared.queues();
        if queues.closed {
            drop(queues);
            return job.answer(Err(StoreError::Closed));
        }
        if queues.prompt.len() >= WAITING {
            drop(queues);
            return job.answer(Err(StoreError::Busy("too many changes wait to be written")));
        }
        match lane {
            Lane::Prompt => queues.prompt.push_back(job),
            Lane::Bulk => queues.bulk.push_back(job),
        }
        DoorMetrics::add(&self.shared.metrics.waiting, 1);
        self.shared.wake.notify_one();
    }
}

impl Drop for Writer {
    /// What waits is still written.
    fn drop(&mut self) {
        self.shared.queues().closed = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write(shared: &Shared, connection: &Mutex<Connection>, poison: &watch::Sender<bool>) {
    loop {
        let mut queues = shared.queues();
        while queues.is_empty() && !queues.closed {
            queues = shared.wake.wait(queues).unwrap_or_else(PoisonError::into_inner);
        }
        if queues.is_empty() {
            return;
        }
        let mut jobs = queues.take();
        drop(queues);

        let metrics = &shared.metrics;
        metrics.waiting.fetch_sub(jobs.len() as u64, std::sync::atomic::Ordering::Relaxed);
        let committed =
            if *poison.borrow() { Err(StoreError::Poisoned) } else { batch(connection, &mut jobs, metrics) };
        match &committed {
            Ok(()) => {
                DoorMetrics::add(&metrics.commits, 1);
                DoorMetrics::add(&metrics.jobs, jobs.len() as u64);
            }
            Err(why) => {
                log_error!(error.code = why.code(), jobs = jobs.len(), "a commit failed: {why}");
                if matches!(why, StoreError::Poisoned) {
                    let _ = poison.send(true);
                }
            }
        }
        for job in jobs {
            job.answer(committed.clone());
        }
    }
}

/// Runs the jobs and commits them. An error means that nothing of them stays.
fn batch(
    connection: &Mutex<Connection>,
    jobs: &mut [Box<dyn Queued>],
    metrics: &DoorMetrics,
) -> Result<(), StoreError> {
    let statement = |text: &str| {
        let connection = lock(connection);
        connection.prepare_cached(text).and_then(|mut s| s.execute([])).map(drop).map_err(error)
    };
    statement("begin immediate")?;
    let mut run = || -> Result<(), StoreError> {
        for job in jobs.iter_mut() {
            statement("savepoint job")?;
            if !job.run(connection) {
                DoorMetrics::add(&metrics.failed, 1);
                // A full disk ends the whole transaction at once.
                if lock(connection).is_autocommit() {
                    return Err(StoreError::Full);
                }
                statement("rollback to job")?;
            }
            statement("release job")?;
        }
        statement("commit")
    };
    let done = run();
    if done.is_err() && !lock(connection).is_autocommit() {
        // When even this fails, the connection is of no use, and every later batch says so.
        statement("rollback")?;
    }
    done
}
