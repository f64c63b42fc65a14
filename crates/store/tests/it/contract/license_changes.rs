//! Changes to one licence.

use keyward_core::time::Timestamp;
use keyward_store::licenses::{self, License};
use keyward_store::users::{self, User};

use crate::world::{ACCOUNT, NOW, id, worlds};

const LATER: Timestamp = NOW.plus_seconds(3_600);
const END: Timestamp = NOW.plus_days(30);

#[tokio::test]
async fn a_key_is_used_once_and_not_while_it_is_suspended() {
    for w in worlds().await {
        let license = w.license(1, |license| license.expiry = Some(NOW)).await;
        let id = license.id;
        let used = async || {
            w.write((), move |(), tx| Box::pin(licenses::use_once(tx, id, LATER, Some(END)))).await.unwrap()
        };
        let suspend = async |reason| {
            w.write((), move |(), tx| Box::pin(licenses::suspend(tx, id, reason, NOW))).await.unwrap()
        };
        let reinstate =
            async || w.write((), move |(), tx| Box::pin(licenses::reinstate(tx, id, LATER))).await.unwrap();
        assert!(!reinstate().await);
        assert!(suspend("suspended").await);
        assert!(!suspend("suspended").await);
        assert!(suspend("revoked").await);
        assert!(!used().await);
        let suspended = w.found(id).await;
        assert_eq!(
            (suspended.suspended_at, suspended.suspension_reason.as_deref()),
            (Some(NOW), Some("revoked"))
        );
        assert!(reinstate().await);
        assert!(used().await);
        assert!(!used().await);
        let (first_activated_at, expiry) = (Some(LATER), Some(END));
        let counted = License { first_activated_at, expiry, machines_count: 1, updated_at: LATER, ..license };
        assert_eq!(w.found(id).await, counted);
    }
}

#[tokio::test]
async fn machines_are_counted_within_the_limit() {
    for w in worlds().await {
        let license = w.license(1, |_| {}).await;
        let id = license.id;
        let count = async |limit, at| {
            w.write((), move |(), tx| Box::pin(licenses::count_machine(tx, id, limit, at))).await.unwrap()
        };
        let uncount = async || {
            w.write((), move |(), tx| Box::pin(licenses::uncount_machine(tx, id, LATER))).await.unwrap()
        };
        assert!(!uncount().await && !count(Some(0), NOW).await);
        assert!(count(Some(1), NOW).await);
        assert!(!count(Some(1), LATER).await);
        assert!(count(None, LATER).await && count(Some(i64::MAX), LATER).await);
        assert!(uncount().await);
        let counted = w.found(id).await;
        assert_eq!((counted.machines_count, counted.first_activated_at), (2, Some(NOW)));
        w.write((), move |(), tx| Box::pin(licenses::suspend(tx, id, "auto", NOW))).await.unwrap();
        assert!(!count(None, LATER).await);
        assert!(uncount().await);
    }
}

#[tokio::test]
async fn uses_are_counted_within_the_limit_and_given_back() {
    for w in worlds().await {
        let id = w.license(1, |_| {}).await.id;
        let spend = async |amount, limit| {
            w.write((), move |(), tx| Box::pin(licenses::use_up(tx, id, amount, limit, LATER))).await.unwrap()
        };
        assert_eq!(spend(3, Some(5)).await, Some(3));
        assert_eq!(spend(3, Some(5)).await, None);
        assert_eq!(spend(2, Some(5)).await, Some(5));
        // Lowered below what was used, it can still be given back.
        assert_eq!(spend(-1, Some(2)).await, Some(4));
        assert_eq!(spend(-5, None).await, None);
        assert_eq!(spend(-4, None).await, Some(0));
        assert_eq!(spend(1, Some(-1)).await, None);
        for extreme in [i64::MIN, i64::MIN + 1] {
            assert_eq!(spend(extreme, None).await, None);
            assert_eq!(spend(i64::MAX, Some(extreme)).await, None);
        }
        assert_eq!(spend(i64::MAX, None).await, Some(i64::MAX));
        assert_eq!(spend(1, None).await, None);
        assert_eq!(spend(-i64::MAX, Some(0)).await, Some(0));
        w.write((), move |(), tx| Box::pin(licenses::suspend(tx, id, "auto", NOW))).await.unwrap();
        assert_eq!(spend(1, None).await, None);
    }
}

#[tokio::test]
async fn transfers_are_counted_within_the_limit() {
    for w in worlds().await {
        let id = w.license(1, |_| {}).await.id;
        let transfer = async |limit| {
            w.write((), move |(), tx| Box::pin(licenses::record_transfer(tx, id, limit, LATER)))
                .await
                .unwrap()
        };
        assert_eq!(transfer(Some(0)).await, None);
        assert_eq!(transfer(Some(1)).await, Some(1));
        assert_eq!(transfer(Some(1)).await, None);
        assert_eq!(transfer(None).await, Some(2));
        w.write((), move |(), tx| Box::pin(licenses::suspend(tx, id, "auto", NOW))).await.unwrap();
        assert_eq!(transfer(None).await, None);
    }
}

#[tokio::test]
async fn expiry_limit_and_owner_are_set_and_cleared() {
    for w in worlds().await {
        let user = User {
            id: id(10),
            account_id: ACCOUNT,
            external_id: None,
            email: None,
            name: None,
            role: "user".to_owned(),
            banned_at: None,
            created_at: NOW,
        };
        w.write(user, |it, tx| Box::pin(users::insert(tx, it))).await.unwrap();
        let license = w.license(1, |_| {}).await;
        let set = async |license, expiry, text, limit, user| {
            w.write((), move |(), tx| {
                Box::pin(async move {
                    let expiry = licenses::set_expiry(tx, license, expiry, text, LATER).await?;
                    let limit = licenses::set_max_machines(tx, license, limit, LATER).await?;
                    Ok((expiry, limit, licenses::set_user(tx, license, user, LATER).await?))
                })
            })
            .await
        };
        let changed = set(license.id, Some(END), Some("text"), Some(u32::MAX), Some(id(10))).await.unwrap();
        assert_eq!(changed, (true, true, true));
        let expected = License {
            expiry: Some(END),
            expiry_text: Some("text".to_owned()),
            max_machines: Some(u32::MAX),
            user_id: Some(id(10)),
            updated_at: LATER,
            ..license.clone()
        };
        assert_eq!(w.found(license.id).await, expected);
        assert_eq!(set(id(9), None, None, None, None).await.unwrap(), (false, false, false));
        assert_eq!(set(license.id, None, None, None, None).await.unwrap(), (true, true, true));
        let error = set(license.id, None, None, None, Some(id(99))).await.unwrap_err();
        assert_eq!(error.code(), "DATABASE_ERROR");
        assert_eq!(w.found(license.id).await, License { updated_at: LATER, ..license });
    }
}

#[tokio::test]
async fn the_first_validation_is_kept_and_may_begin_the_expiry() {
    for w in worlds().await {
        let license = w.license(1, |_| {}).await;
        let id = license.id;
        for (at, expiry) in [(NOW, Some(END)), (LATER, None)] {
            w.write((), move |(), tx| Box::pin(licenses::touch_validated(tx, id, at, expiry))).await.unwrap();
        }
        let (first_validated_at, last_validated_at, expiry) = (Some(NOW), Some(LATER), Some(END));
        let expected = License { first_validated_at, last_validated_at, expiry, ..license };
        assert_eq!(w.found(id).await, expected);
    }
}
