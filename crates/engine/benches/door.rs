//! How long an activation takes alone, and while a pool of a million keys is being made beside it.
//!
//! `cargo bench -p keyward-engine --bench door [-- KEYS]`. Prints medians and their ratio; the target is at most 5. On
//! SQLite in the target directory; the disk of that directory is what is measured.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use keyward_core::time::Timestamp;
use keyward_engine::license::{Activate, Activation, PoolRequest};
use keyward_engine::vault::MasterKey;
use keyward_engine::{Caller, Clock, Detail, Engine, EngineError, MasterKeySource, Repeatable, Setup};
use keyward_store::testing::Database;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

/// Activations that are timed alone.
const ALONE: usize = 300;

struct System;

impl Clock for System {
    fn now(&self) -> Timestamp {
        let since = std::time::UNIX_EPOCH.elapsed().expect("the year is after 1970");
        Timestamp::from_micros(i64::try_from(since.as_micros()).expect("the year is before 290,000"))
    }
}

fn main() {
    let keys: u64 = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(keys));
}

async fn measure(keys: u64) {
    let database = Database::sqlite(Path::new(env!("CARGO_TARGET_TMPDIR")));
    let setup = Setup {
        master_key: MasterKeySource::Given(MasterKey::from_bytes(zeroize::Zeroizing::new([7; 32]))),
        detail: Detail::Summary,
        tier_detail: Detail::Full,
    };
    let store = database.open().await.expect("the database opens");
    let chance = Box::new(StdRng::seed_from_u64(1));
    let engine = Engine::start(store, setup, Arc::new(System), chance).await.expect("it starts");
    let mut stock = stock(&engine).await.into_iter();

    let alone = median(activate(&engine, &mut stock, |count| count < ALONE).await);

    let (made, running) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(true)));
    let bulk = tokio::spawn({
        let (engine, made, running) = (Arc::clone(&engine), Arc::clone(&made), Arc::clone(&running));
        async move {
            let begun = now();
            let request = request("beside", keys);
            let counted = |keys: &[String], _: &_| {
                made.fetch_add(keys.len() as u64, Ordering::Relaxed);
                Ok::<(), EngineError>(())
            };
            engine.issue_pool(&Caller::operator(), &request, counted).await.expect("the pool is made");
            running.store(false, Ordering::Relaxed);
            begun.elapsed()
        }
    });
    let beside = activate(&engine, &mut stock, |_| running.load(Ordering::Relaxed)).await;
    let took = bulk.await.expect("the bulk issue ends");
    let count = beside.len();
    let beside = median(beside);
    let ratio = beside.as_secs_f64() / alone.as_secs_f64();
    println!("activation alone              {alone:>10.2?}  median of {ALONE}");
    println!("activation beside {keys} keys  {beside:>10.2?}  median of {count}");
    println!("ratio                         {ratio:>10.2}  target: at most 5");
    println!("keys a second meanwhile       {:>10.0}", keys as f64 / took.as_secs_f64());
}

fn request(name: &str, each: u64) -> PoolRequest {
    PoolRequest {
        id: None,
        product: "pool".to_owned(),
        policies: vec!["30".to_owned()],
        each,
        name: name.to_owned(),
    }
}

/// Keys to activate.
async fn stock(engine: &Arc<Engine>) -> Vec<String> {
    let mut keys = Vec::new();
    let keep = |part: &[String], _: &_| {
        keys.extend_from_slice(part);
        Ok::<(), EngineError>(())
    };
    engine.issue_pool(&Caller::operator(), &request("stock", 50_000), keep).await.expect("a stock of keys");
    keys
}

async fn activate(
    engine: &Arc<Engine>,
    stock: &mut impl Iterator<Item = String>,
    goes_on: impl Fn(usize) -> bool,
) -> Vec<Duration> {
    let mut times = Vec::new();
    while goes_on(times.len()) {
        let Some(key) = stock.next() else { break };
        let wanted = Activate { key, fingerprint: "domain".to_owned(), name: None };
        let begun = now();
        let outcome = engine.activate(&Caller::operator(), wanted, None).await.expect("an answer");
        times.push(begun.elapsed());
        assert!(matches!(outcome, Repeatable::Fresh(Activation::Done(_))), "{outcome:?}");
    }
    times
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[expect(clippy::disallowed_methods, reason = "a measurement starts at the present")]
fn now() -> Instant {
    Instant::now()
}
