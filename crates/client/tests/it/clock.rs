//! The time guard: rollbacks, honest mistakes, and the way back.

use keyward_client::Code;
use proptest::prelude::*;

use crate::world::{DAY, START, STATE, TRACE, Vendor, World};

const HOUR: i64 = 3_600;

#[test]
fn a_day_back_is_honest_and_a_microsecond_more_is_not() {
    let world = World::new();
    let manager = world.licensed();
    world.time.set(START + 10 * DAY);
    manager.touch();
    world.time.set(START + 9 * DAY);
    assert!(manager.status().is_active(), "exactly 24 hours");
    world.time.set(START + 9 * DAY - 1);
    let status = manager.status();
    assert_eq!(status.code(), Code::ClockTampered);
    assert!(!status.can_write());
    let number = status.recovery_number().expect("a number to tell");
    assert!(status.verdict().detail.contains(&number.to_string()), "{}", status.verdict().detail);
    assert!(
        status.verdict().detail.contains("the application already ran on"),
        "{}",
        status.verdict().detail
    );
}

#[test]
fn another_tolerance_may_be_set() {
    let world = World::new();
    let manager = world.builder().tolerance(std::time::Duration::from_secs(600)).open().expect("it opens");
    manager.import(world.vendor.license(manager.device_id(), 365)).expect("a licence");
    manager.touch();
    world.time.pass(-600);
    assert!(manager.status().is_active());
    world.time.pass(-1);
    assert_eq!(manager.status().code(), Code::ClockTampered);
}

#[test]
fn the_clock_put_right_needs_no_code() {
    let world = World::new();
    let manager = world.licensed();
    world.time.set(0);
    assert_eq!(manager.status().code(), Code::ClockTampered, "a dead battery");
    manager.touch();
    world.time.set(START + HOUR);
    assert!(manager.status().is_active());
}

#[test]
fn a_code_of_support_clears_a_false_alarm_once() {
    let world = World::new();
    let manager = world.licensed();
    world.time.set(START + 3_000 * DAY);
    manager.touch();
    drop(manager);
    world.time.set(START + DAY);
    let manager = world.open();
    let status = manager.status();
    assert_eq!(status.code(), Code::ClockTampered);
    let number = status.recovery_number().expect("a number");
    let device = manager.device_id().to_owned();

    let wrong = world.vendor.recovery(&device, number ^ 1, START + DAY);
    assert_eq!(manager.recover(&wrong).expect_err("another number").code(), "RECOVERY_NUMBER");
    let others = world.vendor.recovery("FFFFFFFFFFFFFFFF", number, START + DAY);
    assert_eq!(manager.recover(&others).expect_err("another device").code(), "BAD_SIGNATURE");
    let forged = Vendor::new(2).recovery(&device, number, START + DAY);
    assert_eq!(manager.recover(&forged).expect_err("another vendor").code(), "BAD_SIGNATURE");
    assert_eq!(manager.status().code(), Code::ClockTampered);

    let code = world.vendor.recovery(&device, number, START + DAY);
    assert!(code.len() <= 160, "{}", code.len());
    let wrapped = format!("{}\r\n  {}", &code[..40], &code[40..]);
    assert!(manager.import(wrapped).expect("pasted from a mail").is_active());
    assert_eq!(world.open().status().code(), Code::Valid, "it is remembered");

    world.time.set(START + 20 * DAY);
    manager.touch();
    world.time.set(START + 2 * DAY);
    assert_eq!(manager.status().code(), Code::ClockTampered);
    assert_eq!(manager.recover(&code).expect_err("it works once").code(), "RECOVERY_NUMBER");
}

#[test]
fn a_code_without_an_alarm_changes_nothing() {
    let world = World::new();
    let manager = world.licensed();
    world.time.set(START + 3_000 * DAY);
    manager.touch();
    world.time.set(START);
    let number = manager.status().recovery_number().expect("a number");
    let code = world.vendor.recovery(manager.device_id(), number, START);
    world.time.set(START + 3_000 * DAY);
    assert_eq!(manager.recover(&code).expect_err("no alarm").code(), "RECOVERY_NOT_NEEDED");
}

#[test]
fn deleting_one_copy_forgets_nothing() {
    for gone in [STATE, TRACE] {
        let world = World::new();
        let manager = world.licensed();
        world.time.set(START + 100 * DAY);
        drop(manager);
        std::fs::remove_file(world.file(gone)).expect("it was there");
        world.time.set(START + 50 * DAY);
        assert_eq!(world.open().status().code(), Code::ClockTampered, "without {gone}");
    }
}

#[test]
fn an_old_copy_put_back_forgets_nothing() {
    let world = World::new();
    let manager = world.licensed();
    let old = std::fs::read(world.file(STATE)).expect("the state");
    world.time.set(START + 100 * DAY);
    drop(manager);
    std::fs::write(world.file(STATE), old).expect("it is put back");
    world.time.set(START + 50 * DAY);
    assert_eq!(world.open().status().code(), Code::ClockTampered);
}

#[test]
fn the_time_of_a_licence_counts() {
    let world = World::new();
    world.time.set(START - 5 * DAY);
    let manager = world.open();
    let status = manager.import(world.vendor.license(manager.device_id(), 365)).expect("a good licence");
    assert_eq!(status.code(), Code::ClockTampered);
    assert!(status.verdict().detail.contains("the licence was made on"), "{}", status.verdict().detail);
    world.time.set(START);
    assert!(manager.status().is_active());
}

#[test]
fn times_of_files_count_where_they_are_to() {
    let world = World::new();
    drop(world.licensed());
    let later = std::time::UNIX_EPOCH
        + std::time::Duration::from_secs(u64::try_from(START + 30 * DAY).expect("after 1970"));
    let file = std::fs::File::options().write(true).open(world.file("license.key")).expect("it is there");
    file.set_modified(later).expect("its time is set");
    // The other files were written by the real clock.
    for other in [STATE, TRACE] {
        let file = std::fs::File::options().write(true).open(world.file(other)).expect("it is there");
        file.set_modified(std::time::UNIX_EPOCH).expect("its time is set");
    }
    let manager = world.builder().file_times(true).open().expect("it opens");
    let status = manager.status();
    assert_eq!(status.code(), Code::ClockTampered);
    assert!(status.verdict().detail.contains("files were changed"), "{}", status.verdict().detail);
    let number = status.recovery_number().expect("a number");
    let code = world.vendor.recovery(manager.device_id(), number, START);
    assert!(manager.recover(&code).expect("the way back").is_active());
}

#[test]
fn the_originals_own_file_is_read_once() {
    let world = World::new();
    std::fs::create_dir_all(world.data()).expect("a directory");
    let seen = (START + 40 * DAY) * 1_000;
    std::fs::write(world.file(".last_seen"), seen.to_string()).expect("it is written");
    let manager = world.open();
    let license = world.vendor.license(manager.device_id(), 365);
    assert_eq!(manager.import(&license).expect("a good licence").code(), Code::ClockTampered);
    assert!(!world.file(".last_seen").exists(), "it is part of the ledger now");
    drop(manager);
    assert_eq!(world.open().status().code(), Code::ClockTampered);
}

#[test]
fn a_question_about_another_time_is_not_remembered() {
    let world = World::new();
    drop(world.licensed());
    world.time.set(START + 3_000 * DAY);
    let manager = world.builder().only_look().open().expect("it opens");
    assert_eq!((manager.status().code(), manager.status().notes().len()), (Code::Expired, 0));
    assert_eq!(manager.remove().expect_err("it only looks").code(), "DISK");
    drop(manager);
    world.time.set(START);
    assert!(world.open().status().is_active());
}

/// What may happen to an application and its clock.
#[derive(Clone, Debug)]
enum Event {
    /// Time passes, with the application open or asleep.
    Passes(i64),
    /// The clock is off by so much from now on: drift, a time zone set as local time, daylight saving.
    Drifts(i64),
    /// The battery dies and the clock begins in 1970 or 2000, then is put right.
    DeadBattery(bool),
    Restart,
    Touch,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..40 * DAY).prop_map(Event::Passes),
        (-DAY / 2..=DAY / 2).prop_map(Event::Drifts),
        any::<bool>().prop_map(Event::DeadBattery),
        Just(Event::Restart),
        Just(Event::Touch),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whoever's clock is never off by more than twelve hours is never accused while it is right.
    #[test]
    fn honest_histories_end_well(events in proptest::collection::vec(event(), 1..12)) {
        let world = World::new();
        let mut manager = world.licensed();
        manager.import(world.vendor.license(manager.device_id(), 3_000)).expect("a longer licence");
        let (mut real, mut off) = (START, 0);
        for event in events {
            match event {
                Event::Passes(seconds) => real += seconds,
                Event::Drifts(by) => off = by,
                Event::DeadBattery(early) => {
                    world.time.set(if early { 0 } else { 946_684_800 });
                    manager.touch();
                    prop_assert!(!manager.status().can_write());
                }
                Event::Restart => drop(std::mem::replace(&mut manager, world.open())),
                Event::Touch => manager.touch(),
            }
            world.time.set(real + off);
            let status = manager.status();
            prop_assert!(status.is_active(), "{:?}", status.verdict());
        }
    }

    /// A clock that was anything at all can be put right with one code.
    #[test]
    fn there_is_always_a_way_back(wrong in 0..400_000 * DAY, right in START..START + 300 * DAY) {
        let world = World::new();
        let manager = world.licensed();
        world.time.set(wrong);
        manager.touch();
        world.time.set(right);
        let status = manager.status();
        if let Some(number) = status.recovery_number() {
            let code = world.vendor.recovery(manager.device_id(), number, right);
            prop_assert!(manager.recover(&code).expect("the way back").is_active());
        } else {
            prop_assert!(status.is_active());
        }
    }

    /// No rollback beyond the tolerance stays unnoticed while one copy survives.
    #[test]
    fn no_rollback_stays_unnoticed(
        seen in START..START + 300 * DAY,
        back in DAY + 1..200 * DAY,
        lost in 0..3,
        restarts in any::<bool>(),
    ) {
        let world = World::new();
        let mut manager = world.licensed();
        world.time.set(seen);
        manager.touch();
        world.time.set(seen - back);
        if restarts {
            drop(manager);
            match lost {
                0 => {}
                1 => std::fs::remove_file(world.file(STATE)).expect("it was there"),
                _ => std::fs::remove_file(world.file(TRACE)).expect("it was there"),
            }
            manager = world.open();
        }
        prop_assert_eq!(manager.status().code(), Code::ClockTampered);
    }
}
