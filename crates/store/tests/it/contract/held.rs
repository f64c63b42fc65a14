//! What an installation holds: licences on its list, their machines, pools and limits.

use keyward_store::installations::{self, Installation};
use keyward_store::machines::{self, Machine};
use keyward_store::{device_pools, licenses, limits};
use uuid::Uuid;

use crate::world::{ACCOUNT, NOW, POLICY, PRODUCT, World, id, worlds};

const MINE: Uuid = id(20);
const OTHER: Uuid = id(21);

async fn installation(w: &World, id: Uuid) {
    let row = Installation {
        id,
        account_id: ACCOUNT,
        name: id.to_string(),
        own: false,
        secret_sealed: None,
        secret_generated_at: None,
        free_devices: None,
        over_limit_since: None,
        created_at: NOW,
    };
    assert!(w.write(row, |it, tx| Box::pin(installations::insert(tx, it))).await.unwrap());
}

async fn held(w: &World, installation: Uuid) -> Vec<Uuid> {
    let held = licenses::of_installation(&w.store, installation).await.unwrap();
    held.into_iter().map(|found| found.license.id).collect()
}

async fn put(w: &World, license: Uuid, installation: Uuid, seconds: i64) -> bool {
    let at = NOW.plus_seconds(seconds);
    w.write((), move |(), tx| Box::pin(licenses::put_on_list(tx, license, installation, at))).await.unwrap()
}

async fn device(w: &World, number: u128, license: Uuid, seconds: i64) {
    let machine = Machine {
        id: id(number),
        account_id: ACCOUNT,
        license_id: license,
        user_id: None,
        fingerprint: format!("device {number}"),
        uniqueness_scope: MINE,
        pool: Some("desks".to_owned()),
        name: None,
        address: None,
        user_agent: None,
        created_at: NOW.plus_seconds(seconds),
        last_seen_at: NOW,
    };
    assert!(w.write(machine, |it, tx| Box::pin(machines::insert(tx, it))).await.unwrap());
}

#[tokio::test]
async fn licences_come_on_a_list_and_off_it_and_stay_one_installations() {
    for w in worlds().await {
        installation(&w, MINE).await;
        installation(&w, OTHER).await;
        let late = w.license(1, |_| {}).await.id;
        let early = w.license(2, |license| license.installation_id = Some(MINE)).await.id;
        let keyless = w
            .license(3, |license| {
                license.installation_id = Some(MINE);
                license.key_digest = None;
            })
            .await
            .id;
        assert!(held(&w, MINE).await.is_empty(), "issued is not activated");
        assert!(put(&w, late, MINE, 9).await);
        assert!(put(&w, early, MINE, 5).await);
        assert!(!put(&w, late, OTHER, 9).await);
        assert_eq!(held(&w, MINE).await, [early, late]);
        assert!(held(&w, OTHER).await.is_empty());
        assert_eq!(licenses::keyless_of_installation(&w.store, MINE, POLICY).await.unwrap(), Some(keyless));
        assert_eq!(licenses::keyless_of_installation(&w.store, OTHER, POLICY).await.unwrap(), None);

        let off = async || {
            w.write((), move |(), tx| Box::pin(licenses::take_off_list(tx, early, NOW.plus_seconds(20))))
                .await
                .unwrap()
        };
        assert!(off().await);
        assert!(!off().await);
        assert_eq!(held(&w, MINE).await, [late]);
        let found = licenses::by_id(&w.store, early).await.unwrap().unwrap();
        assert_eq!(found.removed_at, Some(NOW.plus_seconds(20)));
        assert!(put(&w, early, MINE, 30).await, "it can come back");
        assert_eq!(held(&w, MINE).await, [early, late], "and keeps when it was first activated");

        w.write((), move |(), tx| Box::pin(licenses::set_metadata(tx, early, "{\"a\":1}", NOW)))
            .await
            .unwrap();
        w.write((), move |(), tx| Box::pin(licenses::touch_seen(tx, early, NOW.plus_seconds(40))))
            .await
            .unwrap();
        w.write((), move |(), tx| Box::pin(licenses::add_machines(tx, early, 3, NOW))).await.unwrap();
        let row = w.found(early).await;
        assert_eq!((row.metadata.as_str(), row.machines_count), ("{\"a\":1}", 3));
        assert_eq!(row.last_validated_at, Some(NOW.plus_seconds(40)));
        assert_eq!(row.first_validated_at, Some(NOW.plus_seconds(40)));
    }
}

#[tokio::test]
async fn machines_pools_and_limits_of_all_licences_are_read_at_once_and_machines_move() {
    for w in worlds().await {
        installation(&w, MINE).await;
        let mine = |license: &mut licenses::License| license.installation_id = Some(MINE);
        let (one, two) = (w.license(1, mine).await.id, w.license(2, mine).await.id);
        let foreign = w.license(3, |_| {}).await.id;
        for (number, license, seconds) in [(31, one, 3), (32, two, 1), (33, one, 2)] {
            device(&w, number, license, seconds).await;
        }
        device(&w, 34, foreign, 0).await;
        let order = async || {
            let machines = machines::of_installation(&w.store, MINE, PRODUCT).await.unwrap();
            machines.into_iter().map(|it| (it.id, it.license_id, it.pool.is_some())).collect::<Vec<_>>()
        };
        assert_eq!(order().await, [(id(32), two, true), (id(33), one, true), (id(31), one, true)]);
        let there = async |name: &str| {
            let found = machines::in_installation(&w.store, MINE, PRODUCT, name).await.unwrap();
            found.map(|machine| machine.id)
        };
        assert_eq!(there("device 33").await, Some(id(33)));
        assert_eq!(there("device 34").await, None, "of a licence of nobody's installation");
        let of_other = machines::of_installation(&w.store, MINE, id(99)).await.unwrap();
        assert_eq!(of_other, [], "of another product");
        let found = machines::in_installation(&w.store, MINE, id(99), "device 33").await.unwrap();
        assert_eq!(found, None, "of another product");
        w.write((), move |(), tx| Box::pin(machines::assign(tx, id(32), one, Some("desks")))).await.unwrap();
        let moved = w.write((), move |(), tx| Box::pin(machines::assign_all(tx, one, two))).await.unwrap();
        assert_eq!(moved, 3);
        assert_eq!(order().await, [(id(32), two, false), (id(33), two, false), (id(31), two, false)]);
        for (license, pool, removed) in [(two, "desks", 0), (foreign, "kiosk", 0), (foreign, "desks", 1)] {
            let delete =
                w.write((), move |(), tx| Box::pin(machines::delete_of_pool(tx, license, pool))).await;
            assert_eq!(delete.unwrap(), removed, "{pool}");
        }

        for license in [one, foreign] {
            for name in ["b", "a"] {
                w.write((), move |(), tx| Box::pin(device_pools::set(tx, ACCOUNT, license, name, 1, None)))
                    .await
                    .unwrap();
                w.write((), move |(), tx| Box::pin(limits::set(tx, ACCOUNT, license, name, 7)))
                    .await
                    .unwrap();
            }
        }
        let count = async |name| {
            w.write((), move |(), tx| Box::pin(device_pools::count(tx, one, name))).await.unwrap()
        };
        assert!(count("a").await);
        assert!(!count("a").await, "one place");
        assert!(!count("c").await);
        let uncount =
            async || w.write((), move |(), tx| Box::pin(device_pools::uncount(tx, one, "a"))).await.unwrap();
        assert!(uncount().await);
        assert!(!uncount().await);
        assert!(count("a").await);
        let pools = async || {
            let pools = device_pools::of_installation(&w.store, MINE).await.unwrap();
            pools.into_iter().map(|(of, pool)| (of, pool.name, pool.devices_count)).collect::<Vec<_>>()
        };
        assert_eq!(pools().await, [(one, "a".to_owned(), 1), (one, "b".to_owned(), 0)]);
        w.write((), move |(), tx| Box::pin(device_pools::empty(tx, one))).await.unwrap();
        assert_eq!(pools().await, [(one, "a".to_owned(), 0), (one, "b".to_owned(), 0)]);
        let limits = limits::of_installation(&w.store, MINE).await.unwrap();
        let limits: Vec<_> = limits.into_iter().map(|(of, it)| (of, it.name, it.maximum)).collect();
        assert_eq!(limits, [(one, "a".to_owned(), 7), (one, "b".to_owned(), 7)]);
    }
}
