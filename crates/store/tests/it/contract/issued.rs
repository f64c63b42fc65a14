//! Forms given out.

use keyward_core::time::Timestamp;
use keyward_store::issued::{self, Issued};
use uuid::Uuid;

use crate::world::{ACCOUNT, NOW, TEXTS, digest, id, worlds};

pub(super) fn form(number: u32, license: Uuid, key: Option<Uuid>) -> Issued {
    Issued {
        id: id(u128::from(number) + 4_000),
        account_id: ACCOUNT,
        license_id: license,
        scheme: "record".to_owned(),
        form_sealed: vec![number as u8; 3],
        digest: digest(number).to_vec(),
        hint: None,
        signing_key_id: key,
        device: None,
        issued_at: NOW,
        expires_at: None,
        superseded_at: None,
    }
}

#[tokio::test]
async fn old_forms_still_find_their_licence_after_newer_ones_took_their_place() {
    for w in worlds().await {
        let license = w.license(1, |_| {}).await.id;
        let full = Issued {
            hint: Some("wxyz".to_owned()),
            device: Some(TEXTS[0].to_owned()),
            expires_at: Some(Timestamp::from_micros(i64::MAX)),
            superseded_at: Some(NOW),
            ..form(1, license, None)
        };
        for one in [full.clone(), form(2, license, None)] {
            assert!(w.write(one, |it, tx| Box::pin(issued::insert(tx, it))).await.unwrap());
        }
        assert!(!w.write(full.clone(), |it, tx| Box::pin(issued::insert(tx, it))).await.unwrap());
        let later = NOW.plus_seconds(1);
        let supersede = async || {
            w.write((), move |(), tx| Box::pin(issued::supersede(tx, license, later))).await.unwrap()
        };
        assert_eq!(supersede().await, 1);
        assert_eq!(supersede().await, 0);
        let old = Issued { superseded_at: Some(later), ..form(2, license, None) };
        assert_eq!(issued::of_license(&w.store, license).await.unwrap(), [full, old]);
        assert!(issued::of_license(&w.store, id(5)).await.unwrap().is_empty());
        for (number, found) in [(1, Some(license)), (2, Some(license)), (3, None)] {
            let by_digest = issued::license_by_digest(&w.store, ACCOUNT, &digest(number)).await;
            assert_eq!(by_digest.unwrap(), found);
        }
        assert_eq!(issued::license_by_digest(&w.store, id(5), &digest(1)).await.unwrap(), None);
    }
}
