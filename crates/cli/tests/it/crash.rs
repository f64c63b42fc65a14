//! Crashes: what was acknowledged is there, nothing is half done, and a repeated request is told the truth.
//!
//! Clients activate keys, add devices, use limits up, issue and revoke records, while commands make batches beside them.
//! Then the server is killed, or its database, or the disk fails it, and everything is looked for in the database itself. A
//! few rounds here; `cargo xtask crash` runs many, and prints a table.

mod change;
mod cluster;
mod database;
mod disk;
mod faults;
mod found;
mod full;
mod ledger;
mod outage;
mod power;
mod report;
mod shop;
mod traffic;

use std::time::Instant;

use rand::TryRng as _;
use rand::rngs::SysRng;

use crate::served::Served;
use crate::world::World;

/// So many kills of the server, instead of a few.
const KILLS: &str = "KEYWARD_CRASH_KILLS";
/// So many kills of the database, and as many promotions.
const OUTAGES: &str = "KEYWARD_CRASH_OUTAGES";
/// So many rounds of each way in which a disk fails.
const FAULTS: &str = "KEYWARD_CRASH_FAULTS";
/// Where tests find PostgreSQL; `none` leaves out those that need it.
const POSTGRES: &str = "KEYWARD_TEST_POSTGRES";
/// Begins all chance, so that a run can be had again.
const SEED: &str = "KEYWARD_CRASH_SEED";

fn kills() -> u32 {
    set(KILLS).unwrap_or(5)
}

fn outages() -> u32 {
    set(OUTAGES).unwrap_or(2)
}

fn faults() -> u32 {
    set(FAULTS).unwrap_or(2)
}

/// Whether the tests that need PostgreSQL are left out.
fn is_left_out() -> bool {
    std::env::var(POSTGRES).is_ok_and(|value| value == "none")
}

fn set<T: std::str::FromStr>(variable: &str) -> Option<T> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

/// What chance begins with, said so that a failure can be looked at again.
fn seed(what: &str) -> u64 {
    let seed = set(SEED).unwrap_or_else(|| SysRng.try_next_u64().expect("the system has chance"));
    println!("{what}: {SEED}={seed}");
    seed
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
fn now() -> Instant {
    Instant::now()
}

/// The server on a world's database, with its answer to `/health/ready`.
fn start(world: &World, variables: &[(&str, &str)]) -> Served {
    let database = world.url().into_iter().flat_map(|url| ["--database", url]);
    let arguments: Vec<_> = ["--data", "data"].into_iter().chain(database).collect();
    let unlimited = ("KEYWARD_DIALECTS_TIER_REQUESTS_PER_MINUTE", "1000000");
    Served::with(world, &arguments, &[&[unlimited], variables].concat())
}
