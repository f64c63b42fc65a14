//! Several nodes, and commands beside them, on one database: what one changes the others respect.

mod audit;
mod changes;
mod sweeps;

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// What others do is seen within this time.
const SOON: Duration = Duration::from_secs(1);

/// Asks again and again until it is so.
async fn soon(what: &str, is_so: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() <= SOON, "after {:?} still not: {what}", start.elapsed());
        sleep(Duration::from_millis(20)).await;
    }
}
