//! Trials: once per device and product, counted from first start.

use keyward_client::{Code, Source};

use crate::world::{DAY, Desk, START, STATE, TRACE, Vendor, World};

#[test]
fn a_trial_counts_from_its_first_start() {
    let world = World::new();
    let manager = world.open();
    let key = world.vendor.trial(14);
    let status = manager.start_trial(&key).expect("a trial");
    assert_eq!((status.code(), status.source(), status.days_left()), (Code::Trial, Source::Trial, Some(14)));
    assert_eq!(status.message(), "Trial. 14 days left.");
    assert!(status.can_write());
    world.time.set(START + 14 * DAY);
    assert_eq!(manager.start_trial(&key).expect("started already").days_left(), Some(0));
    world.time.pass(1);
    let status = manager.status();
    assert_eq!((status.code(), status.can_write()), (Code::Expired, false));
    assert_eq!(manager.start_trial(&key).expect_err("its time is over").code(), "EXPIRED");
    assert_eq!(manager.start_trial(&world.vendor.trial(30)).expect_err("one a device").code(), "TRIAL_SPENT");
}

#[test]
fn a_bought_licence_takes_its_place() {
    let world = World::new();
    let manager = world.open();
    manager.import(world.vendor.trial(14)).expect("imported like any key");
    let status = manager.import(world.vendor.license(manager.device_id(), 365)).expect("bought");
    assert_eq!((status.code(), status.source()), (Code::Valid, Source::License));
    world.time.set(START + 7 * DAY);
    assert_eq!(manager.remove().expect("removed").code(), Code::Trial, "what is left of it");
}

#[test]
fn one_copy_remembers_a_spent_trial() {
    for gone in [STATE, TRACE] {
        let world = World::new();
        world.open().start_trial(&world.vendor.trial(14)).expect("a trial");
        world.time.set(START + 20 * DAY);
        std::fs::remove_file(world.file(gone)).expect("it was there");
        let manager = world.open();
        assert_eq!(manager.status().code(), Code::Expired, "without {gone}");
        assert_eq!(manager.start_trial(&world.vendor.trial(15)).expect_err("spent").code(), "TRIAL_SPENT");
    }
}

#[test]
fn a_damaged_memory_starts_no_trial() {
    let world = World::new();
    world.open().start_trial(&world.vendor.trial(14)).expect("a trial");
    for file in [STATE, TRACE] {
        std::fs::write(world.file(file), b"rubbish").expect("it is written");
    }
    let manager = world.open();
    assert_eq!(manager.start_trial(&world.vendor.trial(14)).expect_err("nobody knows").code(), "TRIAL_SPENT");
    drop(manager);
    let manager = world.open();
    assert_eq!(manager.start_trial(&world.vendor.trial(14)).expect_err("still").code(), "TRIAL_SPENT");
}

#[test]
fn one_good_copy_is_enough_for_a_trial() {
    for damaged in [STATE, TRACE] {
        let world = World::new();
        drop(world.open());
        std::fs::write(world.file(damaged), b"rubbish").expect("it is written");
        let manager = world.open();
        assert!(manager.status().warnings().iter().any(|note| note.contains("cannot be read")));
        manager.start_trial(&world.vendor.trial(14)).expect("the other copy says that there was none");
        assert!(manager.status().notes().is_empty(), "both are written anew");
    }
}

#[test]
fn no_trial_starts_under_a_clock_turned_back() {
    let world = World::new();
    let manager = world.open();
    world.time.set(START - 2 * DAY);
    assert_eq!(
        manager.start_trial(&world.vendor.trial(14)).expect_err("turned back").code(),
        "CLOCK_TAMPERED"
    );
    world.time.set(START);
    manager.start_trial(&world.vendor.trial(14)).expect("put right");
}

#[test]
fn another_vendors_or_no_trial_is_refused() {
    let world = World::new();
    let manager = world.open();
    assert_eq!(manager.start_trial(&Vendor::new(2).trial(14)).expect_err("forged").code(), "BAD_SIGNATURE");
    let license = world.vendor.license("", 30);
    assert_eq!(manager.start_trial(&license).expect_err("no trial").code(), "NOT_A_TRIAL");
}

#[test]
fn a_copy_of_a_trial_runs_nowhere_else() {
    let world = World::new();
    world.open().start_trial(&world.vendor.trial(14)).expect("a trial");
    let twin = Desk::new("twin");
    world.desk.change(|parts| *parts = keyward_client::device::Machine::components(&twin));
    let manager = world.open();
    assert_eq!(manager.status().code(), Code::NotFound);
    manager.start_trial(&world.vendor.trial(14)).expect("that device had none");
}
