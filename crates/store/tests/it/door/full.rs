//! A disk without space.

use keyward_store::{Map, Read as _, Sql, StoreError, Tx, settings};

use crate::world::{NOW, World, sqlite};

static LARGE: [u8; 100_000] = [7; 100_000];

async fn pages(tx: &Tx<'_>, text: &'static str) -> Result<(), StoreError> {
    let map: Map<i64> = |row| row.take();
    tx.one(Sql::of_test(text), &[], map).await.map(drop)
}

async fn put(w: &World, name: &'static str, value: &'static [u8]) -> Result<(), StoreError> {
    w.write((), move |(), tx| Box::pin(settings::put(tx, name, value, NOW))).await
}

#[tokio::test]
async fn a_full_disk_is_told_harms_nothing_and_is_forgotten_once_there_is_space() {
    let w = sqlite().await;
    put(&w, "small", b"before").await.unwrap();
    // The database may grow no more.
    w.write((), |(), tx| Box::pin(pages(tx, "pragma max_page_count = 1"))).await.unwrap();
    for _ in 0..3 {
        let error = put(&w, "large", &LARGE).await.unwrap_err();
        assert_eq!(error.code(), "DATABASE_FULL", "{error}");
        assert!(error.is_temporary());
        assert_eq!(settings::get(&w.store, "small").await.unwrap().unwrap(), b"before");
        assert_eq!(settings::get(&w.store, "large").await.unwrap(), None);
    }
    put(&w, "small", b"after").await.unwrap();
    w.write((), |(), tx| Box::pin(pages(tx, "pragma max_page_count = 1000000"))).await.unwrap();
    put(&w, "large", &LARGE).await.unwrap();
    assert_eq!(settings::get(&w.store, "large").await.unwrap().unwrap().len(), LARGE.len());
}
