//! Several clients at work until they are told to stop, or until nobody answers any more.

use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;

use super::change::{Asked, Change, Heard};
use super::now;
use super::shop::Shop;
use crate::served::{command, exchange};
use crate::world::World;

const CLIENTS: u64 = 6;
/// Keys of a batch that a command makes beside the server.
pub(super) const BATCH: &str = "250";
/// How long it takes to look again whether a command has ended.
const SOON: Duration = Duration::from_millis(10);
/// No command takes longer, also where it has to give a database up.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a client waits that was told to come back later.
const LATER: Duration = Duration::from_millis(60);

/// What all clients have done together.
#[derive(Default)]
pub(super) struct Traffic {
    asked: Mutex<Vec<Asked>>,
    /// Batches whose command ended well.
    batches: Mutex<Vec<String>>,
    /// The command that makes one now.
    issuing: Mutex<Option<Child>>,
    acknowledged: AtomicUsize,
    /// Attempts to validate that were answered.
    validated: AtomicI64,
    /// Answers that said: not now.
    refused: AtomicUsize,
    /// Connections that ended without an answer.
    broken: AtomicUsize,
    stop: AtomicBool,
}

impl Traffic {
    /// Runs clients and commands, and beside them `events`, which is over when they are to stop.
    pub(super) fn run(&self, world: &World, host: &str, shop: &Shop, seed: u64, events: impl FnOnce()) {
        std::thread::scope(|scope| {
            scope.spawn(|| self.make_batches(world, &shop.name));
            self.run_alone(host, shop, seed, events);
        });
    }

    /// The same without commands beside the server.
    pub(super) fn run_alone(&self, host: &str, shop: &Shop, seed: u64, events: impl FnOnce()) {
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let chance = StdRng::seed_from_u64(seed.wrapping_mul(31).wrapping_add(client));
                scope.spawn(move || self.client(host, shop, client, chance));
            }
            // Also when the events fail: the clients would go on for ever.
            let _stop = Stop(self);
            events();
        });
    }

    /// Takes what others have done for its own.
    pub(super) fn join(&mut self, other: Self) {
        let (asked, batches, validated) = other.into_parts();
        self.asked.get_mut().unwrap_or_else(PoisonError::into_inner).extend(asked);
        self.batches.get_mut().unwrap_or_else(PoisonError::into_inner).extend(batches);
        *self.validated.get_mut() += validated;
    }

    fn client(&self, host: &str, shop: &Shop, client: u64, mut chance: StdRng) {
        let mut issued = Vec::new();
        for number in 0.. {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let kind = chance.random_range(0..10);
            if kind == 9 {
                self.validate(host, &shop.staff.tier);
                continue;
            }
            let change = match kind {
                0..=2 => match shop.key() {
                    Some(key) => Change::Activate { key },
                    None => continue,
                },
                3 | 4 => Change::Add { token: shop.customer.clone() },
                5 => Change::Use { token: shop.customer.clone(), amount: chance.random_range(1..1_000) },
                _ if kind == 6 && !issued.is_empty() => Change::Revoke {
                    token: shop.staff.token.clone(),
                    serial: issued.swap_remove(chance.random_range(0..issued.len())),
                },
                _ => Change::Issue { token: shop.staff.token.clone() },
            };
            let mut asked = Asked { change, mark: format!("{}-{client}-{number}", shop.name), answer: None };
            match asked.send(host) {
                Heard::Done(answer) => {
                    asked.answer = Some(answer);
                    issued.extend(asked.serial());
                    self.acknowledged.fetch_add(1, Ordering::Relaxed);
                }
                Heard::NotNow => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(LATER);
                }
                Heard::Nothing => {
                    self.broken.fetch_add(1, Ordering::Relaxed);
                    // It may have been done; and nobody is there to be asked more.
                    self.asked().push(asked);
                    return;
                }
            }
            self.asked().push(asked);
        }
    }

    fn asked(&self) -> std::sync::MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn validate(&self, host: &str, tier: &str) {
        let body = json!({ "license": tier }).to_string();
        let headers = "Content-Type: application/json\r\n";
        match exchange(host, "POST", "/api/verify", headers, &body) {
            Some(answer) if answer.status == 200 => {
                self.validated.fetch_add(1, Ordering::Relaxed);
            }
            // What the document of system C says of a database that is away.
            Some(answer) if answer.status == 500 && answer.body.contains("Internal server error") => {
                std::thread::sleep(LATER);
            }
            Some(answer) => panic!("{answer:?}"),
            None => std::thread::sleep(LATER),
        }
    }

    /// Commands that make whole batches of keys, one after the other.
    fn make_batches(&self, world: &World, name: &str) {
        for number in 0.. {
            let name = format!("{name}-batch-{number}");
            let mut issue = command(world);
            issue.args(["issue", "pool", "--duration", "1d", "--count", BATCH, "--batch", &name]);
            issue.args(["--out", &format!("{name}.csv"), "--data", "data"]);
            issue.args(world.url().into_iter().flat_map(|url| ["--database", url]));
            let child = issue.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("keyward runs");
            *self.issuing.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
            // Waited for without the lock, so that it can be killed meanwhile.
            let begun = now();
            let ended = loop {
                let mut issuing = self.issuing.lock().unwrap_or_else(PoisonError::into_inner);
                let child = issuing.as_mut().expect("it is there");
                let ended = child.try_wait().expect("it is asked");
                let hangs = begun.elapsed() > PATIENCE;
                if hangs {
                    let _ = child.kill();
                }
                drop(issuing);
                assert!(!hangs, "the command that makes {name} has neither made it nor given up");
                match ended {
                    Some(status) => break status,
                    None => std::thread::sleep(SOON),
                }
            };
            if ended.success() {
                self.batches.lock().unwrap_or_else(PoisonError::into_inner).push(name);
            } else {
                // The database is away: no need to ask as fast as commands start.
                std::thread::sleep(LATER);
            }
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    /// Ends the command that makes a batch as the server is ended.
    pub(super) fn kill_issuing(&self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(issuing) = &mut *self.issuing.lock().unwrap_or_else(PoisonError::into_inner) {
            // It may have ended just now.
            let _ = issuing.kill();
        }
    }

    pub(super) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    pub(super) fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }

    pub(super) fn broken(&self) -> usize {
        self.broken.load(Ordering::Relaxed)
    }

    /// What was asked for, the batches that were made, and how often it was validated.
    pub(super) fn into_parts(self) -> (Vec<Asked>, Vec<String>, i64) {
        let asked = self.asked.into_inner().unwrap_or_else(PoisonError::into_inner);
        let batches = self.batches.into_inner().unwrap_or_else(PoisonError::into_inner);
        (asked, batches, self.validated.into_inner())
    }
}

struct Stop<'t>(&'t Traffic);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}
