//! Jobs that panic, fail or are abandoned.

use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use keyward_store::settings;
use keyward_store::{StoreError, Tx};

use crate::world::{NOW, World, job, raw, sqlite, worlds};

/// Writes a row of its own, and then comes to its end.
fn one<'t>(number: &'t u32, tx: &'t Tx<'_>) -> BoxFuture<'t, Result<u32, StoreError>> {
    Box::pin(async move {
        settings::put(tx, &number.to_string(), b"there", NOW).await?;
        match number % 8 {
            1 => panic!("as this test wants it"),
            2 => Err(StoreError::Closed),
            3 => raw(tx, "insert into settings (name) values ('no value')").await.map(|_| 0),
            // Whatever a job makes of a statement that failed, it does not stay.
            4 => raw(tx, "insert into settings (name) values (null)").await.map(|_| 0).or(Ok(*number)),
            _ => Ok(*number),
        }
    })
}

async fn there(w: &World, number: u32) -> bool {
    settings::get(&w.store, &number.to_string()).await.unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_panics_or_fails_harms_no_other_of_its_commit() {
    for w in worlds().await {
        let results = join_all((0..64).map(|number| w.store.write(job(number, one)))).await;
        for (number, result) in (0..).zip(results) {
            let code = result.as_ref().map_or_else(StoreError::code, |_| "there");
            let expected = match number % 8 {
                1..=4 => "DATABASE_ERROR",
                _ => "there",
            };
            assert_eq!(code, expected, "{number} on {}", w.store.kind());
            assert_eq!(there(&w, number).await, expected == "there", "{number} on {}", w.store.kind());
        }
        let metrics = w.store.metrics();
        assert_eq!((metrics.failed(), metrics.jobs(), metrics.waiting()), (32, 33, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panicking_job_is_named() {
    for w in worlds().await {
        let error = w.store.write(job(1, one)).await.unwrap_err();
        assert_eq!(error.to_string(), "the job test.do panicked and was rolled back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_made_although_its_caller_has_gone() {
    for w in worlds().await {
        for number in [0, 5, 6, 7] {
            let write = w.store.write(job(number, one));
            // Polled once and dropped: the job is on its way.
            assert!(tokio::time::timeout(Duration::ZERO, write).await.is_err() || there(&w, number).await);
        }
        for number in [0, 5, 6, 7] {
            while !there(&w, number).await {
                tokio::task::yield_now().await;
            }
        }
    }
}

#[tokio::test]
async fn on_sqlite_a_job_that_waits_for_anything_else_is_told_so() {
    let w = sqlite().await;
    let waiting = w.write((), |(), tx| {
        Box::pin(async move {
            settings::put(tx, "before", b"", NOW).await?;
            tokio::task::yield_now().await;
            Ok(())
        })
    });
    let error = waiting.await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the job test.do waited for something other than its transaction and was rolled back"
    );
    assert_eq!(settings::get(&w.store, "before").await.unwrap(), None);
    w.write((), |(), tx| Box::pin(settings::put(tx, "after", b"", NOW))).await.unwrap();
}
