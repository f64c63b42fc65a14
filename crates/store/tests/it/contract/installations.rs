//! Installations.

use keyward_store::installations::{self, Installation};

use crate::world::{ACCOUNT, NOW, TEXTS, id, worlds};

#[tokio::test]
async fn an_installation_gets_its_secret_and_its_name_is_its_own() {
    for w in worlds().await {
        let bare = Installation {
            id: id(20),
            account_id: ACCOUNT,
            name: TEXTS[0].to_owned(),
            own: true,
            secret_sealed: None,
            secret_generated_at: None,
            free_devices: None,
            over_limit_since: None,
            created_at: NOW,
        };
        let full = Installation {
            id: id(21),
            name: String::new(),
            own: false,
            secret_sealed: Some(vec![0, 255, 0]),
            secret_generated_at: Some(NOW),
            free_devices: Some(u32::MAX),
            over_limit_since: Some(NOW),
            ..bare.clone()
        };
        for one in [bare.clone(), full.clone()] {
            assert!(w.write(one, |it, tx| Box::pin(installations::insert(tx, it))).await.unwrap());
        }
        let taken = Installation { id: id(22), ..bare.clone() };
        assert!(!w.write(taken, |it, tx| Box::pin(installations::insert(tx, it))).await.unwrap());

        let set = async |number| {
            w.write((), move |(), tx| Box::pin(installations::set_secret(tx, id(number), &[], NOW)))
                .await
                .unwrap()
        };
        assert!(set(20).await);
        assert!(!set(29).await);
        let locked = async |number| {
            w.write((), move |(), tx| Box::pin(installations::lock(tx, id(number)))).await.unwrap()
        };
        assert_eq!(locked(21).await, Some(full.clone()));
        assert_eq!(locked(29).await, None);
        assert_eq!(installations::by_id(&w.store, id(21)).await.unwrap(), Some(full.clone()));
        assert_eq!(installations::by_id(&w.store, id(29)).await.unwrap(), None);
        assert_eq!(installations::by_name(&w.store, ACCOUNT, "").await.unwrap(), Some(full.clone()));
        assert_eq!(installations::by_name(&w.store, id(5), "").await.unwrap(), None);
        let first = installations::after(&w.store, ACCOUNT, 0, 1).await.unwrap();
        assert_eq!(first[0].1, id(20));
        let second = installations::after(&w.store, ACCOUNT, first[0].0, 9).await.unwrap();
        assert_eq!(second.iter().map(|(_, id)| *id).collect::<Vec<_>>(), [id(21)]);

        let secret = Installation { secret_sealed: Some(vec![]), secret_generated_at: Some(NOW), ..bare };
        assert_eq!(installations::of_account(&w.store, ACCOUNT).await.unwrap(), [secret, full]);
        assert!(installations::of_account(&w.store, id(5)).await.unwrap().is_empty());

        w.write((), |(), tx| Box::pin(installations::set_over_limit(tx, id(20), Some(NOW)))).await.unwrap();
        let free = async |number| {
            w.write((), move |(), tx| Box::pin(installations::set_free_devices(tx, id(number), Some(0))))
                .await
                .unwrap()
        };
        assert!(free(20).await);
        assert!(!free(29).await);
        let changed = installations::by_id(&w.store, id(20)).await.unwrap().unwrap();
        assert_eq!((changed.free_devices, changed.over_limit_since), (Some(0), Some(NOW)));
        w.write((), |(), tx| Box::pin(installations::set_over_limit(tx, id(20), None))).await.unwrap();
        assert_eq!(installations::by_id(&w.store, id(20)).await.unwrap().unwrap().over_limit_since, None);
    }
}
