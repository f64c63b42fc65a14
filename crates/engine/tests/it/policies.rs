//! Policies of every kind of key, what a colleague changed meanwhile, and features.

use std::sync::Arc;

use keyward_core::scheme::Scheme;
use keyward_engine::license::{Activate, Activation, Named, NewLicense, Renewal, Suspension, Term};
use keyward_engine::rules::{ExpirationBasis, Rules};
use keyward_engine::{Engine, EngineError, Holder, Repeatable};

use crate::stored::Stored;
use crate::world::NOW;

const DAY: u64 = 86_400;

async fn policy(stored: &Stored, code: &str, scheme: Scheme, days: Option<u64>) -> Result<(), EngineError> {
    let rules = Rules { duration: days.map(|days| days * DAY), ..Rules::of_new(scheme) };
    let product = if scheme == Scheme::Tier { "tier" } else { "pool" };
    stored.engine.create_policy(&stored.caller(), product, code, "New", scheme, &rules).await
}

#[tokio::test]
async fn keys_are_issued_under_new_policies_of_every_kind() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        for scheme in Scheme::ALL {
            policy(&stored, &format!("new{scheme}"), scheme, Some(90)).await.expect("a policy");
        }
        let wanted = NewLicense::default;
        let key = engine.issue_pool_key(&caller, "pool", "newpool", wanted()).await.expect("a key");
        assert_eq!(key.expiry, None, "its time begins later");
        let request = Activate { key: key.key, fingerprint: "here".to_owned(), name: None };
        let answer = engine.activate(&caller, request, None).await.expect("an answer");
        let Repeatable::Fresh(Activation::Done(done)) = answer else { panic!("it is activated") };
        assert_eq!(done.found.license.expiry, Some(NOW.plus_days(90)));
        let key = engine.issue_tier(&caller, "tier", "newtier", wanted()).await.expect("a key");
        assert!(key.key.starts_with("QF-NEWTIER-"), "{}", key.key);
        assert_eq!(key.expiry, Some(NOW.plus_days(90)));
    }
}

#[tokio::test]
async fn a_policy_that_its_keys_cannot_say_is_refused() {
    for stored in Stored::all().await {
        for (code, scheme, days) in [
            ("two-words", Scheme::Tier, Some(1)),
            ("two-words", Scheme::Lk1, Some(1)),
            ("without-end", Scheme::Pool, None),
        ] {
            let refused = policy(&stored, code, scheme, days).await.expect_err("its keys cannot say it");
            assert_eq!(refused.code(), "INVALID_ARGUMENT", "{code} {scheme}");
        }
        policy(&stored, "two-5", Scheme::Lk1, None).await.expect("a tier that is read again");
        policy(&stored, "7", Scheme::Pool, Some(7)).await.expect("a policy");
        let before = stored.engine.policy_named("pool", "7").expect("it is there");
        let rules = Rules { duration: Some(90), ..before.rules.clone() };
        let refused = stored.engine.change_policy(&stored.caller(), &before, "New", &rules).await;
        assert_eq!(refused.expect_err("no whole days").code(), "INVALID_ARGUMENT");
    }
}

async fn tier_key(engine: &Arc<Engine>, stored: &Stored, term: Term) -> keyward_engine::license::Issued {
    let wanted = NewLicense { term, ..NewLicense::default() };
    engine.issue_tier(&stored.caller(), "tier", "pro", wanted).await.expect("a key")
}

#[tokio::test]
async fn of_two_who_decide_on_what_they_saw_the_second_is_told() {
    for stored in Stored::all().await {
        let (engine, other) = (&stored.engine, stored.second_node().await);
        let caller = stored.caller();
        let id = tier_key(engine, &stored, Term::Days(30)).await.id;
        let seen = async || {
            let found = engine.find(&Named::Id(id)).await.expect("found");
            Named::Seen(id, found.seen())
        };
        for _ in 0..5 {
            let named = seen().await;
            let (one, two) = tokio::join!(
                engine.renew(&caller, named.clone(), Renewal::Days(10)),
                other.renew(&caller, named.clone(), Renewal::Days(10)),
            );
            let (done, refused) = if one.is_ok() { (one, two) } else { (two, one) };
            assert!(done.is_ok(), "{done:?}");
            assert_eq!(refused.expect_err("changed meanwhile").code(), "CHANGED_MEANWHILE");
            let late = engine.suspend(&caller, named, Suspension::Suspend, None).await;
            assert_eq!(late.expect_err("changed meanwhile").code(), "CHANGED_MEANWHILE");
        }
        let end = engine.find(&Named::Id(id)).await.expect("found").license.expiry;
        assert_eq!(end, Some(NOW.plus_days(80)), "each pair was renewed once");

        // Uses are no change of it.
        let named = seen().await;
        engine.use_up(&caller, Named::Id(id), "uses", 1).await.expect("used");
        engine.suspend(&caller, named, Suspension::Suspend, None).await.expect("suspended");
    }
}

#[tokio::test]
async fn time_does_not_begin_anew_over_an_end_that_is_set() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        for basis in [ExpirationBasis::FromFirstActivation, ExpirationBasis::FromFirstValidation] {
            stored.clock.advance(1);
            let made = tier_key(engine, &stored, Term::Days(30)).await;
            let before = engine.policy_named("tier", "pro").expect("it is there");
            let rules = Rules { expiration_basis: basis, duration: Some(DAY), ..before.rules.clone() };
            assert!(engine.change_policy(&caller, &before, "Pro", &rules).await.expect("changed"));
            let request = Activate { key: made.key.clone(), fingerprint: "x".to_owned(), name: None };
            engine.activate(&caller, request, None).await.expect("an answer");
            let question = keyward_engine::license::Question::Run;
            engine.validate(&caller, question, &made.key, &Default::default()).await.expect("an answer");
            let found = engine.find(&Named::Id(made.id)).await.expect("found").license;
            assert_eq!(found.expiry, made.expiry, "{basis:?}");
        }
    }
}

#[tokio::test]
async fn a_feature_is_made_renamed_and_removed_when_nothing_has_it() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        engine.create_feature(&caller, "zz_export", "").await.expect("made");
        let code = |error: EngineError| error.code();
        let taken = engine.create_feature(&caller, "zz_export", "").await;
        assert_eq!(taken.map_err(code), Err("TAKEN"));
        for (bad, name) in [("", ""), ("two words", ""), ("zz", "\0")] {
            assert_eq!(
                engine.create_feature(&caller, bad, name).await.map_err(code),
                Err("INVALID_ARGUMENT")
            );
        }
        let it = engine.features_after("zz", 9).await.expect("reads").remove(0).entitlement;
        assert_eq!(it.name, "zz export");
        engine.rename_feature(&caller, it.id, "zz export", "Export").await.expect("renamed");
        let late = engine.rename_feature(&caller, it.id, "zz export", "Mine").await;
        assert_eq!(late.map_err(code), Err("CHANGED_MEANWHILE"));

        let policy = engine.policy_named("tier", "pro").expect("it is there").row.id;
        let codes = [it.code.clone()];
        engine.attach_entitlements(&caller, Holder::Policy(policy), &codes).await.expect("attached");
        assert!(!engine.delete_feature(&caller, it.id).await.expect("looks"), "a policy has it");
        engine.detach_entitlements(&caller, Holder::Policy(policy), &codes).await.expect("detached");
        let key = tier_key(engine, &stored, Term::Policy).await;
        let holder = || Holder::License(Named::Id(key.id));
        engine.attach_entitlements(&caller, holder(), &codes).await.expect("attached");
        assert!(!engine.delete_feature(&caller, it.id).await.expect("looks"), "a licence has it");
        assert!(engine.features_after("zz", 9).await.expect("reads")[0].has_license);
        engine.detach_entitlements(&caller, holder(), &codes).await.expect("detached");
        assert!(engine.delete_feature(&caller, it.id).await.expect("looks"));
        assert_eq!(engine.delete_feature(&caller, it.id).await.map_err(code), Err("NOT_FOUND"));
        let events = stored.events().await;
        for event in ["entitlement.create", "entitlement.rename", "entitlement.delete"] {
            assert_eq!(events.iter().filter(|it| *it == event).count(), 1, "{event}");
        }
    }
}
