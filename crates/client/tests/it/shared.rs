//! Machines that share a directory, as in a roaming profile or a home on a network: each keeps what is its own.

use keyward_client::{Code, LicenseManager, Source};

use crate::world::{DAY, Desk, START, STATE, TRACE, World};

/// A directory that several machines use in turn.
struct Home {
    world: World,
    desks: [Desk; 2],
}

impl Home {
    fn new() -> Self {
        Self { world: World::new(), desks: [Desk::new("desk"), Desk::new("laptop")] }
    }

    /// Another start, on the n-th machine.
    fn at(&self, n: usize) -> LicenseManager {
        self.world.builder().machine(self.desks[n].clone()).open().expect("it opens")
    }
}

/// Files from before each device had its own: the memory of the first machine under the old names.
fn outdated(home: &Home) {
    for (new, old) in [(STATE, "license.state"), (TRACE, ".trace/trace")] {
        std::fs::rename(home.world.file(new), home.world.file(old)).expect("it was there");
    }
}

#[test]
fn each_has_its_trial() {
    let home = Home::new();
    let key = home.world.vendor.trial(14);
    home.at(0).start_trial(&key).expect("a trial");
    home.world.time.set(START + 5 * DAY);
    home.at(1).start_trial(&key).expect("a trial of its own");
    for day in 5..14 {
        home.world.time.set(START + day * DAY);
        for (n, started) in [(0, 0), (1, 5)] {
            let status = home.at(n).status();
            assert_eq!((status.code(), status.days_left()), (Code::Trial, Some(started + 14 - day)));
            assert!(status.notes().is_empty(), "{:?}", status.warnings());
        }
    }
    home.world.time.set(START + 15 * DAY);
    assert_eq!(home.at(0).start_trial(&key).expect_err("it is over").code(), "EXPIRED");
    assert_eq!(home.at(1).status().code(), Code::Trial);
}

#[test]
fn each_has_its_seat() {
    let home = Home::new();
    let requests = [0, 1].map(|n| home.at(n).request("KEY", None).expect("a request"));
    for n in [0, 1] {
        assert_eq!(home.at(n).request("KEY", None).expect("it waits still"), requests[n]);
        home.at(n).complete(&home.world.vendor.seat(&requests[n], None)).expect("a seat");
    }
    for _ in 0..3 {
        for n in [0, 1] {
            let status = home.at(n).status();
            assert_eq!((status.code(), status.source()), (Code::Valid, Source::Seat), "{n}");
        }
    }
    let receipts = [1, 0].map(|n| {
        let receipt = home.at(n).release().expect("a receipt");
        assert!(!home.at(n).status().is_valid());
        receipt
    });
    assert_ne!(receipts[0], receipts[1]);
    assert_eq!(home.at(1).release().expect("it may be lost"), receipts[0]);
}

#[test]
fn each_has_its_licence() {
    let home = Home::new();
    let license = |n: usize, days| home.world.vendor.license(home.at(n).device_id(), days);
    home.at(0).import(license(0, 365)).expect("the first");
    let status = home.at(1).status();
    assert_eq!(status.code(), Code::WrongDevice, "as system D says it");
    assert_eq!(home.at(1).remove().expect("nothing of its own").code(), Code::WrongDevice);
    home.at(1).import(license(1, 100)).expect("the second");
    for (n, days) in [(0, 365), (1, 100), (0, 365), (1, 100)] {
        assert_eq!(home.at(n).status().days_left(), Some(days));
    }
    // Renewed on both, and removed from one.
    home.at(1).import(license(1, 200)).expect("renewed");
    home.at(0).import(license(0, 800)).expect("renewed");
    assert_eq!([0, 1].map(|n| home.at(n).status().days_left()), [Some(800), Some(200)]);
    assert!(home.at(1).license_path().ends_with("license.461C5F0E8F551F82.key"));
    assert!(home.at(0).license_path().ends_with("license.key"));
    assert_eq!(home.at(1).remove().expect("its own").code(), Code::WrongDevice);
    assert!(home.at(0).status().is_active());
    assert_eq!(home.at(0).remove().expect("its own").code(), Code::NotFound);
    assert_eq!(home.at(1).status().code(), Code::NotFound);
}

#[test]
fn a_licence_for_all_serves_all() {
    let home = Home::new();
    home.at(0).import(home.world.vendor.license("", 365)).expect("for any device");
    assert!(home.at(1).status().is_active());
}

#[test]
fn each_has_its_clock() {
    let home = Home::new();
    home.at(0).touch();
    home.at(1).touch();
    home.world.time.set(START + 100 * DAY);
    home.at(0).touch();
    home.at(0).import(home.world.vendor.license("", 365)).expect("for any device");
    home.world.time.set(START + 50 * DAY);
    assert_eq!(home.at(0).status().code(), Code::ClockTampered);
    assert!(home.at(1).status().is_active(), "its clock was never wrong");
    assert_eq!(home.at(0).status().code(), Code::ClockTampered);
}

#[test]
fn who_remembers_nothing_takes_the_time_from_the_others() {
    let home = Home::new();
    home.at(1).touch();
    home.at(0).import(home.world.vendor.license("", 365)).expect("for any device");
    home.world.time.set(START + 100 * DAY);
    home.at(0).touch();
    home.at(1).touch();
    for file in [STATE, TRACE] {
        std::fs::remove_file(home.world.file(file)).expect("it was there");
    }
    home.world.time.set(START + 50 * DAY);
    assert_eq!(home.at(0).status().code(), Code::ClockTampered);
}

#[test]
fn usage_is_counted_apart() {
    let home = Home::new();
    for n in [0, 1, 1, 0, 1] {
        home.at(n).record_use("export").expect("it is counted");
    }
    assert_eq!([0, 1].map(|n| home.at(n).usage().totals()["export"]), [2, 3]);
}

#[test]
fn a_machine_that_changed_finds_its_memory_among_others() {
    let home = Home::new();
    let key = home.world.vendor.trial(30);
    home.at(1).start_trial(&key).expect("a trial");
    home.world.time.set(START + 3 * DAY);
    let manager = home.at(0);
    manager.start_trial(&key).expect("a trial");
    let (id, request) = (manager.device_id().to_owned(), manager.request("KEY", None).expect("a request"));
    drop(manager);
    // Its system is installed anew, and then it gets another card.
    home.desks[0].change(|parts| parts.machine_id = Some("anew".to_owned()));
    for _ in 0..2 {
        assert_eq!(home.at(0).status().days_left(), Some(30));
        assert_eq!(home.at(1).status().days_left(), Some(27));
    }
    home.desks[0].change(|parts| parts.macs = vec!["another".to_owned()]);
    let manager = home.at(0);
    assert_eq!((manager.device_id(), manager.status().days_left()), (id.as_str(), Some(30)));
    let status = manager.complete(&home.world.vendor.seat(&request, None)).expect("it was waited for");
    assert_eq!((status.code(), status.source()), (Code::Valid, Source::Seat));
}

#[test]
fn a_machine_that_changed_keeps_the_licence_of_its_own() {
    let home = Home::new();
    for n in [1, 0] {
        home.at(n).import(home.world.vendor.license(home.at(n).device_id(), 365)).expect("a licence");
    }
    home.desks[0].change(|parts| parts.machine_id = Some("anew".to_owned()));
    for n in [0, 1, 0] {
        assert!(home.at(n).status().is_active(), "{n}");
    }
}

#[test]
fn copies_of_one_virtual_machine_with_other_parts_are_two() {
    let home = Home::new();
    home.desks[1].change(|parts| parts.machine_id = Some("desk-id".to_owned()));
    home.desks[1].change(|parts| parts.cpu = Some("Another Processor 3".to_owned()));
    let key = home.world.vendor.trial(14);
    for n in [0, 1] {
        home.at(n).start_trial(&key).expect("a trial");
        home.world.time.pass(3 * DAY);
    }
    for _ in 0..2 {
        assert_eq!([0, 1].map(|n| home.at(n).status().days_left()), [Some(8), Some(11)]);
    }
}

#[test]
fn a_memory_under_the_old_name_is_taken_over_once() {
    let home = Home::new();
    let key = home.world.vendor.trial(14);
    let manager = home.at(0);
    manager.start_trial(&key).expect("a trial");
    let request = manager.request("KEY", None).expect("a request");
    drop(manager);
    outdated(&home);
    home.world.time.set(START + 5 * DAY);
    // The other machine leaves it alone.
    let other = home.at(1);
    assert_eq!(other.status().code(), Code::NotFound);
    assert!(other.status().warnings()[0].contains("another device"), "{:?}", other.status().warnings());
    other.start_trial(&key).expect("a trial of its own");
    drop(other);
    assert!(home.world.file("license.state").exists() && home.world.file(".trace/trace").exists());
    let only_looks = home.world.builder().only_look().open().expect("it opens");
    assert_eq!(only_looks.status().days_left(), Some(9));
    drop(only_looks);
    let manager = home.at(0);
    assert_eq!(manager.status().days_left(), Some(9));
    assert_eq!(manager.request("KEY", None).expect("the same"), request);
    assert!(!home.world.file("license.state").exists() && !home.world.file(".trace/trace").exists());
    assert!(home.world.file(STATE).exists() && home.world.file(TRACE).exists());
    drop(manager);
    assert_eq!(home.at(1).status().days_left(), Some(14));
}

#[test]
fn a_damaged_memory_of_another_machine_is_its_own_affair() {
    let home = Home::new();
    let key = home.world.vendor.trial(14);
    home.at(0).start_trial(&key).expect("a trial");
    for file in [STATE, TRACE] {
        std::fs::write(home.world.file(file), b"rubbish").expect("it is written");
    }
    let status = home.at(1).start_trial(&key).expect("a trial of its own");
    assert!(status.notes().is_empty(), "{:?}", status.warnings());
    assert_eq!(home.at(0).start_trial(&key).expect_err("nobody knows").code(), "TRIAL_SPENT");
}
