//! Device pools.

use keyward_store::device_pools::{self, DevicePool};

use crate::world::{ACCOUNT, NOW, TEXTS, id, worlds};

#[tokio::test]
async fn a_pool_is_set_and_set_anew() {
    for w in worlds().await {
        let license = w.license(1, |_| {}).await.id;
        let set = async |name, devices, end| {
            w.write((), move |(), tx| Box::pin(device_pools::set(tx, ACCOUNT, license, name, devices, end)))
                .await
                .unwrap();
        };
        set("floor", 5, None).await;
        set("floor", i64::MAX, Some(NOW)).await;
        for text in TEXTS {
            set(text, 0, None).await;
        }
        let pools = device_pools::of_license(&w.store, license).await.unwrap();
        assert_eq!(pools.len(), TEXTS.len() + 1);
        let floor = pools.into_iter().find(|pool| pool.name == "floor");
        let wanted = DevicePool {
            name: "floor".to_owned(),
            max_devices: i64::MAX,
            devices_count: 0,
            expires_at: Some(NOW),
        };
        assert_eq!(floor, Some(wanted));
        assert!(device_pools::of_license(&w.store, id(999)).await.unwrap().is_empty());
    }
}
