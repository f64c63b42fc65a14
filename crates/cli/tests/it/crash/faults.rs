//! The disk fails the server on SQLite: no change is acknowledged that is not on it, and the server says so.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::disk::{Calls, Disk, EIO, ENOSPC, On};
use super::ledger::Ledger;
use super::report::Row;
use super::shop::{Shop, Staff};
use super::traffic::Traffic;
use super::{faults, now, seed, start};
use crate::served::{Served, until};
use crate::world::World;

/// Runs rounds: each with a server on a disk, clients, what happens to them, and a look at everything.
fn rounds(what: &'static str, mut happens: impl FnMut(&mut StdRng, &Disk, &mut Served, &Traffic) -> After) {
    let (rounds, seed) = (faults(), seed(what));
    let mut chance = StdRng::seed_from_u64(seed);
    let (mut row, mut ledger) = (Row::new(what, rounds), Ledger::default());
    let world = World::with_keys();
    let staff = Staff::of(&world);
    let disk = Disk::under(&world);
    for round in 0..rounds {
        disk.begin();
        let mut served = start(&world, &disk.variables());
        let name = format!("round-{round}");
        let shop = Shop::open_with(&world, &served.host, &staff, &name, &disk.variables());
        let mut traffic = Traffic::default();
        let mut after = After::Goes;
        let host = served.host.clone();
        traffic.run_alone(&host, &shop, seed.wrapping_add(round.into()), || {
            after = happens(&mut chance, &disk, &mut served, &traffic);
        });
        // Every other time somebody starts it again, and the power goes later.
        if let (After::Failed, 0) = (&after, round % 2) {
            served = start(&world, &disk.variables());
            let shop =
                Shop::open_with(&world, &served.host, &staff, &format!("{name}-again"), &disk.variables());
            let (more, host) = (Traffic::default(), served.host.clone());
            more.run_alone(&host, &shop, !seed.wrapping_add(round.into()), || {
                until("clients are answered again", || more.acknowledged() > 10);
                served.kill();
            });
            traffic.join(more);
        }
        let begun = now();
        if let After::Ended | After::Failed = after {
            disk.forget();
            served = start(&world, &[]);
        }
        until("it is ready", || served.get("/health/ready").0 == 200);
        row.recovered(begun.elapsed());
        ledger.check(&world, &served.host, traffic, &mut row);
        assert_eq!(served.stop(), 0);
    }
    row.finish();
}

/// What becomes of the server.
enum After {
    /// It goes on.
    Goes,
    /// It has ended, and what the disk did not confirm is gone.
    Ended,
    /// It has ended since the disk did not confirm something, which is read all the same until the power goes.
    Failed,
}

#[test]
fn power_gone_with_all_that_the_disk_had_not_confirmed() {
    rounds("power gone, SQLite", |chance, disk, served, traffic| {
        let enough = chance.random_range(5..150);
        until("clients were answered", || traffic.acknowledged() > enough);
        served.kill();
        assert!(disk.synced() > 0, "the disk was never asked to confirm anything");
        After::Ended
    });
}

#[test]
fn a_sync_that_fails_ends_the_server() {
    rounds("fsync fails, SQLite", |chance, disk, served, traffic| {
        until("clients are answered", || traffic.acknowledged() > 10);
        disk.fail(Calls::Syncs, On::Log, chance.random_range(0..40), 1, EIO);
        poisoned(disk, served)
    });
}

#[test]
fn a_sync_that_fails_while_the_log_is_moved_ends_the_server_too() {
    rounds("fsync fails in a checkpoint, SQLite", |_, disk, served, traffic| {
        disk.fail(Calls::Syncs, On::Database, 0, 1, EIO);
        // The log may be large enough to be moved before anybody is answered.
        until("clients are answered", || traffic.acknowledged() > 10 || disk.failed() > 0);
        poisoned(disk, served)
    });
}

/// Nothing more is written once the disk did not confirm something, and the server says why it ends.
fn poisoned(disk: &Disk, served: &mut Served) -> After {
    until("the server ends", || served.ended().is_some());
    let status = served.gone();
    assert_eq!(status.code(), Some(2), "{status}: {}", served.log());
    until("the last words are heard", || served.log().contains("DATABASE_POISONED"));
    assert_eq!(disk.failed(), 1, "the fault was never met");
    assert_eq!(disk.changed_after(), 0, "something was written after the disk had failed");
    After::Failed
}

#[test]
fn writes_that_fail_are_not_acknowledged_and_the_next_ones_are_made() {
    rounds("write fails, SQLite", |chance, disk, served, traffic| {
        until("clients are answered", || traffic.acknowledged() > 10);
        for _ in 0..3 {
            let times = chance.random_range(1..4);
            disk.fail(Calls::Writes, On::Log, chance.random_range(0..60), times, EIO);
            until("the writes have failed", || disk.failed() == times);
            let before = traffic.acknowledged();
            until("changes are made again", || traffic.acknowledged() > before + 10);
        }
        assert_eq!(served.ended(), None, "{}", served.log());
        until("it is in the log", || served.log().contains("a commit failed"));
        After::Goes
    });
}

#[test]
fn a_disk_without_room_is_told_and_taken_again_when_it_has_some() {
    full_disk("disk full, SQLite");
}

pub(super) fn full_disk(what: &'static str) {
    rounds(what, |chance, disk, served, traffic| {
        until("clients are answered", || traffic.acknowledged() > 10);
        disk.fail(Calls::Writes, On::Both, chance.random_range(0..60), i32::MAX, ENOSPC);
        until("clients were told", || traffic.refused() > 3);
        std::thread::sleep(Duration::from_millis(chance.random_range(0..300)));
        // What only asks is answered.
        assert_eq!(served.get("/health/ready").0, 200);
        let refused = served.post("/license/usage", &serde_json::json!({ "name": "api", "amount": 1 }));
        assert_eq!(refused.0, 401, "{refused:?}");
        until("it is in the log", || served.log().contains("DATABASE_FULL"));
        disk.mend();
        let before = traffic.acknowledged();
        until("changes are made again", || traffic.acknowledged() > before + 10);
        assert_eq!(served.ended(), None, "{}", served.log());
        After::Goes
    });
}
