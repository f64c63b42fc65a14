//! What jobs leave behind when they are dropped on the writer's own thread.

use keyward_store::{Job, Store, StoreError, Tx, settings};

use crate::world::{NOW, job, raw, sqlite, worlds};

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("as this test wants it");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_panics_when_it_is_dropped_has_made_its_change_and_the_next_one_makes_its_own() {
    for w in worlds().await {
        for name in ["first", "second"] {
            w.write(Bomb, move |_, tx| Box::pin(settings::put(tx, name, b"", NOW))).await.unwrap();
            assert!(settings::get(&w.store, name).await.unwrap().is_some());
        }
        // What it gives panics as well, and its caller has gone.
        let given = w.write((), |(), tx| {
            Box::pin(async move {
                settings::put(tx, "third", b"", NOW).await?;
                Ok(Bomb)
            })
        });
        let _ = tokio::time::timeout(std::time::Duration::ZERO, given).await.map(std::mem::forget);
        w.write((), |(), tx| Box::pin(settings::put(tx, "fourth", b"", NOW))).await.unwrap();
    }
}

/// Holds the last clone of the store that it is a job of.
struct Last(#[expect(dead_code, reason = "it is only held")] Store);

impl Job for Last {
    const NAME: &'static str = "test.last";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        settings::put(tx, "last", b"", NOW).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_may_be_closed_by_its_own_last_job() {
    let w = sqlite().await;
    let store = w.database.open().await.unwrap();
    let last = Last(store.clone());
    async move { store.write(last).await }.await.unwrap();
    let again = w.database.open().await.unwrap();
    assert!(settings::get(&again, "last").await.unwrap().is_some());
}

#[tokio::test]
async fn statements_of_another_schema_are_prepared_anew() {
    for w in worlds().await {
        let put = async |value: &'static [u8]| {
            w.write((), move |(), tx| Box::pin(settings::put(tx, "name", value, NOW))).await.unwrap();
            assert_eq!(settings::get(&w.store, "name").await.unwrap().unwrap(), value);
        };
        put(b"before").await;
        let other = w.database.open().await.unwrap();
        let alter = job((), |(), tx| Box::pin(raw(tx, "alter table settings add column note text")));
        other.write(alter).await.unwrap();
        put(b"after").await;
    }
}
