//! Settings.

use keyward_store::settings;

use crate::world::{NOW, TEXTS, worlds};

#[tokio::test]
async fn a_setting_is_written_replaced_kept_and_removed() {
    for w in worlds().await {
        for name in TEXTS {
            let get = async || settings::get(&w.store, name).await.unwrap();
            assert_eq!(get().await, None);
            let put_new = async |value: &'static [u8]| {
                w.write((), move |(), tx| Box::pin(settings::put_new(tx, name, value, NOW))).await.unwrap()
            };
            assert!(put_new(b"first").await);
            assert!(!put_new(b"second").await);
            assert_eq!(get().await.unwrap(), b"first");
            w.write((), move |(), tx| Box::pin(settings::put(tx, name, &[0, 255], NOW))).await.unwrap();
            assert_eq!(get().await.unwrap(), [0, 255]);
            let replace = async |before: &'static [u8], value: &'static [u8]| {
                w.write((), move |(), tx| Box::pin(settings::replace(tx, name, before, value, NOW)))
                    .await
                    .unwrap()
            };
            assert!(!replace(b"first", b"third").await);
            assert!(replace(&[0, 255], b"third").await);
            assert_eq!(get().await.unwrap(), b"third");
            let delete =
                async || w.write((), move |(), tx| Box::pin(settings::delete(tx, name))).await.unwrap();
            assert!(delete().await);
            assert!(!delete().await);
            assert!(!replace(b"third", b"fourth").await);
            assert_eq!(get().await, None);
        }
    }
}
