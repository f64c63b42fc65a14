//! Pools, features and named limits of `lk3` keys.

use keyward_engine::installation::{LicenseChange, UseOutcome};

use super::*;

#[tokio::test]
async fn devices_count_in_their_pool_and_a_pool_has_its_own_end() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        let end = day("2026-02-01").seconds().cast_unsigned();
        let pools = vec![pool("floor", 2, None), pool("lab", 1, Some(end))];
        let key = copy.lk3(Lk3 { pools, max_devices: Some(4), ..pro_10() }).await;
        copy.activate(&key).await.expect("activated");
        assert_eq!(copy.numbers().await, (0, 7));
        let on = async |name, pool| copy.device_on(name, Some(&key), pool).await;
        assert_eq!(on("a", Some("lab")).await.expect("room").machine.pool.as_deref(), Some("lab"));
        assert_eq!(on("b", Some("lab")).await.expect_err("one place"), Code::PoolLimit);
        assert_eq!(on("b", Some("roof")).await.expect_err("no such pool"), Code::PoolLimit);
        assert_eq!(on("b", None).await.expect("room").machine.pool.as_deref(), Some("floor"));
        assert_eq!(on("c", Some("floor")).await.expect("room").machine.pool.as_deref(), Some("floor"));
        assert_eq!(on("d", None).await.expect("the fourth is for none").machine.pool, None);
        assert_eq!(on("e", None).await.expect_err("full"), Code::PoolLimit);
        assert_eq!(copy.numbers().await, (4, 7));
        // It moves within the licence.
        assert!(copy.engine.release_device(&copy.caller, copy.id, "c").await.expect("released"));
        assert_eq!(on("d", Some("floor")).await.expect("room").machine.pool.as_deref(), Some("floor"));
        assert_eq!(copy.numbers().await, (3, 7));

        stored.clock.set(day("2026-02-02"));
        let device =
            copy.engine.device(&copy.caller, copy.id, "a", None).await.expect("read").expect("there");
        assert_eq!(device.verdict.code, Code::PoolExpired);
        assert_eq!(on("f", Some("lab")).await.expect_err("over"), Code::PoolExpired);
        assert_eq!(copy.numbers().await, (2, 6), "neither the pool nor its device counts");
        assert_eq!(on("a", None).await.expect("it moves").verdict.code, Code::Valid);
        assert_eq!(copy.numbers().await, (3, 6));
    }
}

#[tokio::test]
async fn limits_add_up_by_name_and_nothing_is_counted_beyond_them() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        let limits = |calls| [("api_calls".to_owned(), calls), ("storage".to_owned(), 7)].into();
        let first = copy.lk3(Lk3 { limits: limits(100), ..pro_10() }).await;
        let (held, _) = copy.activate(&first).await.expect("activated");
        copy.activate(&copy.lk3(Lk3 { limits: limits(50), ..pro_10() }).await).await.expect("activated");
        let take = async |name: &str, amount: i64| match copy
            .engine
            .use_limit(&copy.caller, copy.id, name, amount, None)
            .await
            .expect("asked")
        {
            Repeatable::Fresh(UseOutcome::Used(usage)) => Ok((usage.used, usage.limit)),
            Repeatable::Fresh(UseOutcome::Refused { usage, verdict }) => {
                assert_eq!(verdict.code, Code::UsageLimit);
                Err(Some(usage.used))
            }
            Repeatable::Fresh(UseOutcome::Unknown) => Err(None),
            Repeatable::Kept(..) => panic!("nothing was repeated"),
        };
        assert_eq!(take("api_calls", 120).await, Ok((120, Some(150))));
        assert_eq!(take("api_calls", 31).await, Err(Some(120)));
        assert_eq!(take("api_calls", i64::MAX).await, Err(Some(120)));
        assert_eq!(take("api_calls", 30).await, Ok((150, Some(150))));
        assert_eq!(take("api_calls", 1).await, Err(Some(150)));
        assert_eq!(take("api_calls", -140).await, Ok((10, Some(150))));
        assert_eq!(take("api_calls", -11).await, Err(Some(10)));
        assert_eq!(take("api_calls", i64::MIN).await, Err(Some(10)));
        assert_eq!(take("api_calls", 0).await, Ok((10, Some(150))));
        assert_eq!(take("bandwidth", 1).await, Err(None));
        assert_eq!(take("storage", 14).await, Ok((14, Some(14))));
        // A licence that does not count takes its share along, and brings it back as it was.
        let change = |active| LicenseChange { active: Some(active), ..LicenseChange::default() };
        let set = async |active| {
            let changed =
                copy.engine.change_license(&copy.caller, copy.id, held.serial, change(active)).await;
            changed.expect("changed").expect("on the list").total()
        };
        assert_eq!(set(false).await, 13);
        assert_eq!(take("storage", 0).await, Ok((7, Some(7))));
        assert_eq!(set(true).await, 23);
        assert_eq!(take("storage", 0).await, Ok((14, Some(14))));
    }
}

#[tokio::test]
async fn an_installation_does_not_undo_what_the_vendor_did_and_may_keep_notes() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        let key = copy.lk2("PRO-10", 10, None).await;
        let (held, _) = copy.activate(&key).await.expect("activated");
        let change = async |change: LicenseChange| {
            copy.engine.change_license(&copy.caller, copy.id, held.serial, change).await
        };
        let notes = LicenseChange { notes: Some(Some("rack 7".to_owned())), ..LicenseChange::default() };
        let holding = change(notes).await.expect("changed").expect("on the list");
        assert_eq!(holding.licenses[0].said("notes").as_deref(), Some("rack 7"));
        let gone = LicenseChange { notes: Some(None), company: Some(None), active: None };
        let holding = change(gone).await.expect("changed").expect("on the list");
        assert_eq!((holding.licenses[0].said("notes"), holding.licenses[0].said("company")), (None, None));
        let suspend = keyward_engine::license::Suspension::Suspend;
        let named = keyward_engine::license::Named::Key(key);
        stored.engine.suspend(&stored.caller(), named, suspend, None).await.expect("suspended");
        let on = LicenseChange { active: Some(true), ..LicenseChange::default() };
        assert_eq!(change(on).await.expect_err("the vendor's").code(), "SUSPENDED");
        let nobody = copy.engine.change_license(&copy.caller, copy.id, 9_999, LicenseChange::default()).await;
        assert!(nobody.expect("asked").is_none());
    }
}

#[tokio::test]
async fn a_feature_is_had_through_any_active_licence() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        copy.device("a").await.expect("free");
        let asked = async |feature| {
            let device = copy.engine.device(&copy.caller, copy.id, "a", Some(feature)).await.expect("asked");
            device.expect("there").verdict.code
        };
        assert_eq!(asked("streaming").await, Code::EntitlementsMissing);
        let features = vec!["streaming".to_owned()];
        copy.activate(&copy.lk3(Lk3 { features, ..pro_10() }).await).await.expect("activated");
        assert_eq!(asked("streaming").await, Code::Valid);
        assert_eq!(asked("analytics").await, Code::EntitlementsMissing);
    }
}

#[tokio::test]
async fn a_key_that_is_bound_to_a_device_or_begins_later_says_so() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        let bound = copy.lk3(Lk3 { device_id: "a".to_owned(), max_devices: Some(1), ..pro_10() }).await;
        copy.activate(&bound).await.expect("activated");
        assert_eq!(copy.device_on("b", Some(&bound), None).await.expect_err("bound"), Code::WrongDevice);
        copy.device_on("a", Some(&bound), None).await.expect("its device");
        let not_before = Some(day("2026-03-01").seconds().cast_unsigned());
        let later = copy.lk3(Lk3 { not_before, ..pro_10() }).await;
        assert_eq!(copy.activate(&later).await.expect_err("later").code, Code::NotYetValid);
        stored.clock.set(day("2026-03-01"));
        copy.activate(&later).await.expect("it has begun");
    }
}
