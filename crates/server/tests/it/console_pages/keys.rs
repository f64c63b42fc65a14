//! Signing keys: seen, given to applications, rotated and retired.

use keyward_core::crypto::Algorithm;
use keyward_engine::Caller;
use keyward_engine::keys::Rotate;
use keyward_engine::token::Role;

use super::Person;
use crate::site::Site;

async fn key(site: &Site) -> keyward_engine::keys::KeyInfo {
    let which = Rotate::Of { product: Some("lk".to_owned()), algorithm: Algorithm::Ed25519 };
    site.engine.rotate_key(&Caller::operator(), which).await.expect("a key")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_part_is_shown_and_downloaded_and_an_old_key_is_pointed_out() {
    let site = Site::new().await;
    let key = key(&site).await;
    let hint = key.key_id.clone().expect("a hint");
    let developer = Person::of(&site, Role::Developer).await;
    let page = developer.page("/console/keys").await;
    assert!(page.contains(&hint) && !page.contains("Older than a year"), "{page}");
    let page = developer.page(&format!("/console/keys/{}", key.id)).await;
    let pem = site.engine.public_key(key.id).await.unwrap();
    assert!(page.contains(pem.trim()), "{page}");
    assert!(!page.contains("/rotate\"") && !page.contains("PRIVATE"), "{page}");
    let file = developer.get(&format!("/console/keys/{}/public.pem", key.id)).await;
    assert_eq!((file.status, file.body), (200, pem));

    site.clock.advance(366 * 86_400);
    let developer = Person::called(&site, Role::Developer, "later@example.com").await;
    assert!(developer.page("/console/keys").await.contains("Older than a year"));
    assert!(developer.page(&format!("/console/keys/{}", key.id)).await.contains("think of rotating it"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_rotated_and_then_retired() {
    for site in Site::all().await {
        let old = key(&site).await;
        let admin = Person::of(&site, Role::Admin).await;
        let path = format!("/console/keys/{}", old.id);
        let page = admin.done(&format!("{path}/rotate"), &[]).await;
        assert!(
            page.contains("This key signs from now on.") && !page.contains(old.key_id.as_deref().unwrap())
        );
        assert_eq!(admin.last_event().await, ("key.rotate".to_owned(), Some(admin.id)));
        assert_eq!(admin.post(&format!("{path}/rotate"), &[]).await.status, 409, "one is enough");

        let answer = admin.post(&format!("{path}/retire"), &[("hint", "00000000")]).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("nothing was done"));
        let hint = old.key_id.as_deref().expect("a hint");
        assert!(
            admin.done(&format!("{path}/retire"), &[("hint", hint)]).await.contains("The key was retired.")
        );
        let answer = admin.post(&format!("{path}/retire"), &[("hint", hint)]).await;
        assert_eq!(answer.status, 409, "it is retired already");
        assert_eq!(admin.last_event().await, ("key.retire".to_owned(), Some(admin.id)));
        assert_eq!(admin.post(&format!("{path}/burn"), &[]).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_secret_is_not_shown() {
    let site = Site::new().await;
    site.tier_key("PRO", "c1").await;
    let admin = Person::of(&site, Role::Admin).await;
    let page = admin.page("/console/keys").await;
    // The key that signs the audit log may have been made before it.
    let (row, _) = page.split_once("Shared secret").expect("its row");
    let (_, place) = row.rsplit_once("href=\"/console/keys/").expect("the link of its row");
    let place = place.split('"').next().expect("an address").to_owned();
    let page = admin.page(&format!("/console/keys/{place}")).await;
    assert!(page.contains("A shared secret has no public part") && !page.contains("/retire\""), "{page}");
    assert_eq!(admin.get(&format!("/console/keys/{place}/public.pem")).await.status, 404);
    assert_eq!(admin.post(&format!("/console/keys/{place}/retire"), &[]).await.status, 409);
}
