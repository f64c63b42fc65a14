//! Attempts to validate.

use keyward_core::time::Timestamp;
use keyward_store::verifications::{self, Verification};

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
