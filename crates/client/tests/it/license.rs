//! Importing, the boundary instants, removing.

use keyward_client::{Access, Code, Source};
use keyward_core::crypto::SharedSecret;
use keyward_core::crypto::pure::Pure;
use keyward_core::scheme::lk1::Lk1;
use keyward_core::verdict::Status;

use crate::world::{DAY, START, Vendor, World};

#[test]
fn nothing_is_installed() {
    let world = World::new();
    let status = world.open().status();
    assert_eq!(
        (status.code(), status.access(), status.source()),
        (Code::NotFound, Access::ReadOnly, Source::Nothing)
    );
    assert_eq!(status.status(), Status::NotFound);
    assert_eq!(status.color(), "#6b7280");
    assert_eq!(status.link(), "docs/errors.md#not_found");
    assert!(status.message().contains("Read-Only Mode"));
}

#[test]
fn a_year_and_its_grace_to_the_instant() {
    let world = World::new();
    let manager = world.licensed();
    let says = |seconds: i64| {
        world.time.set(seconds);
        let status = manager.status();
        (status.status(), status.can_write(), status.days_left())
    };
    let end = START + 365 * DAY;
    assert_eq!(says(START), (Status::Active, true, Some(365)));
    assert_eq!(says(end), (Status::Active, true, Some(0)));
    assert_eq!(says(end + 1), (Status::GracePeriod, true, Some(15)));
    assert_eq!(says(end + 15 * DAY), (Status::GracePeriod, true, Some(0)));
    assert_eq!(says(end + 15 * DAY + 1), (Status::Expired, false, None));
    assert_eq!(manager.status().message(), "License Expired. Read-Only Mode.");
    world.time.set(end - 30 * DAY);
    assert_eq!(manager.status().warnings(), ["expires in 30 days"]);
    assert_eq!(manager.status().message(), "Licence active. 30 days left.");
    world.time.set(end - 31 * DAY);
    assert_eq!(manager.status().warnings(), [""; 0]);
}

#[test]
fn an_application_looks_again_when_the_answer_changes() {
    let world = World::new();
    let manager = world.licensed();
    let end = START + 365 * DAY;
    world.time.set(end - 60);
    let again = manager.status().look_again();
    assert_eq!(again.seconds(), end);
    assert!(again.micros() > end * 1_000_000, "at the end itself it still holds");
    world.time.set(START + DAY);
    assert_eq!(manager.status().look_again().seconds(), START + DAY + 3_600);
}

#[test]
fn features_are_asked_for() {
    let world = World::new();
    let manager = world.licensed();
    manager.require("export").expect("the licence has it");
    let missing = manager.require("cloud").expect_err("it has not");
    assert_eq!(missing.code(), "ENTITLEMENTS_MISSING");
    assert!(missing.sentence().contains("\"cloud\""), "{missing}");
    world.time.pass(400 * DAY);
    assert_eq!(manager.require("export").expect_err("it has expired").code(), "EXPIRED");
}

#[test]
fn a_licence_for_another_device_says_both_ids() {
    let world = World::new();
    let manager = world.open();
    let error = manager.import(world.vendor.license("FFFFFFFFFFFFFFFF", 365)).expect_err("another device's");
    assert_eq!(error.code(), "WRONG_DEVICE");
    assert!(error.sentence().contains("FFFFFFFFFFFFFFFF"), "{error}");
    assert!(error.sentence().contains(manager.device_id()), "{error}");
    assert!(!world.file("license.key").exists(), "nothing was installed");
}

#[test]
fn a_missing_field_is_named() {
    let world = World::new();
    let error = world.open().import(r#"{"payload":{"product":"books"}}"#).expect_err("no signature");
    assert_eq!(error.code(), "MALFORMED");
    assert!(error.sentence().contains("`signature`"), "{error}");
}

#[test]
fn what_holds_is_replaced_only_by_what_holds() {
    let world = World::new();
    let manager = world.licensed();
    let device = manager.device_id().to_owned();
    world.time.pass(10 * DAY);
    let before = std::fs::read(world.file("license.key")).expect("it is there");
    for (license, code) in [
        (world.vendor.license(&device, -20), "EXPIRED"),
        (Vendor::new(2).license(&device, 365), "BAD_SIGNATURE"),
        (world.vendor.license("0123456789ABCDEF", 365), "WRONG_DEVICE"),
        ("LK-3-rubbish".to_owned(), "MALFORMED"),
    ] {
        assert_eq!(manager.import(&license).expect_err("it does not hold").code(), code);
        assert_eq!(std::fs::read(world.file("license.key")).expect("it is there"), before);
        assert!(manager.status().is_active());
    }
    let status = manager.import(world.vendor.license(&device, 800)).expect("a renewal");
    assert_eq!(status.days_left(), Some(790));
}

#[test]
fn a_key_of_an_installation_is_accepted_with_its_secret() {
    let world = World::new();
    let secret = SharedSecret::new("the installation's key", &Pure);
    let key =
        Lk1 { tier: "PRO-10".to_owned(), random: "A1B2C3".to_owned() }.seal(&secret).expect("it is made");
    assert_eq!(world.open().import(&key).expect_err("no secret").code(), "BAD_SIGNATURE");
    let manager = world.builder().installation_key("the installation's key").open().expect("it opens");
    assert!(manager.import(format!("  {key}\n")).expect("it is accepted").is_active());
}

#[test]
fn a_key_that_says_nothing_by_itself_wants_a_server() {
    let world = World::new();
    let error = world.open().import("ABCDEFGH2345").expect_err("only a server knows");
    assert_eq!((error.code(), error.remedy()), ("NOT_FOUND", "Activate it online."));
}

#[test]
fn removed_is_gone() {
    let world = World::new();
    let manager = world.licensed();
    assert_eq!(manager.remove().expect("it is removed").code(), Code::NotFound);
    assert!(!world.file("license.key").exists());
    assert_eq!(manager.remove().expect("again is as good").code(), Code::NotFound);
}

#[test]
fn listeners_hear_of_changes_only() {
    use std::sync::{Arc, Mutex};

    let world = World::new();
    let manager = world.open();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&heard);
    manager.on_change(move |status| list.lock().expect("nobody panicked").push(status.code()));
    let license = world.vendor.license(manager.device_id(), 1);
    manager.import(&license).expect("a licence");
    manager.import(&license).expect("the same again");
    world.time.pass(2 * DAY);
    let watching = manager.watch(std::time::Duration::from_millis(1));
    while heard.lock().expect("nobody panicked").len() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    drop(watching);
    assert_eq!(*heard.lock().expect("nobody panicked"), [Code::Valid, Code::GracePeriod]);
}

#[test]
fn asking_writes_nothing() {
    let world = World::new();
    let manager = world.licensed();
    let list = || {
        let mut files: Vec<_> = walk(&world.data());
        files.sort();
        files
    };
    let before = list();
    for _ in 0..10 {
        world.time.pass(3_600);
        assert!(manager.status().is_active());
    }
    assert_eq!(list(), before);
}

fn walk(directory: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).expect("a file")));
        }
    }
    found
}
