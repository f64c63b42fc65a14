//! Attempts to validate.

use keyward_core::time::Timestamp;
use keyward_store::verifications::{self, Filter, Part, Verification};

use super::license_list::plan;
use crate::world::{ACCOUNT, NOW, TEXTS, id, worlds};

fn attempt(second: i64) -> Verification {
    Verification {
        account_id: ACCOUNT,
        license_id: Some(id(1)),
        at: NOW.plus_seconds(second),
        front: "pool".to_owned(),
        code: "VALID".to_owned(),
        reason: None,
        count: 1,
        address: None,
        origin: None,
        user_agent: None,
    }
}

#[tokio::test]
async fn attempts_are_listed_from_the_newest_and_the_oldest_go_first() {
    for w in worlds().await {
        let full = Verification {
            license_id: None,
            at: Timestamp::from_micros(i64::MAX),
            reason: Some(TEXTS[0].to_owned()),
            count: i64::MAX,
            address: Some("192.0.2.7".to_owned()),
            origin: Some(TEXTS[2].to_owned()),
            user_agent: Some(TEXTS[1].to_owned()),
            ..attempt(0)
        };
        let mut all: Vec<_> = [3, 1, 2, 0].map(attempt).into();
        all.push(full.clone());
        w.write(all, |all, tx| Box::pin(verifications::insert_all(tx, all))).await.unwrap();
        w.write(Vec::new(), |none, tx| Box::pin(verifications::insert_all(tx, none))).await.unwrap();

        let of_license = async |limit| verifications::of_license(&w.store, id(1), limit).await.unwrap();
        assert_eq!(of_license(3).await, [3, 2, 1].map(attempt));
        assert!(verifications::of_license(&w.store, id(2), 3).await.unwrap().is_empty());
        assert_eq!(verifications::latest(&w.store, ACCOUNT, 2).await.unwrap(), [full, attempt(0)]);
        assert!(verifications::latest(&w.store, id(5), 2).await.unwrap().is_empty());

        let delete = async |limit| {
            let before = NOW.plus_seconds(3);
            w.write((), move |(), tx| Box::pin(verifications::delete_old(tx, before, limit))).await.unwrap()
        };
        assert_eq!(delete(2).await, 2);
        assert_eq!(of_license(9).await, [3, 2].map(attempt));
        assert_eq!(delete(9).await, 1);
        assert_eq!(delete(9).await, 0);
    }
}

#[tokio::test]
async fn refused_and_granted_attempts_are_paged_by_time() {
    for w in worlds().await {
        let refused = |second| Verification { code: "EXPIRED".to_owned(), ..attempt(second) };
        let allowed = Verification { reason: Some(verifications::ALLOWED.to_owned()), ..refused(4) };
        let mut all: Vec<_> = [0, 1, 2].map(attempt).into();
        all.extend([0, 1, 2, 3].map(refused));
        all.push(allowed.clone());
        w.write(all, |all, tx| Box::pin(verifications::insert_all(tx, all))).await.unwrap();
        let filter = Filter {
            account: ACCOUNT,
            license: None,
            granted: Some(false),
            from: NOW.plus_seconds(1),
            to: NOW.plus_seconds(9),
            after: None,
            limit: 2,
        };
        let page = async |filter: Filter| verifications::page(&w.store, &filter).await.unwrap();
        let rows = |part: &Part| part.rows.iter().map(|(_, row)| row.clone()).collect::<Vec<_>>();
        let first = page(filter).await;
        assert_eq!(rows(&first), [3, 2].map(refused));
        let next = page(Filter { after: first.rows.last().map(|(place, _)| *place), ..filter }).await;
        assert_eq!(rows(&next), [refused(1)]);
        assert_eq!(next.looked_to, None);
        let granted = page(Filter { granted: Some(true), limit: 9, ..filter }).await;
        assert_eq!(rows(&granted), [allowed, attempt(2), attempt(1)]);
        let day = page(Filter { to: NOW.plus_seconds(2), ..filter }).await;
        assert_eq!(rows(&day), [refused(1)]);
        assert!(page(Filter { account: id(5), ..filter }).await.rows.is_empty());
    }
}

#[tokio::test]
async fn attempts_on_one_licence_are_paged_through_its_index() {
    for w in worlds().await {
        let on = |license, second| Verification { license_id: Some(id(license)), ..attempt(second) };
        let refused = |license, second| Verification { code: "EXPIRED".to_owned(), ..on(license, second) };
        let all = vec![on(1, 0), refused(2, 1), on(2, 2), refused(2, 3), refused(1, 4)];
        w.write(all, |all, tx| Box::pin(verifications::insert_all(tx, all))).await.unwrap();
        let filter = Filter {
            account: ACCOUNT,
            license: Some(id(2)),
            granted: None,
            from: NOW,
            to: NOW.plus_seconds(9),
            after: None,
            limit: 2,
        };
        let page = async |filter: Filter| verifications::page(&w.store, &filter).await.unwrap();
        let rows = |part: &Part| part.rows.iter().map(|(_, row)| row.clone()).collect::<Vec<_>>();
        let first = page(filter).await;
        assert_eq!(rows(&first), [refused(2, 3), on(2, 2)]);
        let next = page(Filter { after: first.rows.last().map(|(place, _)| *place), ..filter }).await;
        assert_eq!((rows(&next), next.looked_to), (vec![refused(2, 1)], None));
        assert_eq!(rows(&page(Filter { granted: Some(true), ..filter }).await), [on(2, 2)]);
        assert!(page(Filter { license: Some(id(3)), ..filter }).await.rows.is_empty());
        assert_eq!(rows(&page(Filter { license: None, ..filter }).await), [refused(1, 4), refused(2, 3)]);
        for statement in ["ATTEMPTS_ON", "ATTEMPTS_ON_TO"] {
            let plan = plan(&w, statement).await;
            assert!(plan.contains("verifications_by_license"), "{statement}: {plan}");
        }
    }
}
