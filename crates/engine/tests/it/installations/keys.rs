//! Which keys an installation takes.

use keyward_engine::Repeatable;
use keyward_engine::issue;
use keyward_engine::keys::prepare;

use super::*;
use crate::stored::generator;

#[tokio::test]
async fn a_key_is_tried_against_its_own_installation_only() {
    for stored in Stored::all().await {
        let (mine, other) = (Copy::new(&stored, "acme").await, Copy::new(&stored, "globex").await);
        let keys = [
            mine.lk2("PRO-10", 10, None).await,
            mine.lk3(pro_10()).await,
            mine.issue(NewForm::Lk1 {
                order: mine.order(),
                tier: "PRO-10".to_owned(),
                term: keyward_engine::license::Term::Never,
            })
            .await,
        ];
        for (number, key) in (1..).zip(&keys) {
            assert_eq!(other.activate(key).await.expect_err("another's").code, Code::BadSignature);
            assert_eq!(other.numbers().await, (0, 3));
            mine.activate(key).await.expect("activated");
            assert_eq!(mine.numbers().await, (0, 3 + 10 * number));
            mine.activate(key).await.expect("nothing is spent");
            assert_eq!(mine.numbers().await, (0, 3 + 10 * number));
            assert_eq!(other.activate(key).await.expect_err("another's").code, Code::BadSignature);
            let device = other.device_on("device 1", Some(key), None).await;
            assert_eq!(device.expect_err("another's"), Code::NotFound);
        }
        mine.device("device 1").await.expect("there is room");
        assert_eq!(other.codes(1).await, [Code::NotFound]);
        other.device("device 1").await.expect("its own one of that name");
        assert!(other.engine.release_device(&other.caller, other.id, "device 1").await.expect("released"));
        assert_eq!(mine.codes(1).await, [Code::Valid]);
        let serial = mine.holding().await.licenses[0].serial;
        assert!(!other.engine.remove_license(&other.caller, other.id, serial).await.expect("not its own"));
    }
}

#[tokio::test]
async fn keys_made_elsewhere_under_the_secret_are_taken_in_and_wrong_ones_told() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        let secret = "the installation's old secret";
        stored.engine.set_installation_secret(&stored.caller(), "acme", secret, false).await.expect("set");
        let request = |tier: &str, expires: Option<&str>| Lk2Request {
            tier: tier.to_owned(),
            max_devices: 12,
            company: Some("Žluťoučký & Co".to_owned()),
            expires: expires.map(str::to_owned),
            unique_id: Some("x".to_owned()),
        };
        let made = |request: Lk2Request, secret: &str| {
            request.issue(&prepare(secret), stored.engine.now()).expect("a key").0
        };
        let key = made(request("PRO-10", Some("2026-12-31")), secret);
        let (held, holding) = copy.activate(&format!(" {key}\n")).await.expect("taken in");
        assert_eq!((held.capacity, holding.total()), (12, 15));
        assert_eq!(held.said("company").as_deref(), Some("Žluťoučký & Co"));
        assert_eq!(held.found.license.expiry, Some(day("2026-12-31")));
        assert_eq!(*copy.engine.key_of(&held.found).await.expect("its key"), key);

        let past = copy.activate(&made(request("PRO-10", Some("2025-01-01")), secret)).await;
        let past = past.expect_err("expired");
        assert_eq!((past.code, past.expiry), (Code::Expired, Some(day("2025-01-01"))));
        let forged = copy.activate(&made(request("PRO-10", None), "another")).await;
        assert_eq!(forged.expect_err("forged").code, Code::BadSignature);
        let unknown = copy.activate(&made(request("PRO-11", None), secret)).await.expect_err("no such tier");
        assert!(unknown.detail.contains("PRO-11"), "{}", unknown.detail);
        let mut altered = key.clone();
        altered.replace_range(30..31, if &key[30..31] == "A" { "B" } else { "A" });
        assert!(copy.activate(&altered).await.is_err());
        assert_eq!(copy.numbers().await, (0, 15));
        for text in ["", "ABC123XYZ789", "LK-9-x", "\0"] {
            assert!(copy.activate(text).await.is_err(), "{text:?}");
        }
    }
}

#[tokio::test]
async fn five_wrong_short_keys_an_hour_and_no_more() {
    for stored in Stored::all().await {
        let (copy, other) = (Copy::new(&stored, "acme").await, Copy::new(&stored, "globex").await);
        let known = copy
            .issue(NewForm::Lk1 {
                order: copy.order(),
                tier: "PRO-10".to_owned(),
                term: keyward_engine::license::Term::Never,
            })
            .await;
        let secret = "the installation's old secret";
        for name in ["acme", "globex"] {
            let set = stored.engine.set_installation_secret(&stored.caller(), name, secret, false).await;
            assert_eq!(set.is_err(), name == "acme", "one that licences were made under stays");
        }
        let real =
            stored.engine.reveal_installation_secret_of(&stored.caller(), copy.id).await.expect("read").0;
        let right = issue::lk1("PRO-20", &prepare(&real), &mut generator(), 1).expect("a key");
        let wrong =
            |number: u32| issue::lk1("PRO-20", &prepare("wrong"), &mut generator(), number).expect("a key");
        let second_node = stored.second_node().await;
        let ask = async |engine: &Arc<Engine>, key: &str| match engine
            .activate_key(&copy.caller, copy.id, key, None)
            .await
            .expect("asked")
        {
            Repeatable::Fresh(KeyActivation::TooManyTries { until }) => Err(until),
            Repeatable::Fresh(KeyActivation::Refused(verdict)) => Ok(Some(verdict.code)),
            Repeatable::Fresh(KeyActivation::Done { .. }) => Ok(None),
            Repeatable::Kept(..) => panic!("nothing was repeated"),
        };
        let first = stored.engine.now();
        for number in 0..5 {
            let node = if number % 2 == 0 { &stored.engine } else { &second_node };
            assert_eq!(ask(node, &wrong(number)).await, Ok(Some(Code::BadSignature)), "{number}");
            stored.clock.advance(60);
        }
        let until = first.plus_seconds(3_600);
        assert_eq!(ask(&stored.engine, &wrong(6)).await, Err(until));
        assert_eq!(ask(&stored.engine, &right).await, Err(until), "nor the right one that nobody registered");
        assert_eq!(ask(&stored.engine, &known).await, Ok(None), "one that is registered is no guess");
        assert_eq!(other.numbers().await, (0, 3));
        assert!(other.activate(&wrong(7)).await.is_err(), "another installation has its own five");
        stored.clock.set(until.plus_seconds(1));
        assert_eq!(ask(&stored.engine, &right).await, Ok(None));
    }
}

#[tokio::test]
async fn a_renewed_licence_is_found_by_either_form_and_decoded_by_the_new_one() {
    for stored in Stored::all().await {
        let copy = Copy::new(&stored, "acme").await;
        let old = copy.lk2("PRO-10", 10, Some("2026-01-11")).await;
        copy.activate(&old).await.expect("activated");
        stored.clock.set(day("2026-01-12"));
        assert_eq!(copy.activate(&old).await.expect_err("expired").code, Code::Expired);
        let until = keyward_engine::license::Renewal::Until(day("2027-01-01"));
        let named = keyward_engine::license::Named::Key(old.clone());
        let renewed = stored.engine.renew(&stored.caller(), named, until).await.expect("renewed");
        let new = renewed.form.expect("a new form");
        for key in [&old, &new] {
            let (held, holding) = copy.activate(key).await.expect("either form");
            assert_eq!((holding.total(), holding.licenses.len()), (13, 1));
            assert_eq!(*copy.engine.key_of(&held.found).await.expect("its key"), new);
        }
    }
}
