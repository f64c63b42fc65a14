//! Devices count over all licences; when there are more than allowed, all run on for seven days.

use super::*;

#[tokio::test]
async fn pro_10_on_the_free_three_makes_thirteen_and_the_fourteenth_is_refused() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        assert_eq!(copy.numbers().await, (0, 3));
        assert_eq!(copy.holding().await.tier(), "free");
        copy.devices(3).await;
        assert_eq!(copy.device("device 4").await.expect_err("three are free"), Code::TooManyMachines);
        let (held, holding) = copy.activate(&copy.lk2("PRO-10", 10, None).await).await.expect("activated");
        assert_eq!((held.tier(), held.said("company").as_deref()), ("PRO-10", Some("Acme Corporation")));
        assert_eq!((holding.total(), holding.in_use, holding.tier().as_str()), (13, 3, "PRO-10"));
        copy.devices(13).await;
        assert_eq!(copy.numbers().await, (13, 13));
        assert_eq!(copy.device("device 14").await.expect_err("thirteen"), Code::TooManyMachines);
        assert_eq!(copy.device("device 13").await.expect("active").tier, "PRO-10");
        assert_eq!(copy.device("device 1").await.expect("active").tier, "free");
        let (_, both) = copy.activate(&copy.lk2("PRO-20", 20, None).await).await.expect("activated");
        assert_eq!((both.total(), both.tier().as_str()), (33, "PRO-10 + PRO-20"));
    }
}

#[tokio::test]
async fn one_key_alone_serves_all_thirteen() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        let key = copy.lk2("PRO-10", 10, None).await;
        let early = copy.device_on("device 0", Some(&key), None).await;
        assert_eq!(early.expect_err("not activated"), Code::NotFound);
        copy.activate(&key).await.expect("activated");
        for number in 1..=13 {
            copy.device_on(&format!("device {number}"), Some(&key), None).await.expect("there is room");
        }
        let last = copy.device_on("device 14", Some(&key), None).await;
        assert_eq!(last.expect_err("full"), Code::TooManyMachines);
        let on_key = copy.engine.devices(&copy.caller, copy.id).await.expect("read");
        assert_eq!(on_key.iter().filter(|device| device.tier == "PRO-10").count(), 10);
    }
}

#[tokio::test]
async fn thirteen_devices_run_on_for_seven_days_after_the_licence_ended_and_then_the_last_ten_are_blocked() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        copy.activate(&copy.lk2("PRO-10", 10, Some("2026-01-11")).await).await.expect("activated");
        copy.devices(13).await;
        stored.clock.set(day("2026-01-11"));
        assert_eq!(copy.codes(13).await, [Code::Valid; 13], "valid up to and including that instant");

        stored.clock.advance(1);
        let seen = stored.engine.now();
        assert_eq!(copy.codes(13).await, [Code::GracePeriod; 13]);
        let until = seen.plus_days(7);
        let holding = copy.holding().await;
        assert_eq!(holding.standing(), Standing::Grace { until });
        assert_eq!((holding.in_use, holding.total(), holding.tier().as_str()), (13, 3, "free"));
        assert_eq!(copy.device("device 14").await.expect_err("no room"), Code::TooManyMachines);
        let events = stored.events().await;
        assert_eq!(events.iter().filter(|event| *event == "license.expire").count(), 1);
        assert_eq!(events.iter().filter(|event| *event == "installation.over-limit").count(), 1);

        stored.clock.set(until);
        assert_eq!(copy.codes(13).await, [Code::GracePeriod; 13]);
        stored.clock.advance(1);
        let mut wanted = vec![Code::Valid; 3];
        wanted.extend([Code::TooManyMachines; 10]);
        assert_eq!(copy.codes(13).await, wanted);
        assert_eq!(copy.holding().await.standing(), Standing::Over);

        // Of those that are left, the oldest three run.
        assert!(copy.engine.release_device(&copy.caller, copy.id, "device 2").await.expect("released"));
        let codes = copy.codes(13).await;
        assert_eq!(
            codes[..5],
            [Code::Valid, Code::NotFound, Code::Valid, Code::Valid, Code::TooManyMachines]
        );
        // Back under, it is forgotten, and begins anew the next time.
        copy.activate(&copy.lk2("PRO-20", 20, None).await).await.expect("activated");
        assert_eq!(copy.holding().await.row.over_limit_since, None);
        assert_eq!(copy.codes(1).await, [Code::Valid]);
        assert!(stored.events().await.contains(&"installation.within-limit".to_owned()));
    }
}

#[tokio::test]
async fn the_sweep_sees_it_when_nobody_asks() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        copy.activate(&copy.lk2("PRO-10", 10, Some("2026-01-11")).await).await.expect("activated");
        copy.devices(5).await;
        stored.clock.set(day("2026-01-20"));
        assert_eq!(stored.engine.sweep_installations("lk").await.expect("swept"), 2, "the own one, too");
        let entry = keyward_store::audit::latest(stored.engine.store(), 9).await.expect("read");
        let expire = entry.iter().find(|entry| entry.event == "license.expire").expect("it is written down");
        assert!(expire.detail.contains("\"reason\":\"auto\""), "{}", expire.detail);
        assert_eq!(expire.actor_kind, "system");
        stored.clock.advance(DAY);
        let holding = copy.holding().await;
        assert_eq!(holding.row.over_limit_since, Some(day("2026-01-20")));
        assert_eq!(holding.licenses[0].verdict.code, Code::Expired);
        assert_eq!(stored.engine.sweep_installations("nothing").await.expect("no such product"), 0);
    }
}

#[tokio::test]
async fn revoking_and_removing_shrink_the_total_too_and_the_devices_of_a_removed_licence_are_free_ones() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        let key = copy.lk2("PRO-10", 10, None).await;
        let (held, _) = copy.activate(&key).await.expect("activated");
        copy.devices(13).await;
        let named = || keyward_engine::license::Named::Key(key.clone());
        let revoke = keyward_engine::license::Suspension::Revoke;
        stored.engine.suspend(&stored.caller(), named(), revoke, None).await.expect("revoked");
        assert_eq!(copy.codes(1).await, [Code::GracePeriod]);
        let back = keyward_engine::license::Suspension::Reinstate;
        stored.engine.suspend(&stored.caller(), named(), back, None).await.expect("reinstated");
        assert_eq!(copy.codes(1).await, [Code::Valid]);

        assert!(copy.engine.remove_license(&copy.caller, copy.id, held.serial).await.expect("removed"));
        assert!(!copy.engine.remove_license(&copy.caller, copy.id, held.serial).await.expect("gone"));
        assert_eq!(copy.numbers().await, (13, 3));
        let devices = copy.engine.devices(&copy.caller, copy.id).await.expect("read");
        assert!(devices.iter().all(|device| device.tier == "free"));
        assert!(copy.holding().await.licenses.is_empty());
        stored.clock.advance(7 * DAY + 1);
        let blocked = copy.codes(13).await.iter().filter(|code| **code == Code::TooManyMachines).count();
        assert_eq!(blocked, 10);
        copy.activate(&key).await.expect("it may come back");
        assert_eq!(copy.numbers().await, (13, 13));
        assert_eq!(copy.codes(13).await, [Code::Valid; 13]);
    }
}

#[tokio::test]
async fn a_revoked_licence_does_not_come_back_by_being_removed_and_activated_anew() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        let key = copy.lk2("PRO-10", 10, None).await;
        let (held, _) = copy.activate(&key).await.expect("activated");
        let revoke = keyward_engine::license::Suspension::Revoke;
        let named = keyward_engine::license::Named::Key(key.clone());
        stored.engine.suspend(&stored.caller(), named, revoke, None).await.expect("revoked");
        assert!(copy.engine.remove_license(&copy.caller, copy.id, held.serial).await.expect("removed"));
        assert_eq!(copy.activate(&key).await.expect_err("revoked").code, Code::Revoked);
        assert_eq!(copy.numbers().await, (0, 3));
    }
}

#[tokio::test]
async fn a_free_tier_that_is_switched_off_gives_nothing() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        stored.engine.set_free_devices(&stored.caller(), "acme", Some(0)).await.expect("set");
        assert_eq!(copy.holding().await.free, None);
        assert_eq!(copy.device("device 1").await.expect_err("nothing"), Code::TooManyMachines);
        stored.engine.set_free_devices(&stored.caller(), "acme", Some(1)).await.expect("set");
        copy.devices(1).await;
        assert_eq!(copy.numbers().await, (1, 1));
        stored.engine.set_free_devices(&stored.caller(), "acme", None).await.expect("set");
        assert_eq!(copy.numbers().await, (1, 3));
    }
}

#[tokio::test]
async fn a_device_that_the_vendor_moved_a_licence_to_is_one_of_the_installations() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        let key = copy.lk2("PRO-10", 10, None).await;
        copy.activate(&key).await.expect("activated");
        copy.device_on("device 1", Some(&key), None).await.expect("there is room");
        let to = keyward_engine::license::Transfer {
            device: Some("device 2".to_owned()),
            ..keyward_engine::license::Transfer::default()
        };
        let named = keyward_engine::license::Named::Key(key);
        stored.engine.transfer(&stored.caller(), named, to).await.expect("moved");
        assert_eq!(copy.codes(2).await, [Code::NotFound, Code::Valid]);
        assert_eq!(copy.numbers().await, (1, 13));
        copy.device("device 2").await.expect("it counts once");
        assert_eq!(copy.numbers().await, (1, 13));
        assert!(copy.engine.release_device(&copy.caller, copy.id, "device 2").await.expect("released"));
        assert_eq!(copy.numbers().await, (0, 13));
    }
}
