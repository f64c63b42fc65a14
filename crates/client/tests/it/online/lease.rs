//! How long an answer holds.

use std::time::Duration;

use keyward_client::online::Server;
use keyward_client::{Code, Timestamp};
use serde_json::json;

use super::fake::{Act, Fake, reply};
use super::{DAY, Device, KEY, START, activated};

const SECOND: i64 = 1_000_000;

/// Activates with this lease in the answer, and gives the end of the lease in seconds from the start.
fn lease(given: Option<serde_json::Value>, server: impl FnOnce(Server) -> Server) -> i64 {
    let device = Device::new();
    let mut body = activated(365);
    if let Some(given) = given {
        body["offlineLease"] = given;
    }
    let fake = Fake::new(vec![reply(200, START, &body)]);
    let license = device.manager(server(Server::pool(&fake.url)));
    let status = license.activate(KEY).expect("it is activated");
    let until = status.lease_until().expect("a lease");
    // To the microsecond: the last instant still holds.
    device.clock.set_micros(until.micros());
    assert_eq!(license.status().code(), Code::Valid);
    device.clock.set_micros(until.micros() + 1);
    let status = license.status();
    assert_eq!((status.code(), status.is_read_only()), (Code::LeaseEnded, true));
    (until.micros() - START * SECOND) / SECOND
}

#[test]
fn the_answer_says_how_long_or_the_application_does() {
    let long = |server: Server| server.lease(Duration::from_secs(60));
    assert_eq!(lease(None, |server| server), 7 * DAY);
    assert_eq!(lease(None, long), 60);
    assert_eq!(lease(Some(json!(3_600)), long), 3_600);
    assert_eq!(lease(Some(json!(null)), long), 60);
    assert_eq!(lease(Some(json!(0)), long), 0);
    assert_eq!(lease(Some(json!(-5)), long), 0);
}

#[test]
fn a_dead_network_takes_nothing_back_before_and_everything_after() {
    let device = Device::new();
    let fake = Fake::new(vec![reply(200, START, &activated(365))]);
    let license = device.manager(Server::pool(&fake.url));
    let until = license.activate(KEY).expect("it is activated").lease_until().expect("a lease").seconds();
    fake.acts(vec![Act::Say(Vec::new())]);
    for at in [START + 1, START + DAY, until - 1, until] {
        device.clock.set(at);
        license.refresh().expect_err("the network is dead");
        assert_eq!(license.status().code(), Code::Valid, "{at}");
    }
    device.clock.set(until + 1);
    license.refresh().expect_err("the network is dead");
    let status = license.status();
    assert_eq!(status.code(), Code::LeaseEnded);
    assert_eq!(status.notes(), [], "it does not say that everything works on");
    fake.acts(vec![reply(200, until + 1, &activated(365))]);
    let status = license.refresh().expect("the network is back");
    assert_eq!(
        (status.code(), status.lease_until()),
        (Code::Valid, Some(Timestamp::from_seconds(until + 1 + 7 * DAY)))
    );
}

#[test]
fn a_license_ends_within_its_lease() {
    let device = Device::new();
    let fake = Fake::new(vec![reply(200, START, &activated(1))]);
    let license = device.manager(Server::pool(&fake.url));
    license.activate(KEY).expect("it is activated");
    fake.acts(vec![Act::Say(Vec::new())]);
    device.clock.set(START + DAY);
    license.refresh().expect_err("the network is dead");
    let status = license.status();
    assert_eq!(status.code(), Code::Valid, "its last instant");
    assert!(
        status.warnings().iter().any(|warning| warning.contains("2027-01-16")),
        "{:?}",
        status.warnings()
    );
    device.clock.set_micros((START + DAY) * SECOND + 1);
    assert_eq!(license.status().code(), Code::Expired);
}
