//! Machines.

use keyward_store::machines::{self, Machine};
use uuid::Uuid;

use crate::world::{ACCOUNT, NOW, POLICY, TEXTS, id, worlds};

fn machine(number: u128, license: Uuid, scope: Uuid, fingerprint: &str) -> Machine {
    Machine {
        id: id(number),
        account_id: ACCOUNT,
        license_id: license,
        user_id: None,
        fingerprint: fingerprint.to_owned(),
        uniqueness_scope: scope,
        pool: None,
        name: None,
        address: None,
        user_agent: None,
        created_at: NOW,
        last_seen_at: NOW,
    }
}

#[tokio::test]
async fn a_device_is_there_once_in_its_scope_and_can_come_back_after_it_was_released() {
    for w in worlds().await {
        let (license, other) = (w.license(1, |_| {}).await.id, w.license(2, |_| {}).await.id);
        let full = Machine {
            pool: Some("desks".to_owned()),
            name: Some(TEXTS[0].to_owned()),
            address: Some("192.0.2.7".to_owned()),
            user_agent: Some(TEXTS[2].to_owned()),
            ..machine(41, license, POLICY, TEXTS[1])
        };
        let second = machine(42, license, license, TEXTS[1]);
        let insert =
            async |it: Machine| w.write(it, |it, tx| Box::pin(machines::insert(tx, it))).await.unwrap();
        assert!(insert(full.clone()).await);
        assert!(!insert(machine(43, other, POLICY, TEXTS[1])).await);
        assert!(insert(second.clone()).await);
        assert_eq!(machines::by_id(&w.store, full.id).await.unwrap().as_ref(), Some(&full));
        assert_eq!(machines::by_id(&w.store, id(99)).await.unwrap(), None);
        assert_eq!(machines::of_license(&w.store, license).await.unwrap(), [full.clone(), second]);
        assert!(machines::of_license(&w.store, other).await.unwrap().is_empty());

        let found = async || machines::by_fingerprint(&w.store, POLICY, TEXTS[1]).await.unwrap();
        assert_eq!(found().await.as_ref(), Some(&full));
        assert_eq!(machines::by_fingerprint(&w.store, POLICY, "").await.unwrap(), None);
        // A clock that went back does not make it older.
        for seconds in [60, 30] {
            let at = NOW.plus_seconds(seconds);
            w.write((), move |(), tx| Box::pin(machines::touch(tx, id(41), at))).await.unwrap();
        }
        assert_eq!(found().await.unwrap().last_seen_at, NOW.plus_seconds(60));
        let delete = async || w.write((), |(), tx| Box::pin(machines::delete(tx, id(41)))).await.unwrap();
        assert!(delete().await);
        assert!(!delete().await);
        assert_eq!(found().await, None);
        assert!(insert(machine(43, other, POLICY, TEXTS[1])).await);
    }
}
