//! The pulse of a server: one connection of its own asks next to nothing again and again.
//!
//! A server whose processes are stopped, or whose machine is paused behind a proxy, keeps its connections: what it is sent goes
//! on being confirmed, so that neither TCP nor a limit for connecting notices. Whoever waits on one would wait for ever, and
//! never come to the host that took its place. A limit on statements would end long ones that are well; a pulse that stops says
//! that no answer comes.

use std::mem;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Connect as _, Pool};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_postgres::{Client, Config};
use tracing::{info, warn};

use super::hosts::Hosts;
use super::{PATIENCE, SILENCE};

/// Between two beats.
const PAUSE: Duration = Duration::from_secs(2);
/// Between two attempts to find a server that was given up.
const SEARCH: Duration = Duration::from_millis(200);
/// So many attempts that nobody answers say as much as a beat that is missed: each is as long as half of one.
const MISSED: u32 = 2;

/// The connections that were opened, and whether the server was given up.
#[derive(Default)]
pub(super) struct Connections {
    hosts: Mutex<Hosted>,
    silent: AtomicBool,
}

/// By the host's place in the address.
#[derive(Default)]
struct Hosted {
    /// The task that reads from it.
    open: Vec<(usize, AbortHandle)>,
    one_was_mute: bool,
}

impl Connections {
    /// One more to a host.
    pub(super) fn add(&self, host: usize, task: AbortHandle) {
        let mut hosts = self.hosts();
        hosts.open.retain(|(_, task)| !task.is_finished());
        hosts.open.push((host, task));
    }

    /// One of several hosts took what it was sent and did not answer.
    pub(super) fn one_is_mute(&self) {
        self.hosts().one_was_mute = true;
    }

    fn hosts(&self) -> MutexGuard<'_, Hosted> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the server was given up and has not been found again.
    pub(super) fn are_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    /// Whether one is open to a host that comes before this one.
    fn lead_before(&self, host: usize) -> bool {
        self.hosts().open.iter().any(|(other, task)| *other < host && !task.is_finished())
    }

    /// Closes those to some hosts. Who waits on one is told so.
    fn close(&self, which: impl Fn(usize) -> bool) {
        self.hosts().open.retain(|(host, task)| {
            let goes = which(*host);
            if goes {
                task.abort();
            }
            !goes
        });
    }

    /// Closes all, and nobody is let in until the server is found again.
    fn give_up(&self) {
        if !self.silent.swap(true, Ordering::Relaxed) {
            warn!(
                "PostgreSQL does not answer: its connections are given up, and changes that were being committed may have \
                 been made or not"
            );
        }
        self.close(|_| true);
    }

    /// Lets everybody in again.
    fn trust(&self) {
        if self.are_silent() {
            // Some that were being opened when the others were given up may have come to be.
            self.close(|_| true);
            self.silent.store(false, Ordering::Relaxed);
            info!("PostgreSQL is silent no more");
        }
    }
}

/// Feels the pulse until it is dropped.
pub(super) struct Pulse(#[expect(dead_code, reason = "its drop ends the task")] JoinSet<()>);

impl Pulse {
    /// Looks after these connections. A command that is quick opens none for it.
    pub(super) fn of(connections: Arc<Connections>, search: Search) -> Self {
        let mut task = JoinSet::new();
        task.spawn(async move {
            sleep(PAUSE).await;
            let mut missed = 0;
            // The host that was left for another one.
            let mut left = None;
            loop {
                let turn = search.turn().await;
                let pause = match &turn {
                    Turn::Found { client, host, one_was_mute } => {
                        connections.trust();
                        // One at a time takes changes. What is open to another may never be answered; but where the one that
                        // was left is found again, and another only refused, that one may be well.
                        if left != Some(*host) || *one_was_mute {
                            connections.close(|other| other != *host);
                        }
                        let stopped = until_it_stops(client, || connections.lead_before(*host)).await;
                        left = (stopped == Stopped::Left).then_some(*host);
                        missed = if stopped == Stopped::Missed { MISSED } else { 0 };
                        SEARCH
                    }
                    // Why, those are told who ask for a connection themselves.
                    Turn::Refused => {
                        connections.trust();
                        missed = 0;
                        PAUSE
                    }
                    Turn::Mute => {
                        missed += 1;
                        // It may be new connections alone that nobody answers.
                        if missed == MISSED && search.an_open_one_answers().await {
                            missed = 0;
                        }
                        SEARCH
                    }
                };
                if missed >= MISSED {
                    connections.give_up();
                }
                sleep(pause).await;
            }
        });
        Self(task)
    }
}

/// Looks for a server that answers.
pub(super) struct Search {
    pub(super) hosts: Hosts,
    pub(super) config: Config,
    /// What it opens itself.
    pub(super) own: Arc<Connections>,
    /// The others.
    pub(super) pool: Pool,
}

enum Turn {
    Found {
        client: Client,
        host: usize,
        /// Another one, before it.
        one_was_mute: bool,
    },
    /// The server said no, or nobody is there.
    Refused,
    /// Nobody answered in time.
    Mute,
}

impl Search {
    /// The connection that it opened before is closed.
    async fn turn(&self) -> Turn {
        self.own.close(|_| true);
        let found = timeout(PATIENCE, async {
            let (client, _) = self.hosts.connect(&self.config).await?;
            // Whoever is between may let people in by itself.
            client.simple_query("").await?;
            Ok::<_, tokio_postgres::Error>(client)
        });
        let found = found.await;
        let mut own = self.own.hosts();
        let one_was_mute = mem::take(&mut own.one_was_mute);
        match (found, own.open.last()) {
            (Ok(Ok(client)), Some((host, _))) => Turn::Found { client, host: *host, one_was_mute },
            (Ok(_), _) if !one_was_mute => Turn::Refused,
            _ => Turn::Mute,
        }
    }

    async fn an_open_one_answers(&self) -> bool {
        let asked = async { self.pool.get().await.ok()?.simple_query("").await.ok() };
        timeout(PATIENCE / 2, asked).await.is_ok_and(|answer| answer.is_some())
    }
}

#[derive(PartialEq, Eq)]
enum Stopped {
    /// The server fell silent.
    Missed,
    /// The connection ended: whoever else had one was told as well.
    Ended,
    /// A host that comes first takes connections again.
    Left,
}

async fn until_it_stops(client: &Client, another_is_first: impl Fn() -> bool) -> Stopped {
    loop {
        let mut beat = pin!(client.simple_query(""));
        // In two parts: a program that was itself stopped for a while reads what came meanwhile during the second.
        let mut felt = timeout(SILENCE / 2, beat.as_mut()).await;
        if felt.is_err() {
            felt = timeout(SILENCE / 2, beat).await;
        }
        match felt {
            Ok(Ok(_)) => sleep(PAUSE).await,
            Ok(Err(_)) => return Stopped::Ended,
            Err(_) => return Stopped::Missed,
        }
        if another_is_first() {
            return Stopped::Left;
        }
    }
}
