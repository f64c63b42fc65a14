//! Signing keys.

use keyward_store::signing_keys::{self, SigningKey};

use crate::world::{ACCOUNT, NOW, PRODUCT, id, worlds};

#[tokio::test]
async fn keys_are_listed_from_the_oldest_change_state_and_are_removed_only_unused() {
    for w in worlds().await {
        let full = SigningKey {
            id: id(30),
            account_id: ACCOUNT,
            product_id: Some(PRODUCT),
            algorithm: "ed25519".to_owned(),
            state: "active".to_owned(),
            public_key: Some("-----BEGIN PUBLIC KEY-----\n".to_owned()),
            private_sealed: Some(vec![0; 300]),
            imported: true,
            created_at: NOW,
            retired_at: Some(NOW),
        };
        let bare = SigningKey {
            id: id(31),
            product_id: None,
            public_key: None,
            private_sealed: None,
            imported: false,
            retired_at: None,
            ..full.clone()
        };
        for key in [full.clone(), bare.clone()] {
            w.write(key, |key, tx| {
                Box::pin(async {
                    signing_keys::lock(tx, key.account_id, key.product_id).await?;
                    signing_keys::insert(tx, key).await
                })
            })
            .await
            .unwrap();
        }
        assert_eq!(signing_keys::all(&w.store).await.unwrap(), [full.clone(), bare.clone()]);

        let set = async |number| {
            w.write((), move |(), tx| Box::pin(signing_keys::set_state(tx, id(number), "retired", Some(NOW))))
                .await
                .unwrap()
        };
        assert!(set(31).await);
        assert!(!set(39).await);
        let retired = SigningKey { state: "retired".to_owned(), retired_at: Some(NOW), ..bare };
        assert_eq!(signing_keys::all(&w.store).await.unwrap(), [full.clone(), retired]);

        let delete =
            async |number| w.write((), move |(), tx| Box::pin(signing_keys::delete(tx, id(number)))).await;
        assert!(delete(31).await.unwrap());
        assert!(!delete(31).await.unwrap());
        let license = w.license(1, |_| {}).await;
        w.write(super::issued::form(1, license.id, Some(full.id)), |it, tx| {
            Box::pin(keyward_store::issued::insert(tx, it))
        })
        .await
        .unwrap();
        assert_eq!(delete(30).await.unwrap_err().code(), "DATABASE_ERROR");
        assert_eq!(signing_keys::all(&w.store).await.unwrap(), [full]);
    }
}
