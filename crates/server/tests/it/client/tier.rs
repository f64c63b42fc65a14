//! System C.

use std::time::Duration;

use keyward_client::Code;
use keyward_client::online::Server;
use keyward_core::time::Timestamp;
use keyward_engine::Caller;
use keyward_engine::license::{Named, Renewal, Suspension};

use super::{DAY, Device, suspend};
use crate::rules::change_rules;
use crate::site::{START, Site};

fn device(site: &Site) -> Device {
    Device::new(site, "tier", Server::tier(&site.url))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_on_the_server_arrives_at_the_next_refresh() {
    for site in Site::all_with(|config| config.dialects.tier.requests_per_minute = 1_000).await {
        let (device, key) = (device(&site), site.tier_key("pro", "u").await.key);
        let status = device.activate(&format!("{key}\n")).expect("it is verified");
        assert_eq!(status.claims().and_then(|claims| claims.tier.as_deref()), Some("pro"));
        assert_eq!(status.verdict().expiry.map(Timestamp::seconds), Some(START + 30 * DAY));
        status.require("copy_trading").expect("pro has it");
        assert_eq!(status.require("white_label").expect_err("pro lacks it").code(), "ENTITLEMENTS_MISSING");

        for how in [Suspension::Suspend, Suspension::Revoke] {
            suspend(&site, &key, how).await;
            assert_eq!(device.now(), "NOT_FOUND", "system C tells no more");
            suspend(&site, &key, Suspension::Reinstate).await;
            assert_eq!(device.now(), "VALID");
        }
        site.clock.advance(30 * DAY);
        assert_eq!(device.now(), "VALID", "its last instant");
        site.clock.advance(1);
        assert_eq!(device.now(), "EXPIRED");
        let until = Renewal::Until(site.engine.now().plus_days(5));
        site.engine.renew(&Caller::operator(), Named::Key(key.clone()), until).await.expect("renewed");
        assert_eq!(device.refresh().expect("an answer").days_left(), Some(5));

        let altered = key.replace("PRO", "ELITE");
        assert_eq!(device.activate(&altered).expect_err("it was altered").code(), "BAD_SIGNATURE");
        assert_eq!(device.now(), "VALID", "what held still holds");
        assert_eq!(device.license.deactivate().expect_err("no such call").code(), "NOT_SUPPORTED");
        let forever = site.tier_key("lifetime", "u2").await.key;
        assert_eq!(device.activate(&forever).expect("it is verified").code(), Code::Valid);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_says_how_long_an_answer_holds() {
    let site = Site::new().await;
    change_rules(&site.engine, "tier", "pro", |rules| rules.offline_lease = Some(3_600)).await;
    site.engine.refresh().await.expect("read again");
    let (device, key) = (device(&site), site.tier_key("pro", "u").await.key);
    let status = device.activate(&key).expect("it is verified");
    assert_eq!(status.lease_until().map(Timestamp::seconds), Some(START + 3_600));
    site.clock.advance(3_601);
    assert_eq!(device.license.status().code(), Code::LeaseEnded);
    assert_eq!(device.now(), "VALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_enough_is_left_alone() {
    let site = Site::with(|config| config.dialects.tier.requests_per_minute = 2).await;
    let (device, key) = (device(&site), site.tier_key("pro", "u").await.key);
    device.activate(&key).expect("it is verified");
    device.refresh().expect("an answer");
    let error = device.refresh().expect_err("it has enough");
    assert_eq!(error.code(), "SERVER_BUSY");
    let wait = error.retry_after().expect("it says how long");
    assert!(wait > Duration::ZERO && wait <= Duration::from_secs(60), "{wait:?}");
    let status = device.license.status();
    assert_eq!((status.code(), status.notes().len()), (Code::Valid, 1));
    site.clock.advance(i64::try_from(wait.as_secs()).expect("seconds"));
    assert_eq!(device.refresh().expect("an answer").notes(), []);
}
