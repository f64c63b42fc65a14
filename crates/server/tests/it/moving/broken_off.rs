//! Imports that do not come to their end leave nothing that anybody sees, and are not in the way of the next one.

use std::time::Duration;

use keyward_engine::Caller;
use keyward_engine::import::System;
use keyward_engine::license::Named;
use keyward_store::batches::Unfinished;

use super::{Old, set_secret, total};
use crate::site::Site;

/// What is unfinished, once the last part that was on its way is written.
async fn settled(site: &Site) -> Vec<Unfinished> {
    let mut before = Vec::new();
    loop {
        let now = site.engine.unfinished_batches().await.expect("reads");
        if now == before && !now.is_empty() {
            return now;
        }
        before = now;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_off_import_is_not_seen_and_the_next_one_takes_its_place() {
    for site in Site::all().await {
        for system in [System::B, System::C] {
            let old = Old::like(&site, system, 3_000).await;
            if system == System::C {
                set_secret(&site).await;
            }
            let engine = site.command().await;
            let (caller, import) = (Caller::operator(), old.import(false, true));
            // Dropped in the middle, as a process that is killed: what was handed to the database is written.
            let running = tokio::spawn(async move {
                let stop = |read, total| {
                    assert!(read < total / 2, "far enough");
                };
                let _ = engine.import(&caller, import, stop).await;
            });
            assert!(running.await.expect_err("it is broken off").is_panic());
            let left = settled(&site).await;
            assert_eq!(left.len(), 1, "{}", system.as_str());
            assert!(left[0].made > 0, "some licences are there");
            assert_eq!(total(&site, system).await, 0);
            let key = |name| old.answers[0][name].as_str().map(str::to_owned);
            let key = key("license_key").or(key("license")).expect("a key");
            assert!(site.engine.show(&Named::Key(key.clone())).await.is_err(), "it is not seen");

            // What changes in a minute is being made; this does not.
            let minute = async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                site.clock.advance(61);
            };
            let (done, ()) = tokio::join!(old.run(&site, false, true), minute);
            assert_eq!(done.imported, 3_000);
            assert!(site.engine.unfinished_batches().await.expect("reads").is_empty());
            assert_eq!(total(&site, system).await, 3_000);
            site.engine.show(&Named::Key(key)).await.expect("it is seen");
        }
    }
}
