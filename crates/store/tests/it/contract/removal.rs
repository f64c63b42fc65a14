//! Emptying a product: its licences in pages, their removal, and counters that begin anew.

use keyward_store::batches::{self, Batch};
use keyward_store::licenses::{self, Removed};
use keyward_store::machines::{self, Machine};
use keyward_store::stats::{self, Change};
use keyward_store::{Tx, device_pools, limits};
use uuid::Uuid;

use crate::world::{ACCOUNT, NOW, POLICY, PRODUCT, World, id, license, worlds};

async fn fill(tx: &Tx<'_>, license: Uuid) -> Result<(), keyward_store::StoreError> {
    let machine = Machine {
        id: id(70),
        account_id: ACCOUNT,
        license_id: license,
        user_id: None,
        fingerprint: "a".to_owned(),
        uniqueness_scope: license,
        pool: None,
        name: None,
        address: None,
        user_agent: None,
        created_at: NOW,
        last_seen_at: NOW,
    };
    assert!(machines::insert(tx, &machine).await?);
    limits::set(tx, ACCOUNT, license, "calls", 5).await?;
    device_pools::set(tx, ACCOUNT, license, "floor", 5, None).await
}

async fn remove(w: &World, license: Uuid) -> Option<Removed> {
    w.write(license, |license, tx| Box::pin(licenses::remove(tx, *license))).await.unwrap()
}

#[tokio::test]
async fn a_licence_goes_with_all_that_is_its_own() {
    for w in worlds().await {
        let other = w.license(2, |_| {}).await.id;
        let gone = w
            .license(1, |license| {
                license.first_activated_at = Some(NOW);
                license.suspended_at = Some(NOW);
                license.suspension_reason = Some("revoked".to_owned());
            })
            .await
            .id;
        w.write(gone, |license, tx| Box::pin(fill(tx, *license))).await.unwrap();
        let removed = Removed {
            policy_id: POLICY,
            first_activated_at: Some(NOW),
            suspension_reason: Some("revoked".to_owned()),
        };
        assert_eq!(remove(&w, gone).await, Some(removed));
        assert_eq!(remove(&w, gone).await, None);
        assert!(licenses::by_id(&w.store, gone).await.unwrap().is_none());
        assert!(machines::of_license(&w.store, gone).await.unwrap().is_empty());
        assert!(limits::of_license(&w.store, gone).await.unwrap().is_empty());
        assert!(device_pools::of_license(&w.store, gone).await.unwrap().is_empty());
        assert!(licenses::by_id(&w.store, other).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn pages_follow_the_ids_and_leave_out_what_is_not_finished() {
    for w in worlds().await {
        for number in [3, 1, 2] {
            w.license(number, |_| {}).await;
        }
        w.license(4, |license| license.scheme = "tier".to_owned()).await;
        let batch =
            Batch { id: id(60), account_id: ACCOUNT, name: String::new(), wanted: 1, created_at: NOW };
        w.write(batch, |batch, tx| Box::pin(batches::insert(tx, batch))).await.unwrap();
        let hidden = w.license(5, |license| license.batch_id = Some(id(60))).await.id;
        let page = async |after: Uuid| -> Vec<Uuid> {
            let page = licenses::of_product(&w.store, PRODUCT, "pool12", after, 2).await.unwrap();
            page.into_iter().map(|found| found.license.id).collect()
        };
        let ids: Vec<Uuid> = (1..=3).map(|number| license(number).id).collect();
        assert_eq!(page(Uuid::nil()).await, ids[..2]);
        assert_eq!(page(ids[1]).await, ids[2..]);
        assert!(page(ids[2]).await.is_empty());
        assert_eq!(remove(&w, hidden).await, None, "a batch under way is left alone");
    }
}

#[tokio::test]
async fn a_counter_begins_anew_and_others_stay() {
    for w in worlds().await {
        let changes = vec![
            Change::total("activations", 2),
            Change::hourly("activations", NOW, 2),
            Change::total("issued", 1),
        ];
        for policy in [3, 4] {
            w.write(changes.clone(), move |changes, tx| {
                Box::pin(stats::add(tx, ACCOUNT, id(policy), id(1), changes))
            })
            .await
            .unwrap();
        }
        w.write((), |(), tx| Box::pin(stats::clear(tx, ACCOUNT, id(3), "activations"))).await.unwrap();
        let totals = stats::totals(&w.store, ACCOUNT).await.unwrap();
        let of = |policy, name: &str| totals.get(&(id(policy), name.to_owned())).copied();
        assert_eq!((of(3, "activations"), of(3, "issued"), of(4, "activations")), (None, Some(1), Some(2)));
        assert_eq!(stats::since(&w.store, ACCOUNT, "activations", NOW).await.unwrap().len(), 1);
    }
}
