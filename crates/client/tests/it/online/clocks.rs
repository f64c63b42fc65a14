//! Clocks that are wrong: the device's, the server's, both.

use keyward_client::online::Server;
use keyward_client::{Code, LicenseManager, Timestamp};

use super::fake::{Fake, reply, testdata};
use super::{DAY, Device, KEY, START, activated};

const YEAR: i64 = 365 * DAY;

fn secure(fake: &Fake) -> Server {
    Server::pool(&fake.url).root_certificate(&testdata("tls.crt"))
}

/// The server answers, and its clock says so many seconds from the start.
fn answers(fake: &Fake, at: i64) {
    fake.acts(vec![reply(200, START + at, &activated(3_650))]);
}

/// The device ran while its clock was a year ahead; now the clock is right.
fn was_ahead(device: &Device, license: &LicenseManager) {
    license.activate(KEY).expect("it is activated");
    device.clock.set(START + YEAR);
    license.touch();
    device.clock.set(START + DAY);
    assert_eq!(license.status().code(), Code::ClockTampered);
}

#[test]
fn a_clock_that_was_ahead_heals_at_a_server_that_proves_who_it_is() {
    let device = Device::new();
    let fake = Fake::tls(vec![reply(200, START, &activated(3_650))]);
    let license = device.manager(secure(&fake));
    was_ahead(&device, &license);
    answers(&fake, DAY);
    let status = license.refresh().expect("an answer");
    assert_eq!(
        (status.code(), status.lease_until().map(Timestamp::seconds)),
        (Code::Valid, Some(START + 8 * DAY))
    );
    // The time before is forgotten everywhere, also in the second copy.
    drop(license);
    assert_eq!(device.manager(secure(&fake)).status().code(), Code::Valid);
    // And turning back from here on is noticed again.
    device.clock.set(START - 1);
    assert_eq!(device.manager(secure(&fake)).status().code(), Code::ClockTampered);
}

#[test]
fn nothing_heals_without_proof_or_while_clock_and_server_disagree() {
    let device = Device::new();
    let plain = Fake::new(vec![reply(200, START, &activated(3_650))]);
    let license = device.manager(Server::pool(&plain.url));
    was_ahead(&device, &license);
    answers(&plain, DAY);
    assert_eq!(license.refresh().expect("an answer").code(), Code::ClockTampered, "over http");

    let device = Device::new();
    let fake = Fake::tls(vec![reply(200, START, &activated(3_650))]);
    let license = device.manager(secure(&fake));
    was_ahead(&device, &license);
    // The clock was turned back by two days too many.
    answers(&fake, 3 * DAY + 1);
    device.clock.set(START);
    for _ in 0..2 {
        assert_eq!(license.refresh().expect("an answer").code(), Code::ClockTampered);
    }
    // Exactly the tolerance apart they agree.
    device.clock.set(START + 2 * DAY + 1);
    assert_eq!(license.refresh().expect("an answer").code(), Code::Valid);
}

#[test]
fn a_clock_that_is_behind_the_server_is_called_so() {
    for tls in [true, false] {
        let device = Device::new();
        let fake =
            Fake::listen("127.0.0.1", vec![reply(200, START, &activated(3_650))], tls.then_some("tls.crt"));
        device.clock.set(START - DAY);
        let license = device.manager(secure(&fake));
        assert_eq!(license.activate(KEY).expect("an answer").code(), Code::Valid, "within the tolerance");
        device.clock.set(START - DAY - 1);
        let status = license.refresh().expect("an answer");
        assert_eq!(status.code(), Code::ClockTampered);
        assert!(
            status.verdict().detail.contains("the server answered on 2027-01-15T08:00:00Z"),
            "{status:?}"
        );
        assert!(!status.message().contains(KEY));
        device.clock.set(START + 5);
        assert_eq!(license.status().code(), Code::Valid, "set right, it runs");
    }
}

#[test]
fn a_server_that_was_ahead_heals_with_it() {
    let device = Device::new();
    let fake = Fake::tls(vec![reply(200, START + YEAR, &activated(3_650))]);
    let license = device.manager(secure(&fake));
    assert_eq!(license.activate(KEY).expect("an answer").code(), Code::ClockTampered);
    answers(&fake, 10);
    device.clock.set(START + 10);
    assert_eq!(license.refresh().expect("an answer").code(), Code::Valid);
}

#[test]
fn a_lease_counts_by_the_servers_clock_when_the_two_disagree() {
    let device = Device::new();
    let fake = Fake::new(vec![reply(200, START, &activated(3_650))]);
    let license = device.manager(Server::pool(&fake.url));
    let until = |ahead: i64| {
        device.clock.set(START + ahead);
        let status = license.activate(KEY).expect("an answer");
        (status.code(), status.lease_until().expect("a lease").seconds() - START)
    };
    assert_eq!(until(0), (Code::Valid, 7 * DAY));
    assert_eq!(until(DAY), (Code::Valid, 8 * DAY), "within the tolerance the device's own clock counts");
    assert_eq!(until(DAY + 1), (Code::Valid, 7 * DAY));
    assert_eq!(until(8 * DAY), (Code::LeaseEnded, 7 * DAY));
}

#[test]
fn rubbish_has_no_time() {
    let device = Device::new();
    let fake = Fake::new(vec![reply(200, START, &activated(3_650))]);
    let license = device.manager(Server::pool(&fake.url));
    license.activate(KEY).expect("it is activated");
    fake.acts(vec![reply(200, START + YEAR, &serde_json::json!({ "welcome": "to the hotel" }))]);
    assert_eq!(license.refresh().expect_err("it is no answer").code(), "SERVER_ANSWER");
    assert_eq!(license.status().code(), Code::Valid);
}
