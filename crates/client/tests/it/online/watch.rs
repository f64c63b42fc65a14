//! Whoever watches hears of what changed on the server.

use std::sync::mpsc::channel;
use std::time::Duration;

use keyward_client::online::Server;
use keyward_client::{Code, Timestamp};
use serde_json::json;

use super::fake::{Act, Fake, reply};
use super::{Device, KEY, START, activated};

const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for what comes by itself.
fn until(is_so: impl Fn() -> bool) {
    for _ in 0..1_200 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("waited in vain");
}

fn no() -> Act {
    let body = json!({ "success": false, "error": "x", "error_code": "ALREADY_USED", "status": "SUSPENDED" });
    reply(400, START, &body)
}

#[test]
fn a_no_arrives_by_itself() {
    let device = Device::new();
    let fake = Fake::new(vec![reply(200, START, &activated(90))]);
    let license = device.manager(Server::pool(&fake.url));
    license.activate(KEY).expect("it is activated");
    let (tell, told) = channel();
    license.on_change(move |status| tell.send(status.code()).unwrap_or_default());
    let _watching = license.watch(Duration::from_millis(100));
    fake.acts(vec![no()]);
    assert!(told.recv_timeout(Duration::from_millis(500)).is_err(), "the answer is from just now");
    assert_eq!(fake.asked().len(), 1);
    device.clock.set(START + 3_600);
    assert_eq!(told.recv_timeout(PATIENCE), Ok(Code::Suspended));
    fake.acts(vec![reply(200, START, &activated(90))]);
    device.clock.set(START + 7_200);
    assert_eq!(told.recv_timeout(PATIENCE), Ok(Code::Valid));
    assert_eq!(fake.asked().len(), 3);
}

#[test]
fn a_short_lease_is_renewed_in_time() {
    let device = Device::new();
    let fake = Fake::new(vec![reply(200, START, &activated(90))]);
    let license = device.manager(Server::pool(&fake.url).lease(Duration::from_secs(600)));
    license.activate(KEY).expect("it is activated");
    let _watching = license.watch(Duration::from_millis(100));
    for minutes in 1..=10 {
        let now = START + minutes * 300;
        device.clock.set(now);
        // Until it is taken in: an answer is dated when it is, and the clock goes on behind this.
        until(|| license.status().lease_until().map(Timestamp::seconds) == Some(now + 600));
        assert_eq!(license.status().code(), Code::Valid, "{minutes}");
    }
    assert_eq!(fake.asked().len(), 11);
}

#[test]
fn a_server_that_is_away_is_tried_again_sooner_and_not_all_the_time() {
    let device = Device::new();
    let fake = Fake::new(vec![reply(200, START, &activated(90))]);
    let license = device.manager(Server::pool(&fake.url));
    license.activate(KEY).expect("it is activated");
    fake.acts(vec![Act::Say(Vec::new())]);
    let _watching = license.watch(Duration::from_millis(100));
    device.clock.set(START + 3_600);
    until(|| license.status().warnings().iter().any(|note| note.contains("not reached")));
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(fake.asked().len(), 2, "tried once");
    fake.acts(vec![reply(200, START, &activated(90))]);
    device.clock.set(START + 3_600 + 900);
    until(|| license.status().warnings().is_empty());
    assert_eq!(fake.asked().len(), 3);
}

#[test]
fn nothing_is_asked_before_a_key_is_activated() {
    let device = Device::new();
    let fake = Fake::new(vec![no()]);
    let license = device.manager(Server::pool(&fake.url).refresh_every(Duration::ZERO));
    let _watching = license.watch(Duration::from_millis(100));
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(fake.asked(), Vec::<String>::new());
}
