//! Renewing and transferring: a new form under the same licence.

use keyward_core::claims::Expires;
use keyward_core::scheme::lk3::{Lk3, Seal};
use keyward_engine::form::{NewForm, Order};
use keyward_engine::issue::RecordRequest;
use keyward_engine::keys::Rotate;
use keyward_engine::license::{Named, NewLicense, Renewal, Transfer};

use super::{DAY, DEVICE, at, every_form, file, lk1, lk3, verified};
use crate::stored::Stored;

#[tokio::test]
async fn a_renewed_licence_has_a_new_form_and_the_old_one_still_finds_it() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        for (name, form) in every_form().into_iter().filter(|(name, _)| *name != "lk1") {
            let issued = engine.issue_form(&caller, form).await.expect("a form");
            let mut forms = vec![issued.key.clone()];
            for days in [10, 20] {
                stored.clock.advance(DAY);
                let named = Named::Key(forms[0].clone());
                let before = engine.find(&named).await.expect("found").license.expiry.expect("an end");
                let renewed = engine.renew(&caller, named, Renewal::Days(days)).await;
                let renewed = renewed.unwrap_or_else(|error| panic!("{name}: {error}"));
                let form = renewed.form.unwrap_or_else(|| panic!("{name}: no new form"));
                let end = before.plus_days(days);
                assert_eq!(renewed.found.license.expiry, Some(end), "{name}");
                assert_eq!(verified(&stored, &form).await.expires, Expires::At(end), "{name}");
                assert!(!forms.contains(&form), "{name}");
                forms.push(form);
            }
            for form in &forms {
                let found = engine.find(&Named::Key(form.clone())).await.expect("every form finds it");
                assert_eq!(found.license.id, issued.id, "{name}");
            }
            let shown = engine.show(&Named::Id(issued.id)).await.expect("it is shown");
            let live: Vec<_> = shown.forms.iter().map(|form| form.superseded_at.is_none()).collect();
            assert_eq!(live, [false, false, true], "{name}");
            let said: Vec<_> = shown.forms.iter().map(|form| form.expires_at.is_some()).collect();
            assert_eq!(said, [true, true, true], "{name}");
            let told = engine.reveal(&caller, &Named::Id(issued.id)).await.expect("the newest is told");
            assert_eq!(told.as_str(), forms[2], "{name}");
        }
    }
}

#[tokio::test]
async fn a_key_that_says_no_end_goes_on_working() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let issued = engine.issue_form(&caller, lk1()).await.expect("a key");
        let renewed = engine.renew(&caller, Named::Key(issued.key.clone()), Renewal::Days(10)).await;
        let renewed = renewed.expect("renewed");
        assert_eq!(renewed.form, None);
        assert_eq!(renewed.found.license.expiry, issued.expiry.map(|end| end.plus_days(10)));
    }
}

#[tokio::test]
async fn a_new_form_is_signed_with_the_key_that_signs_now() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let issued = engine.issue_form(&caller, super::record("example.com")).await.expect("a record");
        let old = engine.list_keys().await.expect("a list")[0].id;
        let new = engine.rotate_key(&caller, Rotate::Id(old)).await.expect("rotated");
        let renewed = engine.renew(&caller, Named::Id(issued.id), Renewal::Days(1)).await.expect("renewed");
        let pem = engine.public_key(new.id).await.expect("a key");
        let keys = keyward_core::crypto::KeySet::of_public(
            keyward_engine::keyring::read_public(&pem).expect("a key"),
        );
        let form = renewed.form.expect("a new form");
        keyward_core::claims::Claims::verified(&form, &keys).expect("signed with the new key");
        // The old form is still taken: its key verifies.
        verified(&stored, &issued.key).await;
        // Where every key is retired, renewing makes another.
        engine.retire_key(&caller, old).await.expect("retired");
        engine.retire_key(&caller, new.id).await.expect("retired");
        stored.clock.advance(1);
        let renewed = engine.renew(&caller, Named::Id(issued.id), Renewal::Days(1)).await.expect("renewed");
        verified(&stored, &renewed.form.expect("a new form")).await;
    }
}

#[tokio::test]
async fn profiles_stay_and_what_never_ends_gets_no_end() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let sorted = |client: &str, license_type: &str| NewForm::Record {
            order: Order::default(),
            request: RecordRequest {
                client_id: client.to_owned(),
                license_type: license_type.to_owned(),
                days: Some(30),
                profile: Some(keyward_core::scheme::record::Profile::TextSorted),
            },
        };
        let issued = engine.issue_form(&caller, sorted("example.com", "Pro")).await.expect("a record");
        let renewed = engine.renew(&caller, Named::Id(issued.id), Renewal::Days(1)).await.expect("renewed");
        let form = renewed.form.expect("a new form");
        assert!(form.starts_with(r#"{"client_id":"example.com","exp":"#), "{form}");
        verified(&stored, &form).await;

        let premium = engine.issue_form(&caller, sorted("example.org", "Premium")).await.expect("a record");
        assert_eq!(premium.expiry, None);
        for renewal in [Renewal::Days(1), Renewal::Until(at("2030-01-01"))] {
            let error = engine.renew(&caller, Named::Id(premium.id), renewal).await.expect_err("no end");
            assert_eq!(error.code(), "INVALID_ARGUMENT");
        }
        let found = engine.find(&Named::Id(premium.id)).await.expect("it is found");
        assert_eq!(found.license.expiry, None, "nothing of it stays");
    }
}

#[tokio::test]
async fn a_day_that_is_begun_counts_whole_in_an_lk2_key() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let issued = engine.issue_form(&caller, super::lk2()).await.expect("a key");
        let end = at("2027-03-04T10:00:00Z");
        let renewed =
            engine.renew(&caller, Named::Id(issued.id), Renewal::Until(end)).await.expect("renewed");
        let claims = verified(&stored, &renewed.form.expect("a new form")).await;
        assert_eq!(claims.expires, Expires::At(at("2027-03-05")));
        assert_eq!(renewed.found.license.expiry, Some(end));
    }
}

#[tokio::test]
async fn a_transferred_file_is_bound_to_the_new_device() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let issued = engine.issue_form(&caller, file(DEVICE)).await.expect("a file");
        stored.clock.advance(DAY);
        let to = Transfer { device: Some("0011223344556677".to_owned()), ..Transfer::default() };
        let moved =
            engine.transfer(&caller, Named::Key(issued.key.clone()), to.clone()).await.expect("moved");
        let claims = verified(&stored, &moved.form.expect("a new file")).await;
        assert_eq!(claims.device.as_deref(), Some("0011223344556677"));
        assert_eq!(claims.expires, Expires::At(issued.expiry.expect("an end")));
        let shown = engine.show(&Named::Key(issued.key)).await.expect("the old file finds it");
        assert_eq!(shown.machines.len(), 1);
        assert_eq!(shown.machines[0].fingerprint, "0011223344556677");
        assert_eq!(shown.forms[0].superseded_at, Some(engine.now()));

        // A key that is bound to no device goes on working, one that is gets a new form.
        let free = engine.issue_form(&caller, lk3(Seal::Signature, false)).await.expect("a key");
        let moved = engine.transfer(&caller, Named::Id(free.id), to.clone()).await.expect("moved");
        assert_eq!(moved.form, None);
        let request = Lk3 { tier: "PRO-10".to_owned(), device_id: DEVICE.to_owned(), ..Lk3::default() };
        let bound = NewForm::Lk3 {
            order: Order::default(),
            request: Box::new(request),
            seal: Seal::Mac,
            encrypted: true,
        };
        let bound = engine.issue_form(&caller, bound).await.expect("a key");
        let moved = engine.transfer(&caller, Named::Id(bound.id), to).await.expect("moved");
        let claims = verified(&stored, &moved.form.expect("a new key")).await;
        assert_eq!(claims.device.as_deref(), Some("0011223344556677"));
    }
}

#[tokio::test]
async fn an_end_that_would_be_lost_with_the_first_activation_is_not_set() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let issued =
            engine.issue_pool_key(&caller, "pool", "30", NewLicense::default()).await.expect("a key");
        for renewal in [Renewal::Until(at("2030-01-01T00:00:00Z")), Renewal::Days(1), Renewal::Policy] {
            let refused = engine.renew(&caller, Named::Id(issued.id), renewal).await.expect_err("not begun");
            assert_eq!(refused.code(), "INVALID_ARGUMENT");
        }
        assert_eq!(engine.find(&Named::Id(issued.id)).await.expect("it is there").license.expiry, None);
    }
}
