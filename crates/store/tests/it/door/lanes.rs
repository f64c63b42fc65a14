//! Long work and jobs that somebody waits for.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyward_store::{Job, Lane, Store, StoreError, Tx};

use super::{hold, waiting};
use crate::world::sqlite;

struct Part(Arc<Mutex<Vec<Lane>>>);
struct Urgent(Arc<Mutex<Vec<Lane>>>);

macro_rules! note {
    ($job:ty, $lane:expr, $takes:expr) => {
        impl Job for $job {
            const NAME: &'static str = "test.note";
            const LANE: Lane = $lane;
            type Out = ();
            type Err = StoreError;

            async fn run(&self, _: &Tx<'_>) -> Result<(), StoreError> {
                self.0.lock().unwrap().push($lane);
                std::thread::sleep($takes);
                Ok(())
            }
        }
    };
}
// Long work rests for as long as its last part took, which on a busy machine is never nothing.
note!(Part, Lane::Bulk, Duration::ZERO);
note!(Urgent, Lane::Prompt, Duration::from_millis(2));

fn send<J: Job<Out = (), Err = StoreError>>(store: &Store, job: J) -> tokio::task::JoinHandle<()> {
    let store = store.clone();
    tokio::spawn(async move { store.write(job).await.unwrap() })
}

#[tokio::test(flavor = "multi_thread")]
async fn long_work_takes_turns_with_jobs_that_somebody_waits_for() {
    let w = sqlite().await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let before = w.store.metrics().commits();
    let (go, held) = hold(&w.store).await;
    let mut tasks = Vec::new();
    tasks.extend((0..5).map(|_| send(&w.store, Part(Arc::clone(&order)))));
    waiting(&w.store, 5).await;
    tasks.extend((0..100).map(|_| send(&w.store, Urgent(Arc::clone(&order)))));
    waiting(&w.store, 105).await;
    go.send(()).unwrap();
    held.await.unwrap().unwrap();
    for task in tasks {
        task.await.unwrap();
    }
    let lanes = order.lock().unwrap();
    let bulk: Vec<_> = (0..lanes.len()).filter(|place| lanes[*place] == Lane::Bulk).collect();
    // One part, 64 of the others, one part, the rest of them, and then what is left of the parts.
    assert_eq!(bulk, [0, 65, 102, 103, 104]);
    assert_eq!(w.store.metrics().commits() - before, 8);
}
