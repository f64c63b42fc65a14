//! Licences: adding and finding.

use keyward_core::time::Timestamp;
use keyward_store::installations::{self, Installation};
use keyward_store::licenses::{self, Found, License};
use keyward_store::users::{self, User};

use crate::world::{ACCOUNT, NOW, PRODUCT, TEXTS, World, digest, id, license, worlds};

/// A licence with every field set.
async fn full(w: &World) -> License {
    let user = User {
        id: id(10),
        account_id: ACCOUNT,
        external_id: Some(TEXTS[0].to_owned()),
        email: Some("a@example.org".to_owned()),
        name: None,
        role: "user".to_owned(),
        banned_at: Some(NOW),
        created_at: NOW,
    };
    w.write(user, |it, tx| Box::pin(users::insert(tx, it))).await.unwrap();
    let installation = Installation {
        id: id(20),
        account_id: ACCOUNT,
        name: "own".to_owned(),
        own: true,
        secret_sealed: None,
        secret_generated_at: None,
        free_devices: None,
        over_limit_since: None,
        created_at: NOW,
    };
    w.write(installation, |it, tx| Box::pin(installations::insert(tx, it))).await.unwrap();
    let (least, most) = (Some(Timestamp::from_micros(i64::MIN)), Some(Timestamp::from_micros(i64::MAX)));
    w.license(1, |license| {
        (license.user_id, license.installation_id) = (Some(id(10)), Some(id(20)));
        (license.name, license.subject) = (Some(TEXTS[1].to_owned()), Some(TEXTS[2].to_owned()));
        (license.key_sealed, license.key_hint) = (Some(vec![0, 255]), Some("wxyz".to_owned()));
        (license.expiry, license.expiry_text) = (most, Some("+012026-01-01T00:00:00Z".to_owned()));
        (license.first_activated_at, license.first_validated_at) = (least, most);
        (license.last_validated_at, license.suspended_at) = (most, least);
        (license.suspension_reason, license.max_machines) = (Some("auto".to_owned()), Some(u32::MAX));
        (license.machines_count, license.max_uses) = (i64::MAX, Some(i64::MIN));
        (license.uses, license.transfers) = (i64::MAX, i64::MIN);
        license.metadata = format!("{{\"a\":{:?}}}", TEXTS[0]);
        license.updated_at = Timestamp::from_micros(i64::MAX);
    })
    .await
}

#[tokio::test]
async fn a_licence_comes_back_as_it_went_in_with_its_owner() {
    for w in worlds().await {
        let full = full(&w).await;
        let found = Some(Found {
            license: full.clone(),
            serial: 1,
            removed_at: None,
            user_external_id: Some(TEXTS[0].to_owned()),
            user_email: Some("a@example.org".to_owned()),
            user_banned: true,
            batch_name: None,
        });
        assert_eq!(licenses::by_id(&w.store, full.id).await.unwrap(), found);
        assert_eq!(licenses::by_digest(&w.store, ACCOUNT, &digest(1)).await.unwrap(), found);
        assert_eq!(licenses::by_subject(&w.store, PRODUCT, TEXTS[2]).await.unwrap(), found);

        let bare = w.license(2, |license| license.key_digest = None).await;
        let found = licenses::by_id(&w.store, bare.id).await.unwrap().unwrap();
        assert_eq!((found.license, found.user_banned, found.user_email), (bare, false, None));

        assert_eq!(licenses::by_id(&w.store, id(999)).await.unwrap(), None);
        assert_eq!(licenses::by_digest(&w.store, ACCOUNT, &digest(999)).await.unwrap(), None);
        assert_eq!(licenses::by_digest(&w.store, id(999), &digest(1)).await.unwrap(), None);
        assert_eq!(licenses::by_subject(&w.store, PRODUCT, "").await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_key_is_unique_in_the_account_and_a_subject_in_the_product() {
    for w in worlds().await {
        w.license(1, |license| license.subject = Some("acme".to_owned())).await;
        let insert =
            async |it: License| w.write(it, |it, tx| Box::pin(licenses::insert(tx, it))).await.unwrap();
        assert!(!insert(License { key_digest: license(1).key_digest, ..license(2) }).await);
        assert!(!insert(License { subject: Some("acme".to_owned()), ..license(2) }).await);
        assert!(insert(license(2)).await);
        assert!(!insert(license(2)).await);
    }
}

#[tokio::test]
async fn whether_a_form_was_ever_used_for_a_product_is_known() {
    for w in worlds().await {
        let any = async |scheme| licenses::any_of_product(&w.store, PRODUCT, scheme).await.unwrap();
        assert!(!any("pool12").await);
        w.license(1, |_| {}).await;
        assert!(any("pool12").await);
        assert!(!any("lk3").await);
        assert!(!licenses::any_of_product(&w.store, id(5), "pool12").await.unwrap());
    }
}

#[tokio::test]
async fn whether_anything_belongs_to_an_installation_is_known() {
    for w in worlds().await {
        let installation = Installation {
            id: id(20),
            account_id: ACCOUNT,
            name: "own".to_owned(),
            own: true,
            secret_sealed: None,
            secret_generated_at: None,
            free_devices: None,
            over_limit_since: None,
            created_at: NOW,
        };
        w.write(installation, |it, tx| Box::pin(installations::insert(tx, it))).await.unwrap();
        w.license(1, |_| {}).await;
        assert!(!licenses::any_of_installation(&w.store, id(20)).await.unwrap());
        w.license(2, |license| license.installation_id = Some(id(20))).await;
        assert!(licenses::any_of_installation(&w.store, id(20)).await.unwrap());
        assert!(!licenses::any_of_installation(&w.store, id(21)).await.unwrap());
    }
}
