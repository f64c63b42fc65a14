//! The server is killed.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::ledger::Ledger;
use super::report::Row;
use super::shop::{Shop, Staff};
use super::traffic::Traffic;
use super::{kills, now, seed, start};
use crate::served::until;
use crate::world::World;

/// How long clients are at work before the kill, at the most.
const MOST: u64 = 700;

fn kill_and_look(what: &'static str, world: &World) {
    let (rounds, seed) = (kills(), seed(what));
    let mut chance = StdRng::seed_from_u64(seed);
    let mut row = Row::new(what, rounds);
    let mut ledger = Ledger::default();
    let staff = Staff::of(world);
    let mut served = start(world, &[]);
    for round in 0..rounds {
        let shop = Shop::open(world, &served.host, &staff, &format!("round-{round}"));
        let traffic = Traffic::default();
        let moment = Duration::from_millis(chance.random_range(0..MOST));
        let host = served.host.clone();
        traffic.run(world, &host, &shop, seed.wrapping_add(round.into()), || {
            until("a client was answered", || traffic.acknowledged() > 0);
            std::thread::sleep(moment);
            served.kill();
            traffic.kill_issuing();
        });
        let begun = now();
        served = start(world, &[]);
        assert_eq!(served.get("/health/ready").0, 200);
        row.recovered(begun.elapsed());
        ledger.check(world, &served.host, traffic, &mut row);
    }
    row.finish();
}

#[test]
fn killed_on_sqlite() {
    kill_and_look("server killed, SQLite", &World::with_keys());
}

#[test]
fn killed_on_postgresql() {
    let Some(world) = World::with_keys().on_postgres() else { return };
    kill_and_look("server killed, PostgreSQL", &world);
}
