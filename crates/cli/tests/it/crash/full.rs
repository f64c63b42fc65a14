//! A file system that is really full: a small one in memory, which root may mount.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::ledger::Ledger;
use super::report::Row;
use super::shop::{Shop, Staff};
use super::traffic::Traffic;
use super::{now, seed, start};
use crate::served::{command, until};
use crate::world::World;

/// A file system in memory at a world's data directory.
struct Small(PathBuf);

impl Small {
    /// `None` where it may not be mounted.
    fn mount(world: &World) -> Option<Self> {
        let directory = world.path("data");
        fs::create_dir(&directory).expect("a directory");
        let options = ["-t", "tmpfs", "-o", "size=48m,mode=700", "tmpfs"];
        let mounted = Command::new("mount").args(options).arg(&directory).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(directory))
    }

    /// Leaves no room at all.
    fn fill(&self) {
        let mut file = fs::File::create(self.0.join("ballast")).expect("a file");
        let error = loop {
            if let Err(error) = file.write_all(&[0; 1 << 12]) {
                break error;
            }
        };
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{error}");
    }

    fn empty(&self) {
        fs::remove_file(self.0.join("ballast")).expect("it is removed");
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // Lazily: a server that is still ending has files open in it.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_file_system_without_room_is_told_and_taken_again_when_it_has_some() {
    const WHAT: &str = "file system full, SQLite";
    let world = World::with_keys();
    let Some(small) = Small::mount(&world) else {
        println!(
            "\n*** {WHAT}: NOT TESTED: a file system in memory may not be mounted here (root may). A full disk was tested \
             with the one of `fault.c` alone. ***\n"
        );
        return super::faults::full_disk(WHAT);
    };
    let seed = seed(WHAT);
    let (mut row, mut ledger) = (Row::new(WHAT, 1), Ledger::default());
    let staff = Staff::of(&world);
    let mut served = start(&world, &[]);
    let shop = Shop::open(&world, &served.host, &staff, "round-0");
    let traffic = Traffic::default();
    let host = served.host.clone();
    traffic.run_alone(&host, &shop, seed, || {
        until("clients are answered", || traffic.acknowledged() > 10);
        small.fill();
        until("clients were told", || traffic.refused() > 3);
        assert_eq!(served.get("/health/ready").0, 200);
        let key = shop.key().expect("a key");
        assert_eq!(served.get(&format!("/api/validate/{key}")).0, 200, "what only asks is answered");
        until("it is in the log", || served.log().contains("DATABASE_FULL"));
        small.empty();
        let before = traffic.acknowledged();
        let begun = now();
        until("changes are made again", || traffic.acknowledged() > before);
        row.recovered(begun.elapsed());
        until("changes are made again", || traffic.acknowledged() > before + 10);
        assert_eq!(served.ended(), None, "{}", served.log());
    });
    ledger.check(&world, &served.host, traffic, &mut row);

    // A server that is started there says what is wrong: the index of its log has no room.
    served.kill();
    fs::remove_file(world.path("data/keyward.db-shm")).expect("it was killed");
    small.fill();
    let mut refused = command(&world);
    refused.args(["serve", "--listen", "127.0.0.1:0", "--data", "data"]);
    let mut refused = refused.stderr(Stdio::piped()).spawn().expect("keyward runs");
    until("it ends", || refused.try_wait().expect("it is asked").is_some());
    let refused = refused.wait_with_output().expect("it has ended");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("DATABASE_FULL"), "{said}");
    small.empty();
    served = start(&world, &[]);
    ledger.check(&world, &served.host, Traffic::default(), &mut row);
    assert_eq!(served.stop(), 0);
    row.finish();
}
