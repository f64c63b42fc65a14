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

use deadpool_postgres::Connect as _;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_postgres::{Client, Config};
use tracing::{info, warn};

use super::hosts::Hosts;
use super::{PATIENCE, SILENCE};

/// Between two beats.
const PAUSE: Duration = Duration::from_secs(2);
/// Between two attempts to find it.
const SEARCH: Duration = Duration::from_millis(200);
/// So many attempts that nobody answers say as much as a beat that is missed: each is as long as half of one.
const MISSED: u32 = 2;

/// The connections that were opened, the hosts that let their turn pass, and whether the server was given up.
#[derive(Default)]
pub(super) struct Connections {
    hosts: Mutex<Known>,
    silent: AtomicBool,
}

#[derive(Default)]
struct Known {
    /// The host's place in the address, and the task that reads from it.
    open: Vec<(usize, AbortHandle)>,
    mute: Vec<usize>,
}

impl Connections {
    /// One more to a host.
    pub(super) fn opened(&self, host: usize, task: AbortHandle) {
        let mut known = self.known();
        known.open.retain(|(_, task)| !task.is_finished());
        known.open.push((host, task));
    }

    /// A host took what it was sent and did not answer.
    pub(super) fn said_nothing(&self, host: usize) {
        self.known().mute.push(host);
    }

    /// Whether the server was given up and has not been found again.
    pub(super) fn are_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    fn are_well(&self) {
        self.silent.store(false, Ordering::Relaxed);
    }

    /// Closes those to some hosts. Who waits on one is told so.
    fn close(&self, which: impl Fn(usize) -> bool) {
        self.known().open.retain(|(host, task)| {
            if which(*host) {
                task.abort();
            }
            !which(*host)
        });
    }

    /// Closes all, and nobody is let in until the server is found again.
    fn give_up(&self) {
        if !self.silent.swap(true, Ordering::Relaxed) {
            warn!(
                "PostgreSQL has said nothing for {} s: its connections are given up, and changes that were being committed \
                 may have been made or not",
                SILENCE.as_secs()
            );
        }
        self.close(|_| true);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
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
            loop {
                match search.turn().await {
                    Turn::Found(client, mute) => {
                        connections.close(|host| mute.contains(&host));
                        if connections.are_silent() {
                            // Some that were being opened when the others were given up may have come to be.
                            connections.close(|_| true);
                            connections.are_well();
                            info!("PostgreSQL answers again");
                        }
                        missed = if until_it_stops(&client).await == Stopped::Missed { MISSED } else { 0 };
                    }
                    Turn::Refused => missed = 0,
                    Turn::Mute => missed += 1,
                }
                if missed >= MISSED {
                    connections.give_up();
                }
                sleep(SEARCH).await;
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
}

enum Turn {
    /// And the hosts before it that let their turn pass.
    Found(Client, Vec<usize>),
    /// The server said no, or nobody is there: others are told as well.
    Refused,
    /// Somebody is there and says nothing.
    Mute,
}

impl Search {
    /// The connection that it opened before is closed.
    async fn turn(&self) -> Turn {
        self.own.close(|_| true);
        let found = timeout(PATIENCE, self.hosts.connect(&self.config)).await;
        let mute = mem::take(&mut self.own.known().mute);
        match found {
            Ok(Ok((client, _))) => Turn::Found(client, mute),
            Ok(Err(_)) if mute.is_empty() => Turn::Refused,
            Ok(Err(_)) | Err(_) => Turn::Mute,
        }
    }
}

#[derive(PartialEq, Eq)]
enum Stopped {
    /// The server fell silent.
    Missed,
    /// The connection ended: whoever else had one was told as well.
    Ended,
}

async fn until_it_stops(client: &Client) -> Stopped {
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
    }
}
