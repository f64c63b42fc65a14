//! The writer thread: takes up to 64 waiting jobs, runs each in its own savepoint (one alone needs none), commits once, and only then answers.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle, current};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::watch;
use tracing::error as log_error;

use super::checkpointer::{checkpoint, close_as_it_is};
use super::memory::Watched;
use super::pin::Pin;
use super::{error, lock};
use crate::{DoorMetrics, Lane, StoreError};

/// Jobs of one commit at the most.
const BATCH: usize = 64;
/// Jobs that may wait; beyond, the database is too slow for its callers, and they are told at once.
const WAITING: usize = 8_192;

/// A job in the queue.
pub(crate) trait Queued: Send {
    /// Runs it on the connection. Never panics.
    fn run(&mut self, connection: &Mutex<Connection>) -> Ran;
    /// Tells its caller, if there still is one. `Err` is why the batch was not committed. Never panics.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// What a job came to.
pub(crate) enum Ran {
    /// Its change shall stay.
    Well,
    /// It refused, or failed of itself.
    Not,
    /// The database failed it.
    Failed(StoreError),
}

#[derive(Default)]
struct Queues {
    prompt: VecDeque<Box<dyn Queued>>,
    bulk: VecDeque<Box<dyn Queued>>,
    /// Whether the last batch was of prompt jobs, so that long work has its turn.
    bulk_is_next: bool,
    /// Whether the write-ahead log is to begin anew.
    log_is_large: bool,
    closed: bool,
}

impl Queues {
    fn is_empty(&self) -> bool {
        self.prompt.is_empty() && self.bulk.is_empty()
    }

    /// The jobs of the next commit: those that somebody waits for, in turn with one part of long work.
    fn take(&mut self, bulk_rests: bool) -> (Lane, Vec<Box<dyn Queued>>) {
        if !self.bulk.is_empty() && !bulk_rests && (self.bulk_is_next || self.prompt.is_empty()) {
            self.bulk_is_next = false;
            return (Lane::Bulk, self.bulk.pop_front().into_iter().collect());
        }
        self.bulk_is_next = true;
        let count = self.prompt.len().min(BATCH);
        (Lane::Prompt, self.prompt.drain(..count).collect())
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
        pin: Arc<Pin>,
        watched: Watched,
    ) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared { queues: Mutex::default(), wake: Condvar::new(), metrics });
        let theirs = Arc::clone(&shared);
        let work = move || {
            let ending = Ending(&theirs);
            write(ending.0, &Mutex::new(connection), &poison, &pin, watched);
        };
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
        let queue = match lane {
            Lane::Prompt => &mut queues.prompt,
            Lane::Bulk => &mut queues.bulk,
        };
        if queue.len() >= WAITING {
            drop(queues);
            return job.answer(Err(StoreError::Busy("too many changes wait to be written")));
        }
        queue.push_back(job);
        DoorMetrics::add(&self.shared.metrics.waiting, 1);
        self.shared.wake.notify_one();
    }

    pub(super) fn log(&self) -> Log {
        Log(Arc::clone(&self.shared))
    }
}

/// Lets the checkpointer ask for a new beginning of the log.
pub(super) struct Log(Arc<Shared>);

impl Log {
    pub(super) fn begin_anew(&self) {
        self.0.queues().log_is_large = true;
        self.0.wake.notify_one();
    }
}

/// However the thread ends, nobody waits for it for ever.
struct Ending<'s>(&'s Shared);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let left = {
            let mut queues = self.0.queues();
            queues.closed = true;
            (std::mem::take(&mut queues.prompt), std::mem::take(&mut queues.bulk))
        };
        for job in left.0.into_iter().chain(left.1) {
            job.answer(Err(StoreError::Closed));
        }
    }
}

impl Drop for Writer {
    /// What waits is still written.
    fn drop(&mut self) {
        self.shared.queues().closed = true;
        self.shared.wake.notify_one();
        // The last clone of a store may be in a job, and then goes with it on the writer thread itself.
        if let Some(thread) = self.thread.take_if(|thread| thread.thread().id() != current().id()) {
            let _ = thread.join();
        }
    }
}

/// Lets long work rest as long as its last part took, while others come and go: whoever waits for one commit after the
/// other then meets a part of it now and then, and not each time.
#[derive(Default)]
struct Rest {
    until: Option<Instant>,
    /// Whether anybody came since the last part.
    others: bool,
}

impl Rest {
    fn left(&self) -> Option<Duration> {
        self.until?.checked_duration_since(now()).filter(|left| !left.is_zero())
    }

    fn after(&mut self, lane: Lane, begun: Instant) {
        match lane {
            Lane::Prompt => self.others = true,
            Lane::Bulk => {
                self.until = std::mem::take(&mut self.others).then(|| now() + begun.elapsed());
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch: nothing that is stored depends on it")]
fn now() -> Instant {
    Instant::now()
}

fn write(
    shared: &Shared,
    connection: &Mutex<Connection>,
    poison: &watch::Sender<bool>,
    pin: &Pin,
    mut watched: Watched,
) {
    let mut rest = Rest::default();
    loop {
        let mut queues = shared.queues();
        while queues.prompt.is_empty() && !queues.closed && !queues.log_is_large {
            queues = match (queues.bulk.is_empty(), rest.left()) {
                (true, _) => match watched.patience() {
                    Some(patience) => {
                        let waited = shared.wake.wait_timeout(queues, patience);
                        let (queues, waited) = waited.unwrap_or_else(PoisonError::into_inner);
                        drop(queues);
                        if waited.timed_out() {
                            watched.look(&lock(connection));
                        }
                        shared.queues()
                    }
                    None => shared.wake.wait(queues).unwrap_or_else(PoisonError::into_inner),
                },
                (false, Some(left)) => {
                    shared.wake.wait_timeout(queues, left).unwrap_or_else(PoisonError::into_inner).0
                }
                (false, None) => break,
            };
        }
        if std::mem::take(&mut queues.log_is_large) {
            drop(queues);
            if !*poison.borrow() {
                pin.release();
                begin_log_anew(&lock(connection), poison);
                pin.renew();
            }
            continue;
        }
        if queues.is_empty() {
            if *poison.borrow() {
                close_as_it_is(&lock(connection));
            }
            return pin.close();
        }
        let bulk_rests = !queues.closed && rest.left().is_some();
        let (lane, mut jobs) = queues.take(bulk_rests);
        drop(queues);
        let begun = now();

        let metrics = &shared.metrics;
        metrics.waiting.fetch_sub(jobs.len() as u64, std::sync::atomic::Ordering::Relaxed);
        pin.release();
        let committed =
            if *poison.borrow() { Err(StoreError::Poisoned) } else { batch(connection, &mut jobs) };
        watched.written(&lock(connection));
        pin.renew();
        match &committed {
            Ok(stay) => {
                DoorMetrics::add(&metrics.commits, 1);
                DoorMetrics::add(&metrics.jobs, *stay);
                DoorMetrics::add(&metrics.failed, jobs.len() as u64 - stay);
            }
            Err(why) => {
                DoorMetrics::add(&metrics.failed, jobs.len() as u64);
                log_error!(error.code = why.code(), jobs = jobs.len(), "a commit failed: {why}");
                if matches!(why, StoreError::Poisoned) {
                    poison.send_replace(true);
                }
            }
        }
        rest.after(lane, begun);
        let committed = committed.map(drop);
        for job in jobs {
            job.answer(committed.clone());
        }
    }
}

/// Waits for readers of the old log a moment only: the writers wait meanwhile.
fn begin_log_anew(connection: &Connection, poison: &watch::Sender<bool>) {
    let patience = |pragma: &str| connection.execute_batch(pragma);
    if patience("pragma busy_timeout = 100").is_ok() {
        checkpoint(connection, "pragma wal_checkpoint(truncate)", poison);
    }
    if let Err(why) = patience(super::PATIENCE) {
        log_error!("the time to wait for other processes could not be set: {why}");
    }
}

/// Runs the jobs, commits them and says how many stay. An error means that nothing of them stays.
fn batch(connection: &Mutex<Connection>, jobs: &mut [Box<dyn Queued>]) -> Result<u64, StoreError> {
    let statement = |text: &str| {
        let connection = lock(connection);
        connection.prepare_cached(text).and_then(|mut s| s.execute([])).map(drop).map_err(error)
    };
    statement("begin immediate")?;
    // A job alone has the transaction for its savepoint: with another, SQLite copies each page that the job changes.
    let is_alone = jobs.len() == 1;
    let mut run = || -> Result<u64, StoreError> {
        let mut stay = 0;
        for job in jobs.iter_mut() {
            if !is_alone {
                statement("savepoint job")?;
            }
            let ran = job.run(connection);
            match ran {
                Ran::Well => stay += 1,
                Ran::Failed(StoreError::Poisoned) => return Err(StoreError::Poisoned),
                // A full disk ends the whole transaction at once, and so does one that cannot be read or written.
                Ran::Failed(why) if lock(connection).is_autocommit() => return Err(why),
                Ran::Not | Ran::Failed(_) if is_alone => {
                    statement("rollback")?;
                    return Ok(0);
                }
                Ran::Not | Ran::Failed(_) => statement("rollback to job")?,
            }
            if !is_alone {
                statement("release job")?;
            }
        }
        statement("commit")?;
        Ok(stay)
    };
    let done = run();
    if done.is_err() && !lock(connection).is_autocommit() {
        // When even this fails, the connection is of no use, and every later batch says so.
        statement("rollback")?;
    }
    done
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    struct Fake {
        ran: Option<Ran>,
        answer: Sender<Result<(), StoreError>>,
    }

    impl Queued for Fake {
        fn run(&mut self, _: &Mutex<Connection>) -> Ran {
            self.ran.take().unwrap_or(Ran::Not)
        }

        fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
            let _ = self.answer.send(committed);
        }
    }

    #[test]
    fn after_a_disk_did_not_confirm_a_write_nothing_more_is_written() {
        let (poison, poisoned) = watch::channel(false);
        let mut connection = Connection::open_in_memory().unwrap();
        let watched = Watched::new(None, Path::new(":memory:"), &mut connection).unwrap();
        let writer =
            Writer::start(connection, Arc::default(), Arc::new(poison), Arc::default(), watched).unwrap();
        let push = |ran| {
            let (answer, answered) = channel();
            writer.push(Lane::Prompt, Box::new(Fake { ran: Some(ran), answer }));
            answered.recv().unwrap()
        };
        assert!(push(Ran::Well).is_ok() && push(Ran::Not).is_ok() && !*poisoned.borrow());
        for ran in [Ran::Failed(StoreError::Poisoned), Ran::Well] {
            assert_eq!(push(ran).unwrap_err().code(), "DATABASE_POISONED");
        }
        assert!(*poisoned.borrow());
    }
}
