//! System B.

use keyward_client::online::Server;
use keyward_client::{Code, Note, Source};
use keyward_core::time::Timestamp;
use keyward_engine::Caller;
use keyward_engine::license::{Deactivate, Named, Renewal, Suspension, Transfer};

use super::lost::Way;
use super::{DAY, Device, suspend};
use crate::rules::change_rules;
use crate::site::{START, Site};

fn device(site: &Site) -> Device {
    Device::new(site, "pool", Server::pool(&site.url))
}

async fn move_to(site: &Site, key: &str, device: &str) {
    let transfer = Transfer { device: Some(device.to_owned()), beyond_limit: true, ..Transfer::default() };
    let moved = site.engine.transfer(&Caller::operator(), Named::Key(key.to_owned()), transfer).await;
    moved.expect("it is moved");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_on_the_server_arrives_at_the_next_refresh() {
    for site in Site::all().await {
        let key = site.pool_key("30").await.key;
        let (device, other) = (device(&site), device(&site));
        // As people write it.
        let written = format!(" {}-{}-{} ", &key[..4], key[4..8].to_lowercase(), &key[8..]);
        let status = device.activate(&written).expect("it is activated");
        assert_eq!((status.code(), status.source()), (Code::Valid, Source::Server));
        assert_eq!(status.verdict().expiry.map(Timestamp::seconds), Some(START + 30 * DAY));
        assert_eq!(status.lease_until().map(Timestamp::seconds), Some(START + 7 * DAY));
        // Asked again, it is no second activation.
        assert_eq!(device.activate(&key).expect("it is active").code(), Code::Valid);
        assert_eq!(device.now(), "VALID");
        let error = other.activate(&key).expect_err("it works once");
        assert_eq!((error.code(), other.license.status().code()), ("WRONG_DEVICE", Code::NotFound));

        suspend(&site, &key, Suspension::Suspend).await;
        assert_eq!(device.license.status().code(), Code::Valid, "nobody asked");
        assert_eq!(device.now(), "SUSPENDED");
        suspend(&site, &key, Suspension::Reinstate).await;
        assert_eq!(device.now(), "VALID");
        suspend(&site, &key, Suspension::Revoke).await;
        assert_eq!(device.now(), "REVOKED");
        assert_eq!(device.activate(&key).expect_err("it was revoked").code(), "REVOKED");
        suspend(&site, &key, Suspension::Reinstate).await;
        assert_eq!(device.now(), "VALID");

        move_to(&site, &key, other.id()).await;
        assert_eq!(device.now(), "WRONG_DEVICE");
        assert_eq!(other.activate(&key).expect("it was moved here").code(), Code::Valid);
        move_to(&site, &key, device.id()).await;
        assert_eq!((device.now(), other.now()), ("VALID", "WRONG_DEVICE"));

        site.clock.advance(29 * DAY);
        assert_eq!(device.license.status().code(), Code::LeaseEnded);
        assert_eq!(device.now(), "VALID");
        site.clock.advance(DAY);
        assert_eq!(device.now(), "VALID", "its last instant");
        site.clock.advance(1);
        assert_eq!(device.license.status().code(), Code::Expired);
        assert_eq!(device.now(), "EXPIRED");
        let until = Renewal::Until(site.engine.now().plus_days(90));
        let named = Named::Key(key.clone());
        site.engine.renew(&Caller::operator(), named.clone(), until).await.expect("renewed");
        let status = device.refresh().expect("an answer");
        assert_eq!((status.code(), status.days_left()), (Code::Valid, Some(90)));

        // A device that support released has no key any more: it stays used.
        let request = Deactivate { license: named, machine: device.id().to_owned() };
        site.engine.deactivate(&Caller::operator(), request).await.expect("it is released");
        assert_eq!(device.now(), "WRONG_DEVICE");
        assert_eq!(device.license.deactivate().expect_err("no such call").code(), "NOT_SUPPORTED");
        assert_eq!(device.license.send_usage().expect_err("no such call").code(), "NOT_SUPPORTED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_and_one_that_is_off_are_refused() {
    let site = Site::new().await;
    let (device, good, off) = (device(&site), site.pool_key("30").await.key, site.pool_key("5").await.key);
    assert_eq!(device.activate("ZZZZZZZZZZZZ").expect_err("it is unknown").code(), "NOT_FOUND");
    device.activate(&good).expect("it is activated");
    suspend(&site, &off, Suspension::Suspend).await;
    assert_eq!(device.activate(&off).expect_err("it is off").code(), "INACTIVE");
    assert_eq!(device.activate("ZZZZZZZZZZZZ").expect_err("it is unknown").code(), "NOT_FOUND");
    assert_eq!(device.now(), "VALID", "what held still holds");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_says_how_long_an_answer_holds_when_the_server_is_away() {
    let site = Site::new().await;
    change_rules(&site.engine, "pool", "30", |rules| rules.offline_lease = Some(2 * DAY)).await;
    site.engine.refresh().await.expect("read again");
    let way = Way::to(&site);
    way.is_good();
    let (device, key) = (Device::new(&site, "pool", Server::pool(&way.url)), site.pool_key("30").await.key);
    let until = |status: keyward_client::Status| status.lease_until().map(|end| end.seconds() - START);
    assert_eq!(until(device.activate(&key).expect("it is activated")), Some(2 * DAY));
    site.clock.advance(DAY);
    let status = device.refresh().expect("an answer");
    assert_eq!(until(status.clone()), Some(3 * DAY), "also when it is asked again");

    let end = status.lease_until().expect("a lease");
    way.is_bad();
    site.clock.set(end);
    assert_eq!(device.refresh().expect_err("it is away").code(), "SERVER_UNREACHABLE");
    let status = device.license.status();
    assert_eq!((status.code(), status.notes()), (Code::Valid, &[Note::ServerNotReached { until: end }][..]));
    site.clock.set(end.plus_micros(1));
    assert_eq!(device.license.status().code(), Code::LeaseEnded);
    way.is_good();
    assert_eq!(device.now(), "VALID");
}
