//! Programs that are stopped between any two operations on the disk, disks that are full, and two programs at once.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use keyward_client::files::{Disk, LocalDisk};
use keyward_client::{Code, LicenseManager, Timestamp};

use crate::world::{DAY, Desk, Hasty, START, STATE, TRACE, World};

/// What a disk does to the operation that it is set to, and to all that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The program is stopped before it.
    Stopped,
    /// The program is stopped when half of a file is written.
    HalfWritten,
    /// The disk takes no more.
    Full,
}

/// A disk that counts what changes it, and fails from the n-th on.
#[derive(Clone)]
struct Faulty {
    left: Arc<AtomicUsize>,
    fault: Fault,
}

impl Faulty {
    fn new(left: usize, fault: Fault) -> Self {
        Self { left: Arc::new(AtomicUsize::new(left)), fault }
    }

    /// Whether this operation is still done.
    fn goes_on(&self) -> bool {
        self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }

    fn error(&self) -> io::Error {
        match self.fault {
            Fault::Full => io::Error::from(io::ErrorKind::StorageFull),
            Fault::Stopped | Fault::HalfWritten => io::Error::other("the program was stopped"),
        }
    }
}

impl Disk for Faulty {
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        Hasty.read(path)
    }

    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if self.goes_on() {
            return Hasty.create(path, bytes);
        }
        if self.fault != Fault::Stopped {
            let _ = Hasty.create(path, &bytes[..bytes.len() / 2]);
        }
        Err(self.error())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.goes_on() || self.fault == Fault::Full { Hasty.rename(from, to) } else { Err(self.error()) }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if self.goes_on() || self.fault == Fault::Full { Hasty.remove(path) } else { Err(self.error()) }
    }

    fn modified(&self, path: &Path) -> Option<Timestamp> {
        Hasty.modified(path)
    }

    fn make_directory(&self, path: &Path) -> io::Result<()> {
        if self.goes_on() || path.exists() { Hasty.make_directory(path) } else { Err(self.error()) }
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<OsString>> {
        Hasty.names(directory)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send>> {
        Hasty.lock(path)
    }
}

/// Does `act` on a world that `begin` made, failing at each operation in turn, until it needs none that fails; then looks at
/// what the next start finds.
fn at_each(
    fault: Fault,
    begin: impl Fn(&World),
    act: impl Fn(&LicenseManager),
    look: impl Fn(&World, &LicenseManager),
) {
    for at in 0..200 {
        let world = World::new();
        begin(&world);
        let disk = Faulty::new(at, fault);
        if let Ok(manager) = world.builder().disk(disk.clone()).open() {
            act(&manager);
            let needs_more = disk.left.load(Ordering::SeqCst) == 0;
            // A stopped program does not close.
            if fault == Fault::Full {
                drop(manager);
            } else {
                std::mem::forget(manager);
            }
            look(&world, &world.open());
            if !needs_more {
                return;
            }
        } else {
            look(&world, &world.open());
        }
    }
    panic!("it never came to its end");
}

const FAULTS: [Fault; 3] = [Fault::Stopped, Fault::HalfWritten, Fault::Full];

#[test]
fn a_renewal_that_is_stopped_leaves_the_old_licence_or_the_new_one() {
    for fault in FAULTS {
        at_each(
            fault,
            |world| drop(world.licensed()),
            |manager| {
                let _ = manager.import(World::new().vendor.license(manager.device_id(), 800));
            },
            |_, manager| {
                let status = manager.status();
                assert!(status.is_active(), "{:?}", status.verdict());
                assert!(matches!(status.days_left(), Some(365 | 800)), "{fault:?}: {:?}", status.days_left());
            },
        );
    }
}

#[test]
fn a_first_import_that_is_stopped_leaves_nothing_or_the_licence() {
    for fault in FAULTS {
        at_each(
            fault,
            |_| {},
            |manager| {
                let done = manager.import(World::new().vendor.license(manager.device_id(), 365));
                assert_eq!(done.is_ok(), done.is_ok_and(|status| status.is_active()));
            },
            |_, manager| assert!(matches!(manager.status().code(), Code::Valid | Code::NotFound)),
        );
    }
}

#[test]
fn a_start_that_is_stopped_forgets_no_rollback() {
    for fault in FAULTS {
        at_each(
            fault,
            |world| {
                drop(world.licensed());
                world.time.set(START + 100 * DAY);
                drop(world.open());
                world.time.set(START + 50 * DAY);
            },
            LicenseManager::touch,
            |_, manager| assert_eq!(manager.status().code(), Code::ClockTampered, "{fault:?}"),
        );
    }
}

#[test]
fn a_trial_that_is_stopped_is_started_once() {
    for fault in FAULTS {
        at_each(
            fault,
            |_| {},
            |manager| {
                let _ = manager.start_trial(&World::new().vendor.trial(14));
            },
            |world, manager| {
                let started = manager.status().code() == Code::Trial;
                world.time.set(START + 5 * DAY);
                let left = manager.start_trial(&world.vendor.trial(14)).expect("the same trial").days_left();
                assert_eq!(left, Some(if started { 9 } else { 14 }), "{fault:?}");
            },
        );
    }
}

#[test]
fn a_seat_is_never_both_given_back_and_held() {
    for fault in FAULTS {
        at_each(
            fault,
            |world| {
                let manager = world.open();
                let request = manager.request("KEY", None).expect("a request");
                manager.complete(&world.vendor.seat(&request, None)).expect("a seat");
            },
            |manager| {
                if manager.release().is_ok() {
                    assert_eq!(manager.status().code(), Code::NotFound, "{fault:?}");
                }
            },
            |_, manager| {
                // A receipt that came out of the program was remembered first; otherwise the seat is still held.
                match manager.status().code() {
                    Code::Valid => {}
                    Code::NotFound => drop(manager.release().expect("the receipt is there")),
                    code => panic!("{fault:?}: {code}"),
                }
            },
        );
    }
}

#[test]
fn a_completed_answer_that_is_stopped_can_be_entered_again() {
    for fault in FAULTS {
        let answer = std::cell::RefCell::new(String::new());
        at_each(
            fault,
            |world| {
                let request = world.open().request("KEY", None).expect("a request");
                *answer.borrow_mut() = world.vendor.seat(&request, None);
            },
            |manager| {
                let _ = manager.complete(&answer.borrow());
            },
            |_, manager| {
                assert!(manager.complete(&answer.borrow()).expect("it waits still, or has it").is_active());
            },
        );
    }
}

#[test]
fn taking_over_a_memory_of_the_old_name_that_is_stopped_forgets_nothing() {
    for fault in FAULTS {
        let request = std::cell::RefCell::new(String::new());
        at_each(
            fault,
            |world| {
                let manager = world.open();
                manager.start_trial(&world.vendor.trial(14)).expect("a trial");
                *request.borrow_mut() = manager.request("KEY", None).expect("a request");
                world.time.set(START + 4 * DAY);
                drop(manager);
                for (new, old) in [(STATE, "license.state"), (TRACE, ".trace/trace")] {
                    std::fs::rename(world.file(new), world.file(old)).expect("it was there");
                }
            },
            |manager| assert_eq!(manager.status().days_left(), Some(10), "{fault:?}"),
            |_, manager| {
                assert_eq!(manager.status().days_left(), Some(10), "{fault:?}");
                assert_eq!(manager.request("KEY", None).expect("the same"), *request.borrow());
            },
        );
    }
}

#[test]
fn a_full_disk_takes_no_licence_away() {
    let world = World::new();
    drop(world.licensed());
    let manager = world.builder().disk(Faulty::new(0, Fault::Full)).open().expect("it opens");
    let status = manager.status();
    assert!(status.is_active());
    assert!(
        status.warnings().iter().any(|note| note.contains("could not be written")),
        "{:?}",
        status.warnings()
    );
    assert_eq!(manager.record_use("export").expect_err("it is full").code(), "DISK");
    world.time.set(START + 100 * DAY);
    manager.touch();
    world.time.set(START + 50 * DAY);
    assert_eq!(
        manager.status().code(),
        Code::ClockTampered,
        "what could not be written is remembered meanwhile"
    );
}

/// A disk on which one file cannot be read at present.
#[derive(Clone)]
struct Unreadable(std::path::PathBuf);

impl Disk for Unreadable {
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        if path == self.0 { Err(io::Error::other("too many open files")) } else { Hasty.read(path) }
    }

    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        Hasty.create(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Hasty.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        Hasty.remove(path)
    }

    fn modified(&self, path: &Path) -> Option<Timestamp> {
        Hasty.modified(path)
    }

    fn make_directory(&self, path: &Path) -> io::Result<()> {
        Hasty.make_directory(path)
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<OsString>> {
        Hasty.names(directory)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send>> {
        Hasty.lock(path)
    }
}

#[test]
fn a_memory_that_cannot_be_read_at_present_is_not_written_over() {
    let world = World::new();
    let manager = world.licensed();
    let request = manager.request("KEY", None).expect("a request");
    drop(manager);
    world.time.set(START + 100 * DAY);
    let manager = world.builder().disk(Unreadable(world.file(STATE))).open().expect("it opens");
    let status = manager.status();
    assert!(status.is_active());
    assert!(
        status.warnings().iter().any(|note| note.contains("too many open files")),
        "{:?}",
        status.warnings()
    );
    assert_eq!(manager.record_use("export").expect_err("it cannot be read").code(), "DISK");
    drop(manager);
    let manager = world.open();
    assert_eq!(manager.request("KEY", None).expect("the same request"), request);
    drop(manager);
    world.time.set(START + 50 * DAY);
    assert_eq!(world.open().status().code(), Code::ClockTampered, "the second copy has the time");
}

#[test]
fn two_machines_share_a_directory_at_once() {
    let world = World::new();
    let desks = [Desk::new("desk"), Desk::new("laptop")];
    let each = 25;
    std::thread::scope(|scope| {
        for desk in &desks {
            let open = || world.builder().machine(desk.clone()).disk(LocalDisk).open().expect("it opens");
            let world = &world;
            scope.spawn(move || {
                let license = world.vendor.license(open().device_id(), 365);
                open().import(license).expect("a licence");
                for _ in 0..each {
                    let manager = open();
                    manager.record_use("export").expect("it is counted");
                    assert!(manager.status().is_active(), "{:?}", manager.status());
                }
            });
        }
    });
    for desk in desks {
        let manager = world.builder().machine(desk).open().expect("it opens");
        assert_eq!(manager.usage().totals()["export"], each);
    }
}

#[test]
fn two_programs_share_a_directory() {
    let world = World::new();
    drop(world.licensed());
    let (programs, each) = (4, 25);
    std::thread::scope(|scope| {
        for _ in 0..programs {
            scope.spawn(|| {
                let manager = world.builder().disk(LocalDisk).open().expect("it opens");
                for _ in 0..each {
                    manager.record_use("export").expect("it is counted");
                    assert!(manager.status().is_active());
                }
            });
        }
    });
    assert_eq!(world.open().usage().totals()["export"], programs * each);
}
