//! Transactions of PostgreSQL in each other's way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use keyward_store::licenses;
use tokio::sync::Barrier;

use crate::world::{NOW, job, license, postgres};

struct Meeting {
    barrier: Arc<Barrier>,
    runs: Arc<AtomicU32>,
    order: [u32; 2],
    met: AtomicU32,
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_wait_for_each_other_run_again_and_count_once() {
    let Some(w) = postgres().await else { return };
    for number in [1, 2] {
        w.license(number, |_| {}).await;
    }
    let (barrier, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
    let meeting = |order| {
        let meeting =
            Meeting { barrier: Arc::clone(&barrier), runs: Arc::clone(&runs), order, met: AtomicU32::new(0) };
        job(meeting, |meeting, tx| {
            Box::pin(async move {
                meeting.runs.fetch_add(1, Ordering::Relaxed);
                licenses::count_machine(tx, license(meeting.order[0]).id, None, NOW).await?;
                // The first time both hold one row before either wants the other's.
                if meeting.met.fetch_add(1, Ordering::Relaxed) == 0 {
                    meeting.barrier.wait().await;
                }
                licenses::count_machine(tx, license(meeting.order[1]).id, None, NOW).await
            })
        })
    };
    let (one, other) = tokio::join!(w.store.write(meeting([1, 2])), w.store.write(meeting([2, 1])));
    assert!(one.unwrap() && other.unwrap());
    assert!(runs.load(Ordering::Relaxed) > 2);
    assert_eq!(w.store.metrics().repeated(), u64::from(runs.load(Ordering::Relaxed)) - 2);
    for number in [1, 2] {
        assert_eq!(w.found(license(number).id).await.machines_count, 2);
    }
}
