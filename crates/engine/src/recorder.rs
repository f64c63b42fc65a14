//! Attempts to validate, written down behind the answers.
//!
//! What is kept as a row waits in a bounded queue and is written a quarter of a second later. Good attempts of which only a
//! sum is kept are added up in memory; while there are many, a minute of them is written when it is over. Each commit lets
//! SQLite's readers begin anew with an empty cache, so that few large ones cost far less than many small ones.

mod flush;
mod refusals;
mod sums;

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_store::{Store, StoreError};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::error;
use uuid::Uuid;

use crate::{Engine, Front};
use flush::{Flush, SharedFlush};
use refusals::Refusals;
use sums::{Added, Sum, Sums, Taken};

/// Attempts that may wait; beyond, whoever asks waits too.
const CAPACITY: usize = 65_536;
/// Rows of one flush at the most.
const FLUSH: usize = 4_096;
/// How long an attempt waits for company.
const PATIENCE: Duration = Duration::from_millis(250);
/// How often counters are written while sums are held back.
const HELD: Duration = Duration::from_secs(1);

/// How much is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Good attempts as sums by licence and minute, every refused one as a row, up to so many of a network in a minute.
    Summary,
    /// Every attempt as a row.
    Full,
    /// Every refused one as a row, up to so many of a network in a minute; good ones only in the hourly counters.
    Failures,
}

/// An attempt to validate.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The licence, when there is one.
    pub license: Option<Uuid>,
    /// The policy whose counters count it; for unknown keys the product that the door is for, or the account.
    pub counted_under: Option<Uuid>,
    /// When.
    pub at: Timestamp,
    /// Through which door.
    pub front: Front,
    /// The verdict's code.
    pub code: Code,
    /// A name below the code.
    pub reason: Option<&'static str>,
    /// Whether the answer was yes.
    pub valid: bool,
    /// From where.
    pub address: Option<IpAddr>,
    /// What the caller says it is.
    pub origin: Option<String>,
    /// The caller's program.
    pub user_agent: Option<String>,
}

/// Numbers of attempts, as far as this process knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Wait in the queue to be written down.
    pub waiting: usize,
    /// Are added up and wait for their minute to be over, however many: none of them fills the queue.
    pub held: usize,
    /// Written down since the start.
    pub written: u64,
    /// Not written down since the start, because the database took none for long, or refused them.
    pub dropped: u64,
}

enum Message {
    Attempt(Box<Attempt>),
    /// Answered when everything before it is written.
    Flush(oneshot::Sender<()>),
}

pub(crate) struct Recorder {
    sender: mpsc::Sender<Message>,
    /// Taken by the task that writes.
    receiver: Mutex<Option<mpsc::Receiver<Message>>>,
    depth: AtomicUsize,
    /// Attempts of which only a sum is kept.
    sums: Mutex<Sums>,
    refusals: Mutex<Refusals>,
    /// Attempts in sums that are not written yet.
    held: AtomicUsize,
    /// There are sums to write.
    summed: Notify,
    /// There is room among the sums again.
    room: Notify,
    /// Whether the last flush could not be written.
    failing: AtomicBool,
    written: AtomicU64,
    dropped: AtomicU64,
    store: Store,
    account: Uuid,
    detail: Detail,
    tier_detail: Detail,
}

impl Recorder {
    pub(crate) fn new(store: Store, account: Uuid, detail: Detail, tier_detail: Detail) -> Self {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let receiver = Mutex::new(Some(receiver));
        Self {
            sender,
            receiver,
            depth: AtomicUsize::new(0),
            sums: Mutex::default(),
            refusals: Mutex::default(),
            held: AtomicUsize::new(0),
            summed: Notify::new(),
            room: Notify::new(),
            failing: AtomicBool::new(false),
            written: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            store,
            account,
            detail,
            tier_detail,
        }
    }

    /// Takes an attempt; waits while there is no room. While the database takes nothing, a full recorder takes nothing either:
    /// questions are answered all the same, and what was not written down is counted.
    pub(crate) async fn note(&self, attempt: Attempt) {
        let is_good = attempt.valid && attempt.license.is_some();
        match self.detail(attempt.front) {
            Detail::Summary if is_good => self.sum(&attempt).await,
            Detail::Failures if is_good => {
                if self.sums().count(&attempt) == Added::First {
                    self.summed.notify_one();
                }
            }
            Detail::Summary | Detail::Failures if self.is_one_of_many(&attempt) => self.sum(&attempt).await,
            _ => self.queue(attempt).await,
        }
    }

    /// Whether it is a refusal of a known key that is only added up; unknown keys lock their sender out.
    fn is_one_of_many(&self, attempt: &Attempt) -> bool {
        let is_of_known = !attempt.valid && attempt.license.is_some();
        is_of_known && !self.refusals.lock().unwrap_or_else(PoisonError::into_inner).has_row(attempt)
    }

    async fn queue(&self, attempt: Attempt) {
        let place = loop {
            if let Ok(place) = self.sender.try_reserve() {
                break place;
            }
            match timeout(PATIENCE, self.sender.reserve()).await {
                Ok(Ok(place)) => break place,
                Ok(Err(_)) => return,
                Err(_) if self.failing.load(Ordering::Relaxed) => return self.drop_one(),
                Err(_) => {}
            }
        };
        self.depth.fetch_add(1, Ordering::Relaxed);
        place.send(Message::Attempt(Box::new(attempt)));
    }

    async fn sum(&self, attempt: &Attempt) {
        loop {
            let added = {
                let mut sums = self.sums();
                let added = sums.add(attempt);
                // Before anybody can take it.
                self.held.fetch_add(usize::from(added != Added::Full), Ordering::Relaxed);
                added
            };
            match added {
                Added::First => return self.summed.notify_one(),
                Added::One => return,
                Added::Full => self.summed.notify_one(),
            }
            let waited = timeout(PATIENCE, self.room.notified()).await;
            if waited.is_err() && self.failing.load(Ordering::Relaxed) {
                return self.drop_one();
            }
        }
    }

    fn drop_one(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn recorded(&self) -> Recorded {
        Recorded {
            waiting: self.depth.load(Ordering::Relaxed),
            held: self.held.load(Ordering::Relaxed),
            written: self.written.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
        }
    }

    fn detail(&self, front: Front) -> Detail {
        if front == Front::Tier { self.tier_detail } else { self.detail }
    }
}

impl Engine {
    /// Writes attempts down until the engine is gone. Only the first caller does; others return at once.
    pub async fn run_recorder(&self) {
        let recorder = &self.recorder;
        let taken = recorder.receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut receiver) = taken else { return };
        let (mut messages, mut sums) = (Vec::with_capacity(FLUSH), Vec::new());
        loop {
            if sums.is_empty() {
                if !self.company(&mut receiver, &mut messages).await {
                    return;
                }
            } else {
                // There is work already, which lets what comes meanwhile wait for no more than a part of it.
                while messages.len() < FLUSH
                    && let Ok(message) = receiver.try_recv()
                {
                    messages.push(message);
                }
            }
            self.write_attempts(&mut messages, &mut sums).await;
        }
    }

    /// Waits for something to write down, and then for more; `false` when nothing will come any more.
    async fn company(&self, receiver: &mut mpsc::Receiver<Message>, messages: &mut Vec<Message>) -> bool {
        let held = !self.recorder.sums().is_empty();
        // The first one may let us wait for ever, the others for as long as the first one has patience.
        tokio::select! {
            count = receiver.recv_many(messages, FLUSH) => if count == 0 { return false },
            () = self.recorder.summed.notified() => {}
            () = sleep(HELD), if held => {}
        }
        let deadline = Instant::now() + PATIENCE;
        while messages.len() < FLUSH && !messages.iter().any(|m| matches!(m, Message::Flush(_))) {
            let room = FLUSH - messages.len();
            tokio::select! {
                () = sleep_until(deadline) => break,
                count = receiver.recv_many(messages, room) => if count == 0 { break },
            }
        }
        true
    }

    /// Resolves when all attempts queued so far are written down.
    pub async fn flush_recorder(&self) {
        let (done, written) = oneshot::channel();
        if self.recorder.sender.send(Message::Flush(done)).await.is_ok() {
            // Nobody writes when the recorder does not run.
            let _ = written.await;
        }
    }

    /// Writes the messages, and a part of the sums; all of them where somebody waits for it.
    async fn write_attempts(&self, messages: &mut Vec<Message>, sums: &mut Vec<Sum>) {
        let (mut waiting, mut attempts) = (Vec::new(), Vec::with_capacity(messages.len()));
        for message in messages.drain(..) {
            match message {
                Message::Attempt(attempt) => attempts.push(*attempt),
                Message::Flush(done) => waiting.push(done),
            }
        }
        let recorder = &self.recorder;
        let mut taken = Taken::default();
        if sums.is_empty() || !waiting.is_empty() {
            taken = recorder.sums().take(self.now(), !waiting.is_empty());
            recorder.room.notify_waiters();
        }
        if sums.is_empty() {
            *sums = taken.sums;
        } else {
            sums.extend(taken.sums);
        }
        self.write_flush(Flush::of(attempts, taken.counted, recorder.account), &recorder.depth).await;
        while !sums.is_empty() {
            let part = sums.split_off(sums.len().saturating_sub(FLUSH));
            self.write_flush(Flush::of_sums(&part, recorder.account), &recorder.held).await;
            if waiting.is_empty() {
                break;
            }
        }
        if sums.is_empty() {
            // A minute may have been many times as full as the next one.
            *sums = Vec::new();
        }
        for done in waiting {
            // Whoever waited may have given up.
            let _ = done.send(());
        }
    }

    /// Writes a flush, whose attempts then wait no more.
    async fn write_flush(&self, flush: Flush, waiting: &AtomicUsize) {
        if flush.is_empty() {
            return;
        }
        let (flush, recorder) = (Arc::new(flush), &self.recorder);
        let (mut patience, mut count) = (PATIENCE, &recorder.written);
        // A database that is away comes back; meanwhile the queue fills and slows its callers down.
        while let Err(why) = recorder.store.write(SharedFlush(Arc::clone(&flush))).await {
            recorder.failing.store(true, Ordering::Relaxed);
            error!(
                error.code = why.code(),
                attempts = flush.attempts,
                "attempts to validate could not be written: {why}"
            );
            // A server that becomes a replica, or whose answer is lost, comes back; what may have been written is rather
            // counted twice than lost.
            let passes =
                why.is_temporary() || matches!(why, StoreError::ReadOnly(_) | StoreError::OutcomeUnknown);
            if !passes || matches!(why, StoreError::Closed | StoreError::Poisoned) {
                count = &recorder.dropped;
                break;
            }
            sleep(patience).await;
            patience = (patience * 2).min(Duration::from_secs(5));
        }
        recorder.failing.store(false, Ordering::Relaxed);
        count.fetch_add(flush.attempts as u64, Ordering::Relaxed);
        waiting.fetch_sub(flush.attempts, Ordering::Relaxed);
    }
}
