//! The pulse of a server: one connection asks next to nothing again and again.
//!
//! A server that is stopped, or whose disk hangs, keeps its connections: its kernel goes on confirming what it is sent, so that
//! neither TCP nor a limit for connecting notices. Whoever waits on one would wait for ever, and never come to the host that
//! took its place. A limit on statements would end long ones that are well; a pulse that stops says that no answer comes.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Object, Pool, PoolError, TimeoutType};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::{PATIENCE, SILENCE};

/// Between two beats.
const PAUSE: Duration = Duration::from_secs(2);
/// Between two attempts to find it again.
const SEARCH: Duration = Duration::from_millis(200);

/// The connections that are open, and whether the server has fallen silent on them.
#[derive(Default)]
pub(super) struct Connections {
    open: Mutex<Vec<AbortHandle>>,
    silent: AtomicBool,
}

impl Connections {
    /// One more, by the task that reads from it.
    pub(super) fn add(&self, task: AbortHandle) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|task| !task.is_finished());
        open.push(task);
    }

    /// Whether the server was given up and has not been found again.
    pub(super) fn are_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    fn are_well(&self) {
        self.silent.store(false, Ordering::Relaxed);
    }

    /// Closes all. Who waits on one is told so.
    fn close(&self) {
        self.silent.store(true, Ordering::Relaxed);
        for task in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }
}

/// Feels the pulse until it is dropped.
pub(super) struct Pulse(#[expect(dead_code, reason = "its drop ends the task")] JoinSet<()>);

impl Pulse {
    /// Of a pool whose connections these are.
    pub(super) fn of(pool: Pool, connections: Arc<Connections>) -> Self {
        let mut task = JoinSet::new();
        task.spawn(async move {
            loop {
                until_silent(&pool).await;
                give_up(&pool, &connections).await;
            }
        });
        Self(task)
    }
}

async fn until_silent(pool: &Pool) {
    let mut missed = 0;
    loop {
        match pool.get().await {
            Ok(connection) => loop {
                match beat(&connection).await {
                    Beat::Felt => missed = 0,
                    Beat::Ended => break,
                    Beat::Missed => return,
                }
                sleep(PAUSE).await;
            },
            // It fell silent between two connections.
            Err(PoolError::Timeout(TimeoutType::Create)) => missed += 1,
            Err(_) => missed = 0,
        }
        if PATIENCE * missed >= SILENCE {
            return;
        }
        sleep(PAUSE).await;
    }
}

/// Until the server is found again.
async fn give_up(pool: &Pool, connections: &Connections) {
    warn!(
        "PostgreSQL has said nothing for {} s: its connections are given up, and changes that were being committed may have \
         been made or not",
        SILENCE.as_secs()
    );
    connections.close();
    loop {
        // One that was closed just now may still be among those that are kept.
        if let Ok(connection) = pool.get().await
            && beat(&connection).await == Beat::Felt
        {
            break;
        }
        sleep(SEARCH).await;
    }
    connections.are_well();
    info!("PostgreSQL answers again");
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Beat {
    Felt,
    /// The server fell silent.
    Missed,
    /// The connection ended: whoever else had one was told as well.
    Ended,
}

async fn beat(connection: &Object) -> Beat {
    let mut answer = pin!(connection.simple_query(""));
    // In two parts: a program that was itself stopped for a while reads what came meanwhile during the second.
    for _ in 0..2 {
        match timeout(SILENCE / 2, answer.as_mut()).await {
            Ok(Ok(_)) => return Beat::Felt,
            Ok(Err(_)) => return Beat::Ended,
            Err(_) => {}
        }
    }
    Beat::Missed
}
