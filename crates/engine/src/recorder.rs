//! Attempts to validate, written down behind the answers: a bounded queue, flushed every 50 ms or 512 entries.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_store::stats::{self, Change};
use keyward_store::verifications::{self, Verification};
use keyward_store::{Job, Lane, Store, StoreError, Tx};
use tokio::sync::{mpsc, oneshot};
use tracing::error;
use uuid::Uuid;

use crate::statistics::counters;
use crate::{Engine, Front};

/// Attempts that may wait; beyond, whoever asks waits too.
const CAPACITY: usize = 65_536;
/// Attempts of one flush at the most.
const FLUSH: usize = 512;
/// How long an attempt waits for company.
const PATIENCE: Duration = Duration::from_millis(50);

/// How much is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Good attempts as sums by licence and minute, every refused one as a row.
    Summary,
    /// Every attempt as a row.
    Full,
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

enum Message {
    Attempt(Box<Attempt>),
    /// Answered when everything before it is written.
    Flush(oneshot::Sender<()>),
}

pub(crate) struct Recorder {
    sender: mpsc::Sender<Message>,
    /// Taken by the task that writes.
    receiver: Mutex<Option<mpsc::Receiver<Message>>>,
    depth: Arc<AtomicUsize>,
    /// Whether the last flush could not be written.
    failing: AtomicBool,
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
            depth: Arc::default(),
            failing: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
            store,
            account,
            detail,
            tier_detail,
        }
    }

    /// Queues an attempt; waits while the queue is full. While the database takes nothing, a full queue takes nothing
    /// either: questions are answered all the same, and what was not written down is counted.
    pub(crate) async fn note(&self, attempt: Attempt) {
        loop {
            match tokio::time::timeout(PATIENCE, self.sender.reserve()).await {
                Ok(Ok(place)) => {
                    self.depth.fetch_add(1, Ordering::Relaxed);
                    return place.send(Message::Attempt(Box::new(attempt)));
                }
                Ok(Err(_)) => return,
                Err(_) if self.failing.load(Ordering::Relaxed) => {
                    self.dropped.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                Err(_) => {}
            }
        }
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth.load(Ordering::Relaxed)
    }

    fn detail(&self, front: Front) -> Detail {
        if front == Front::Tier { self.tier_detail } else { self.detail }
    }
}

impl Engine {
    /// Writes attempts down until the engine is gone. Only the first caller does; others return at once.
    pub async fn run_recorder(&self) {
        let taken = self.recorder.receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut receiver) = taken else { return };
        let mut messages = Vec::with_capacity(FLUSH);
        loop {
            // The first one may let us wait for ever, the others for as long as the first one has patience.
            if receiver.recv_many(&mut messages, FLUSH).await == 0 {
                return;
            }
            let deadline = tokio::time::sleep(PATIENCE);
            tokio::pin!(deadline);
            while messages.len() < FLUSH && !messages.iter().any(|m| matches!(m, Message::Flush(_))) {
                let room = FLUSH - messages.len();
                tokio::select! {
                    () = &mut deadline => break,
                    count = receiver.recv_many(&mut messages, room) => if count == 0 { break },
                }
            }
            self.write_attempts(&mut messages).await;
        }
    }

    /// Resolves when all attempts queued so far are written down.
    pub async fn flush_recorder(&self) {
        let (done, written) = oneshot::channel();
        if self.recorder.sender.send(Message::Flush(done)).await.is_ok() {
            // Nobody writes when the recorder does not run.
            let _ = written.await;
        }
    }

    async fn write_attempts(&self, messages: &mut Vec<Message>) {
        let mut waiting = Vec::new();
        let mut attempts = Vec::with_capacity(messages.len());
        for message in messages.drain(..) {
            match message {
                Message::Attempt(attempt) => attempts.push(*attempt),
                Message::Flush(done) => waiting.push(done),
            }
        }
        if !attempts.is_empty() {
            let job = Arc::new(Flush::of(&attempts, &self.recorder));
            let mut patience = PATIENCE;
            // A database that is away comes back; meanwhile the queue fills and slows its callers down.
            while let Err(why) = self.recorder.store.write(SharedFlush(Arc::clone(&job))).await {
                self.recorder.failing.store(true, Ordering::Relaxed);
                error!(
                    error.code = why.code(),
                    attempts = attempts.len(),
                    "attempts to validate could not be written: {why}"
                );
                // A server that becomes a replica, or whose answer is lost, comes back; what may have been written is rather
                // counted twice than lost.
                let passes =
                    why.is_temporary() || matches!(why, StoreError::ReadOnly(_) | StoreError::OutcomeUnknown);
                if !passes || matches!(why, StoreError::Closed | StoreError::Poisoned) {
                    break;
                }
                tokio::time::sleep(patience).await;
                patience = (patience * 2).min(Duration::from_secs(5));
            }
            self.recorder.failing.store(false, Ordering::Relaxed);
            self.recorder.depth.fetch_sub(attempts.len(), Ordering::Relaxed);
        }
        for done in waiting {
            // Whoever waited may have given up.
            let _ = done.send(());
        }
    }
}

/// Rows and counters of one flush.
struct Flush {
    account: Uuid,
    rows: Vec<Verification>,
    counts: BTreeMap<Uuid, Vec<Change>>,
}

impl Flush {
    fn of(attempts: &[Attempt], recorder: &Recorder) -> Self {
        let mut rows = Vec::with_capacity(attempts.len());
        let mut sums: HashMap<(Uuid, Front, Code, i64), usize> = HashMap::new();
        let mut counted: BTreeMap<(Uuid, i64), (i64, i64)> = BTreeMap::new();
        for attempt in attempts {
            if let Some(under) = attempt.counted_under {
                let (good, failed) = counted.entry((under, stats::hour(attempt.at))).or_default();
                *(if attempt.valid { good } else { failed }) += 1;
            }
            let minute = Timestamp::from_seconds(attempt.at.seconds().div_euclid(60) * 60);
            let summed = attempt.valid && recorder.detail(attempt.front) == Detail::Summary;
            if let (true, Some(license)) = (summed, attempt.license) {
                let place = *sums
                    .entry((license, attempt.front, attempt.code, minute.micros()))
                    .or_insert_with(|| {
                        rows.push(Verification {
                            at: minute,
                            count: 0,
                            address: None,
                            origin: None,
                            user_agent: None,
                            ..row(attempt, recorder.account)
                        });
                        rows.len() - 1
                    });
                rows[place].count += 1;
            } else {
                rows.push(row(attempt, recorder.account));
            }
        }
        let mut counts: BTreeMap<Uuid, Vec<Change>> = BTreeMap::new();
        for ((under, hour), (good, failed)) in counted {
            let at = Timestamp::from_seconds(hour * 3_600);
            let changes = counts.entry(under).or_default();
            for (name, count) in [(counters::VALIDATIONS, good), (counters::FAILED, failed)] {
                if count > 0 {
                    changes.extend([Change::hourly(name, at, count), Change::total(name, count)]);
                }
            }
        }
        Self { account: recorder.account, rows, counts }
    }
}

/// A code that says no and does not mean it: without this nobody could tell afterwards.
fn allowed(attempt: &Attempt) -> Option<&'static str> {
    let says_yes = matches!(attempt.code, Code::Valid | Code::GracePeriod | Code::Trial);
    (attempt.valid && !says_yes).then_some(verifications::ALLOWED)
}

fn row(attempt: &Attempt, account: Uuid) -> Verification {
    Verification {
        account_id: account,
        license_id: attempt.license,
        at: attempt.at,
        front: attempt.front.as_str().to_owned(),
        code: attempt.code.as_str().to_owned(),
        reason: attempt.reason.or(allowed(attempt)).map(str::to_owned),
        count: 1,
        address: attempt.address.map(|address| address.to_string()),
        origin: attempt.origin.clone(),
        user_agent: attempt.user_agent.clone(),
    }
}

/// The same flush may be tried several times.
struct SharedFlush(Arc<Flush>);

impl Job for SharedFlush {
    const NAME: &'static str = "verification.record";
    const LANE: Lane = Lane::Bulk;
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let Flush { account, rows, counts } = &*self.0;
        verifications::insert_all(tx, rows).await?;
        for (under, changes) in counts {
            // The policy itself spreads the writers: one recorder a node.
            stats::add(tx, *account, *under, *under, changes).await?;
        }
        Ok(())
    }
}
