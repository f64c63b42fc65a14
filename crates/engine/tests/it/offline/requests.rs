//! Requests and their answers.

use keyward_core::scheme::lk3::DevicePool;
use keyward_core::scheme::pool::{DURATIONS, PoolKey};
use keyward_core::seat::Seat;
use keyward_core::time::Timestamp;
use keyward_engine::issue::Lk2Request;
use keyward_engine::license::{Deactivate, NewLicense, Register, Suspension, Term};
use keyward_engine::offline::Answered;

use super::*;

#[tokio::test]
async fn an_answer_says_what_the_licence_is_and_counts_the_device() {
    for stored in Stored::all().await {
        rules(&stored, "lk", "pro-10", |rules| {
            rules.offline_lease = Some(30 * DAY);
            rules.grace_period = 7 * DAY;
        })
        .await;
        let end = stored.engine.now().plus_days(365);
        let key = issued(
            &stored,
            Lk3 {
                expires: Some(end.seconds().cast_unsigned()),
                features: vec!["export".to_owned()],
                limits: [("api_calls".to_owned(), 1_000)].into(),
                ..pro_10()
            },
        )
        .await;
        let device = Device::new(1);
        let request = device.request(&key, 1);
        let done = given(&stored, &format!("  {}\r\n{}\n", &request[..40], &request[40..])).await;
        let now = stored.engine.now();
        assert_eq!(done.answered, Answered::Counted);
        assert_eq!(Seat::verified(&done.text, &keys(&stored.engine, "lk")).as_ref(), Ok(&done.seat));
        let seat = &done.seat;
        assert_eq!((seat.product.as_str(), seat.holder.as_deref()), ("lk", Some("Acme")));
        assert!(seat.features.contains(&"export".to_owned()), "{seat:?}");
        assert_eq!(seat.limits, [("api_calls".to_owned(), 1_000)].into());
        assert_eq!((seat.issued_at, seat.expires), (now, Some(end)));
        assert_eq!((seat.grace_seconds, seat.trial), (7 * 86_400, false));
        assert_eq!((seat.device_id.as_str(), seat.components.as_slice()), ("device 1", &[(1, [1; 8])][..]));
        assert_eq!(Some(seat.device_key), device.key.public().ed25519_bytes());
        assert_eq!(seat.lease_until, Some(now.plus_days(30)));
        assert_eq!(devices(&stored, &key).await, 1);
        let events = stored.events().await;
        assert!(events.ends_with(&["license.activate".to_owned(), "license.activate-offline".to_owned()]));
    }
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_and_a_new_one_renews_the_lease() {
    for stored in Stored::all().await {
        rules(&stored, "lk", "pro-10", |rules| rules.offline_lease = Some(30 * DAY)).await;
        let key = issued(&stored, pro_10()).await;
        let device = Device::new(1);
        let first = given(&stored, &device.request(&key, 1)).await;
        stored.clock.advance(DAY);
        let again = given(&stored, &device.request(&key, 1)).await;
        assert_eq!((again.answered, &again.text), (Answered::Again, &first.text));
        let renewed = given(&stored, &device.request(&key, 2)).await;
        assert_eq!(renewed.answered, Answered::Renewed);
        assert_eq!(renewed.seat.lease_until, Some(stored.engine.now().plus_days(30)));
        assert_eq!(devices(&stored, &key).await, 1);
        // An older request is not answered once more: its answer would take the newer one's place.
        assert_eq!(refused(&stored, &device.request(&key, 1)).await, "ALREADY_USED");
        assert_eq!(given(&stored, &device.request(&key, 2)).await.text, renewed.text);
    }
}

#[tokio::test]
async fn a_seat_cannot_be_taken_by_another_key_until_support_releases_the_device() {
    for stored in Stored::all().await {
        let key = issued(&stored, pro_10()).await;
        let device = Device::new(1);
        given(&stored, &device.request(&key, 1)).await;
        let other = device.installed_anew();
        assert_eq!(refused(&stored, &other.request(&key, 2)).await, "WRONG_DEVICE");
        // Nor by another key with the very request that was answered.
        assert_eq!(refused(&stored, &other.request(&key, 1)).await, "WRONG_DEVICE");
        let request = Deactivate { license: Named::Key(key.clone()), machine: device.id.clone() };
        stored.engine.deactivate(&stored.caller(), request).await.expect("it is released");
        given(&stored, &other.request(&key, 2)).await;
        assert_eq!(refused(&stored, &device.request(&key, 3)).await, "WRONG_DEVICE");
        assert_eq!(devices(&stored, &key).await, 1);
    }
}

#[tokio::test]
async fn what_may_not_be_activated_is_refused_with_its_code() {
    for stored in Stored::all().await {
        let device = Device::new(1);
        let key = issued(&stored, pro_10()).await;
        assert_eq!(refused(&stored, &device.request_for("pool", &key, 1)).await, "PRODUCT_SCOPE_MISMATCH");
        assert_eq!(refused(&stored, &device.request("LK-3-AAAA", 1)).await, "NOT_FOUND");
        assert_eq!(refused(&stored, &device.request("nothing", 1)).await, "MALFORMED");
        assert_eq!(refused(&stored, "KQ-1-AAAA").await, "MALFORMED");
        let mut altered = device.request(&key, 1);
        altered.replace_range(60..61, if &altered[60..61] == "A" { "B" } else { "A" });
        assert!(["BAD_SIGNATURE", "MALFORMED"].contains(&refused(&stored, &altered).await));

        let suspend = async |change| {
            let named = Named::Key(key.clone());
            stored.engine.suspend(&stored.caller(), named, change, None).await.expect("it is changed");
        };
        suspend(Suspension::Suspend).await;
        assert_eq!(refused(&stored, &device.request(&key, 1)).await, "SUSPENDED");
        suspend(Suspension::Reinstate).await;
        let seconds = |at: Timestamp| Some(at.seconds().cast_unsigned());
        let now = stored.engine.now();
        let ending = issued(&stored, Lk3 { expires: seconds(now.plus_days(1)), ..pro_10() }).await;
        given(&stored, &device.request(&ending, 1)).await;
        let beginning = issued(&stored, Lk3 { not_before: seconds(now.plus_days(9)), ..pro_10() }).await;
        assert_eq!(refused(&stored, &device.request(&beginning, 1)).await, "NOT_YET_VALID");
        let bound = issued(&stored, Lk3 { device_id: "device 9".to_owned(), ..pro_10() }).await;
        assert_eq!(refused(&stored, &device.request(&bound, 1)).await, "WRONG_DEVICE");
        stored.clock.advance(2 * DAY);
        assert_eq!(refused(&stored, &device.request(&ending, 2)).await, "EXPIRED");
        assert_eq!(refused(&stored, &Device::new(2).request(&ending, 1)).await, "EXPIRED");
        assert_eq!(devices(&stored, &key).await, 0);
    }
}

#[tokio::test]
async fn devices_count_in_their_pool() {
    for stored in Stored::all().await {
        let pools = vec![DevicePool { name: "floor".to_owned(), max_devices: 1, expires: None }];
        let key = issued(&stored, Lk3 { pools, max_devices: Some(1), ..pro_10() }).await;
        let one = given(&stored, &Device::new(1).request(&key, 1)).await;
        assert!(refused(&stored, &Device::new(2).request(&key, 1)).await.ends_with("MACHINES"));
        let shown = stored.engine.show(&Named::Key(key.clone())).await.expect("it is shown");
        assert_eq!(shown.machines[0].pool.as_deref(), Some("floor"));
        assert_eq!(shown.seats.len(), 1);
        let receipt = Device::new(1).receipt(&one.seat);
        stored.engine.release_offline(&stored.caller(), &receipt, false).await.expect("it is given back");
        given(&stored, &Device::new(2).request(&key, 2)).await;
    }
}

#[tokio::test]
async fn keys_of_every_kind_in_the_database_can_be_asked_for() {
    for stored in Stored::all().await {
        let caller = stored.caller();
        let device = Device::new(1);
        let lk1 = NewForm::Lk1 { order: Order::default(), tier: "PRO-10".to_owned(), term: Term::Days(30) };
        let lk2 = NewForm::Lk2 {
            order: Order::default(),
            request: Lk2Request {
                tier: "PRO-20".to_owned(),
                max_devices: 20,
                company: Some("Acme".to_owned()),
                expires: Some("2026-12-31".to_owned()),
                unique_id: None,
            },
        };
        for form in [lk1, lk2] {
            let key = stored.engine.issue_form(&caller, form).await.expect("it is issued").key;
            given(&stored, &device.request(&key, 1)).await;
            assert_eq!(devices(&stored, &key).await, 1);
        }
        // A pool key works once; the device may ask again, no other may.
        let key = PoolKey::generate(&mut generator(5)).as_str().to_owned();
        let days = DURATIONS[0].days;
        let register = Register {
            key: key.clone(),
            product: "pool".to_owned(),
            policy: Some(days.to_string()),
            license: NewLicense::default(),
            used_at: None,
        };
        stored.engine.register(&caller, register).await.expect("it is taken in");
        let done = given(&stored, &device.request_for("pool", &key, 1)).await;
        assert_eq!(done.seat.expires, Some(stored.engine.now().plus_days(days)));
        stored.clock.advance(DAY);
        let renewed = given(&stored, &device.request_for("pool", &key, 2)).await;
        assert_eq!((renewed.answered, renewed.seat.expires), (Answered::Renewed, done.seat.expires));
        assert_eq!(refused(&stored, &Device::new(2).request_for("pool", &key, 1)).await, "ALREADY_USED");
    }
}
