//! Named limits.

use keyward_store::limits::{self, Limit};

use crate::world::{ACCOUNT, id, worlds};

#[tokio::test]
async fn a_limit_is_spent_given_back_and_never_overdrawn() {
    for w in worlds().await {
        let license = w.license(1, |_| {}).await.id;
        let set = async |name, maximum| {
            w.write((), move |(), tx| Box::pin(limits::set(tx, ACCOUNT, license, name, maximum)))
                .await
                .unwrap();
        };
        let spend = async |name, amount| {
            let used = w.write((), move |(), tx| Box::pin(limits::use_up(tx, license, name, amount))).await;
            used.unwrap().map(|limit: Limit| limit.used)
        };
        set("calls", 10).await;
        assert_eq!(spend("calls", 7).await, Some(7));
        assert_eq!(spend("calls", 4).await, None);
        assert_eq!(spend("calls", 3).await, Some(10));
        assert_eq!(spend("calls", i64::MAX).await, None);
        assert_eq!(spend("calls", i64::MIN).await, None);
        assert_eq!(spend("calls", -11).await, None);
        // Lowered below what was used, it can still be given back.
        set("calls", 5).await;
        assert_eq!(spend("calls", 0).await, Some(10));
        assert_eq!(spend("calls", -1).await, Some(9));
        assert_eq!(spend("calls", 1).await, None);
        assert_eq!(spend("calls", -9).await, Some(0));
        assert_eq!(spend("no such", 1).await, None);
        set("Bytes", i64::MAX).await;
        assert_eq!(spend("Bytes", i64::MAX).await, Some(i64::MAX));
        assert_eq!(spend("Bytes", 1).await, None);
        set("Žaba", 0).await;

        let names = async || -> Vec<String> {
            limits::of_license(&w.store, license).await.unwrap().into_iter().map(|limit| limit.name).collect()
        };
        assert_eq!(names().await, ["Bytes", "calls", "Žaba"]);
        let delete = async |name| {
            w.write((), move |(), tx| Box::pin(limits::delete(tx, license, name))).await.unwrap()
        };
        assert!(delete("Bytes").await);
        assert!(!delete("Bytes").await);
        assert_eq!(names().await, ["calls", "Žaba"]);
        assert!(limits::of_license(&w.store, id(5)).await.unwrap().is_empty());
    }
}
