//! Answers by `Idempotency-Key`.

use keyward_store::idempotency::{self, Kept, Scope};

use crate::world::{ACCOUNT, NOW, TEXTS, digest, worlds};

#[tokio::test]
async fn the_first_request_takes_the_key_and_its_answer_is_kept_until_it_is_old() {
    for w in worlds().await {
        let scope = |key: &str| Scope {
            account_id: ACCOUNT,
            bearer: "anonymous".to_owned(),
            route: "POST /licenses".to_owned(),
            key: key.to_owned(),
        };
        for (number, key) in (0..).zip(TEXTS) {
            let begin = async |scope: Scope| {
                let at = NOW.plus_seconds(number);
                w.write(scope, move |it, tx| Box::pin(idempotency::begin(tx, it, &[7; 32], at)))
                    .await
                    .unwrap()
            };
            let get = async || idempotency::get(&w.store, &scope(key)).await.unwrap();
            assert_eq!(get().await, None);
            assert!(begin(scope(key)).await);
            assert!(!begin(scope(key)).await);
            assert!(begin(Scope { bearer: digest(1).len().to_string(), ..scope(key) }).await);
            assert_eq!(get().await, Some(Kept { body_digest: [7; 32], answer: None }));
            w.write(scope(key), move |it, tx| Box::pin(idempotency::finish(tx, it, 201, key))).await.unwrap();
            assert_eq!(get().await.unwrap().answer, Some((201, key.to_owned())));
        }
        let again = Scope { bearer: "given back".to_owned(), ..scope(TEXTS[0]) };
        for _ in 0..2 {
            let begun =
                w.write(again.clone(), |it, tx| Box::pin(idempotency::begin(tx, it, &[7; 32], NOW))).await;
            assert!(begun.unwrap(), "it was given back");
            w.write(again.clone(), |it, tx| Box::pin(idempotency::forget(tx, it))).await.unwrap();
            assert_eq!(idempotency::get(&w.store, &again).await.unwrap(), None);
        }
        assert!(idempotency::get(&w.store, &scope(TEXTS[0])).await.unwrap().is_some(), "no other was");
        let old = async || {
            let before = NOW.plus_seconds(2);
            w.write((), move |(), tx| Box::pin(idempotency::delete_old(tx, before, 1_000))).await.unwrap()
        };
        assert_eq!(old().await, 4);
        assert_eq!(old().await, 0);
        assert_eq!(idempotency::get(&w.store, &scope(TEXTS[1])).await.unwrap(), None);
        assert!(idempotency::get(&w.store, &scope(TEXTS[2])).await.unwrap().is_some());
    }
}
