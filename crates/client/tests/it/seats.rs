//! Offline activation: request, answer, receipt.

use keyward_client::{Code, Source};
use keyward_core::crypto::pure::Pure;
use keyward_core::seat::{Receipt, Request};

use crate::world::{DAY, Desk, START, Vendor, World};

#[test]
fn a_request_is_answered_once() {
    let world = World::new();
    let manager = world.open();
    let request = manager.request("LK-3-KEY", Some("Kim's desk")).expect("a request");
    let read = Request::verified(&request, &Pure).expect("the device signed it");
    assert_eq!((read.key.as_str(), read.name.as_deref()), ("LK-3-KEY", Some("Kim's desk")));
    assert_eq!(read.device_id, manager.device_id());
    assert_eq!(
        manager.request("LK-3-KEY", Some("Kim's desk")).expect("again"),
        request,
        "until it is answered"
    );

    let answer = world.vendor.seat(&request, Some(START + 30 * DAY));
    let status = manager.import(&answer).expect("an answer");
    assert!(status.is_active());
    assert_eq!(
        (status.source(), status.lease_until().map(keyward_client::Timestamp::seconds)),
        (Source::Seat, Some(START + 30 * DAY))
    );
    manager.complete(&answer).expect("entered twice");
    assert!(world.open().status().is_active());
    world.time.set(START + 30 * DAY);
    assert!(manager.status().is_active());
    world.time.pass(1);
    let status = manager.status();
    assert_eq!((status.code(), status.can_write()), (Code::LeaseEnded, false));

    let again = manager.request("LK-3-KEY", Some("Kim's desk")).expect("another request");
    assert_ne!(again, request);
    let status = manager.complete(&world.vendor.seat(&again, Some(START + 90 * DAY))).expect("a new lease");
    assert!(status.is_active());
    assert_eq!(manager.complete(&answer).expect_err("the old answer").code(), "LEASE_ENDED");
}

#[test]
fn a_seat_given_back_does_not_return() {
    let world = World::new();
    let manager = world.open();
    assert_eq!(manager.release().expect_err("there is none").code(), "NO_SEAT");
    let request = manager.request("KEY", None).expect("a request");
    let answer = world.vendor.seat(&request, None);
    manager.complete(&answer).expect("a seat");
    let receipt = manager.release().expect("a receipt");
    assert_eq!(manager.status().code(), Code::NotFound);
    let signed = Receipt::parse(&receipt).expect("a receipt");
    let device = Request::verified(&request, &Pure).expect("a request");
    let read = signed.verify(&device.device_key, &Pure).expect("the device signed it");
    assert_eq!((read.nonce, read.device_id), (device.nonce, device.device_id));
    assert_eq!(manager.release().expect("it may be lost"), receipt);

    assert_eq!(manager.complete(&answer).expect_err("it was given back").code(), "NOT_FOUND");
    std::fs::write(world.file("license.key"), &answer).expect("by hand");
    assert_eq!(world.open().status().code(), Code::NotFound, "put back by hand");
}

#[test]
fn an_answer_for_another_device_or_by_another_is_refused() {
    let world = World::new();
    let manager = world.open();
    let request = manager.request("KEY", None).expect("a request");
    let forged = Vendor::new(2).seat(&request, None);
    assert_eq!(manager.complete(&forged).expect_err("another vendor").code(), "BAD_SIGNATURE");

    let mut other = World::new();
    other.desk = Desk::new("other");
    let others = other.open().request("KEY", None).expect("a request");
    assert_eq!(
        manager.complete(&world.vendor.seat(&others, None)).expect_err("another device").code(),
        "WRONG_DEVICE"
    );
    assert_eq!(manager.status().code(), Code::NotFound);
}

#[test]
fn an_answer_nobody_asked_for_is_refused() {
    let world = World::new();
    let manager = world.open();
    let first = manager.request("KEY", None).expect("a request");
    let second = manager.request("ANOTHER-KEY", None).expect("a request");
    let late = world.vendor.seat(&first, None);
    assert_eq!(manager.complete(&late).expect_err("another was asked for since").code(), "NO_REQUEST");
    manager.complete(&world.vendor.seat(&second, None)).expect("the last request");
}

#[test]
fn a_new_network_card_keeps_the_seat() {
    let world = World::new();
    let manager = world.open();
    let request = manager.request("KEY", None).expect("a request");
    manager.complete(&world.vendor.seat(&request, None)).expect("a seat");
    let id = manager.device_id().to_owned();
    drop(manager);
    world.desk.change(|parts| {
        parts.macs = vec!["new-card".to_owned()];
        parts.host_name = Some("renamed".to_owned());
    });
    let manager = world.open();
    assert!(manager.status().is_active());
    assert_eq!(manager.device_id(), id);
}

#[test]
fn a_copied_directory_runs_nowhere_else() {
    let world = World::new();
    let manager = world.licensed();
    let request = manager.request("KEY", None).expect("a request");
    manager.complete(&world.vendor.seat(&request, None)).expect("a seat");
    drop(manager);
    world.desk.change(|parts| *parts = keyward_client::device::Machine::components(&Desk::new("twin")));
    let status = world.open().status();
    assert_eq!(status.code(), Code::WrongDevice);
    assert!(status.warnings().iter().any(|note| note.contains("another device")), "{:?}", status.warnings());
}

#[test]
fn the_original_id_outlives_another_host_name() {
    let world = World::new();
    let manager = world.builder().original_device_id().open().expect("it opens");
    let id = manager.device_id().to_owned();
    manager.import(world.vendor.license(&id, 365)).expect("bound to the original id");
    drop(manager);
    world.desk.change(|parts| parts.host_name = Some("renamed".to_owned()));
    let manager = world.builder().original_device_id().open().expect("it opens");
    assert!(manager.status().is_active());
    assert_eq!(manager.device_id(), id);
}
