//! The write door: what one job does to its neighbours, and what becomes of a change when something breaks.

mod busy;
mod commit;
mod full;
mod jobs;
mod lanes;
mod log;
mod lost;
mod retry;
mod rogue;
mod silent;
mod version;

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use keyward_store::{Job, Store, StoreError, Tx};
use tokio::task::JoinHandle;

/// Holds SQLite's writer until it is let go.
struct Hold {
    begun: Sender<()>,
    go: Mutex<Receiver<()>>,
}

impl Job for Hold {
    const NAME: &'static str = "test.hold";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, _: &Tx<'_>) -> Result<(), StoreError> {
        let _ = self.begun.send(());
        self.go.lock().unwrap().recv().map_err(|_| StoreError::Closed)
    }
}

/// Takes the writer; what is sent to it from now on waits until the sender says so.
async fn hold(store: &Store) -> (Sender<()>, JoinHandle<Result<(), StoreError>>) {
    let ((begun, has_begun), (release, go)) = (channel(), channel());
    let (job, store) = (Hold { begun, go: Mutex::new(go) }, store.clone());
    let held = tokio::spawn(async move { store.write(job).await });
    while has_begun.try_recv().is_err() {
        tokio::task::yield_now().await;
    }
    (release, held)
}

async fn waiting(store: &Store, count: u64) {
    while store.metrics().waiting() != count {
        tokio::task::yield_now().await;
    }
}
