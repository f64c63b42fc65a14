//! Files that were changed, swapped, deleted or made unreadable: each ends in the right verdict, and nothing panics.

use keyward_client::{Code, LicenseManager};

use crate::world::{DAY, Desk, START, STATE, TRACE, World};

const FILES: [&str; 3] = ["license.key", STATE, TRACE];

#[test]
fn no_flipped_byte_unlocks_or_locks() {
    for file in FILES {
        let world = World::new();
        let manager = world.licensed();
        world.time.set(START + 100 * DAY);
        drop(manager);
        let whole: Vec<Vec<u8>> =
            FILES.iter().map(|file| std::fs::read(world.file(file)).expect("it is there")).collect();
        let bytes = std::fs::read(world.file(file)).expect("it is there");
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            for (file, bytes) in FILES.iter().zip(&whole) {
                std::fs::write(world.file(file), bytes).expect("it is put back");
            }
            std::fs::write(world.file(file), &flipped).expect("it is changed");
            let code = |seconds: i64| {
                world.time.set(seconds);
                // Only looked at: a start that writes would mend the copy.
                let manager = world.open();
                let code = manager.status().code();
                std::mem::forget(manager);
                code
            };
            let now = code(START + 100 * DAY);
            if file == "license.key" {
                let refused = matches!(
                    now,
                    Code::BadSignature | Code::Malformed | Code::UnsupportedVersion | Code::NotFound
                );
                assert!(refused, "byte {at} of {file}: {now}");
            } else {
                assert_eq!(now, Code::Valid, "byte {at} of {file}");
                for (file, bytes) in FILES.iter().zip(&whole) {
                    std::fs::write(world.file(file), bytes).expect("it is put back");
                }
                std::fs::write(world.file(file), &flipped).expect("it is changed");
                assert_eq!(code(START + 50 * DAY), Code::ClockTampered, "byte {at} of {file}");
            }
        }
    }
}

#[test]
fn anything_at_all_may_stand_in_a_file() {
    for file in FILES {
        for content in [&b""[..], b"\0", b"KWS1", b"{}", &[0xFF; 100], &[b'A'; 600_000]] {
            let world = World::new();
            drop(world.licensed());
            std::fs::write(world.file(file), content).expect("it is written");
            let status = world.open().status();
            assert_eq!(status.is_active(), file != "license.key", "{file}: {:?}", status.verdict());
            assert!(!status.verdict().detail.is_empty() && !status.remedy().is_empty());
        }
    }
}

#[test]
fn files_swapped_between_two_products_count_for_neither() {
    let world = World::new();
    let manager = world.licensed();
    manager.start_trial(&world.vendor.trial(14)).expect("a trial");
    drop(manager);
    let other = || {
        LicenseManager::builder("another product")
            .public_key(&world.vendor.pem())
            .expect("a key")
            .data_directory(world.data())
            .machine(world.desk.clone())
            .clock(world.time.clone())
            .file_times(false)
            .open()
            .expect("it opens")
    };
    let status = other().status();
    assert_eq!(status.code(), Code::ProductScopeMismatch);
    assert!(!status.can_write());
}

#[test]
fn the_two_sealed_files_cannot_take_each_others_place() {
    let world = World::new();
    drop(world.licensed());
    world.time.set(START + 100 * DAY);
    drop(world.open());
    let (state, trace) = (world.file(STATE), world.file(TRACE));
    std::fs::copy(&trace, &state).expect("it is copied");
    world.time.set(START + 50 * DAY);
    assert_eq!(world.open().status().code(), Code::ClockTampered);
}

#[test]
fn another_machines_files_bring_nothing_but_their_time() {
    let mut world = World::new();
    let manager = world.licensed();
    manager.start_trial(&world.vendor.trial(14)).expect("a trial");
    world.time.set(START + 100 * DAY);
    drop(manager);
    world.desk = Desk::new("twin");
    world.time.set(START + 50 * DAY);
    let status = world.open().status();
    assert_eq!(status.code(), Code::WrongDevice, "which comes before the clock");
    assert!(!status.can_write());
}

#[test]
fn deleting_everything_leaves_no_licence() {
    let world = World::new();
    let manager = world.licensed();
    std::fs::remove_dir_all(world.data()).expect("it is removed");
    let status = manager.status();
    assert_eq!(status.code(), Code::NotFound);
    manager.touch();
    assert_eq!(world.open().status().code(), Code::NotFound);
}

#[test]
fn a_directory_in_the_place_of_a_file_is_said() {
    for file in FILES {
        let world = World::new();
        drop(world.licensed());
        std::fs::remove_file(world.file(file)).expect("it was there");
        std::fs::create_dir(world.file(file)).expect("a directory");
        let status = world.open().status();
        assert_eq!(status.is_active(), file != "license.key", "{file}");
        assert!(!status.warnings().is_empty(), "{file}");
    }
}

#[test]
fn secrets_are_not_shown() {
    let world = World::new();
    let manager = world.licensed();
    let request = manager.request("LK-3-VERY-SECRET", None).expect("a request");
    let shown = format!("{manager:?} {:?}", manager.status());
    assert!(!shown.contains("VERY-SECRET") && !shown.contains(&request), "{shown}");
}
