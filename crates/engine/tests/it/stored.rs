//! An engine on a fresh database, with a clock that is set by hand and a seeded generator: on each kind of database.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use keyward_core::time::Timestamp;
use keyward_engine::vault::MasterKey;
use keyward_engine::{Caller, Clock, Detail, Engine, EngineError, MasterKeySource, Setup};
use keyward_store::testing::Database;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use zeroize::Zeroizing;

use crate::world::NOW;

/// A clock that stands still until it is moved.
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    /// Sets the present.
    pub(crate) fn set(&self, now: Timestamp) {
        self.0.store(now.micros(), Ordering::Relaxed);
    }

    /// Moves the present on.
    pub(crate) fn advance(&self, seconds: i64) {
        self.set(self.now().plus_seconds(seconds));
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// An engine with its database, which goes with it.
pub(crate) struct Stored {
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) database: Database,
    /// Its master key, in hexadecimal digits.
    master: Zeroizing<String>,
}

impl Stored {
    /// One on each kind of database that is tested; each begins at [`NOW`].
    pub(crate) async fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for database in Database::all(Path::new(env!("CARGO_TARGET_TMPDIR"))).await {
            let clock = Arc::new(SetClock(AtomicI64::new(NOW.micros())));
            let master = MasterKey::generate(&mut generator()).to_text();
            let engine = start(&database, given(&master), &clock).await.expect("a new database starts");
            all.push(Self { engine, clock, database, master });
        }
        all
    }

    /// An engine on a database that is there.
    pub(crate) async fn on(database: Database, clock: Arc<SetClock>, master: &MasterKey) -> Self {
        let master = master.to_text();
        let engine = start(&database, given(&master), &clock).await.expect("it starts");
        Self { engine, clock, database, master }
    }

    /// On a database that has been there before, under its master key.
    pub(crate) async fn of(database: Database, master: &str) -> Self {
        let clock = Arc::new(SetClock(AtomicI64::new(NOW.micros())));
        let engine = start(&database, given(master), &clock).await.expect("it opens");
        Self { engine, clock, database, master: Zeroizing::new(master.to_owned()) }
    }

    /// The master key as text.
    pub(crate) fn master_text(&self) -> String {
        self.master.to_string()
    }

    /// Another engine on the same database, with the same clock.
    pub(crate) async fn second_node(&self) -> Arc<Engine> {
        self.start(given(&self.master)).await.expect("the same master key opens the database")
    }

    /// Starts another engine on the same database.
    pub(crate) async fn start(&self, master_key: MasterKeySource) -> Result<Arc<Engine>, EngineError> {
        start(&self.database, master_key, &self.clock).await
    }

    /// The master key that it was started with.
    pub(crate) fn master(&self) -> MasterKey {
        MasterKey::parse(&self.master).expect("a master key")
    }

    /// The operator at the command line.
    pub(crate) fn caller(&self) -> Caller {
        Caller::operator()
    }

    /// The events of the audit log, the oldest first.
    pub(crate) async fn events(&self) -> Vec<String> {
        let latest = keyward_store::audit::latest(self.engine.store(), 1_000).await.expect("it is read");
        latest.into_iter().rev().map(|entry| entry.event).collect()
    }
}

/// A master key that is given.
pub(crate) fn given(text: &str) -> MasterKeySource {
    MasterKeySource::Given(MasterKey::parse(text).expect("a master key"))
}

/// A generator that no other test has.
pub(crate) fn generator() -> StdRng {
    static SEED: AtomicU64 = AtomicU64::new(1);
    StdRng::seed_from_u64(SEED.fetch_add(1, Ordering::Relaxed))
}

async fn start(
    database: &Database,
    master_key: MasterKeySource,
    clock: &Arc<SetClock>,
) -> Result<Arc<Engine>, EngineError> {
    let store = database.serve().await?;
    let setup = Setup { master_key, detail: Detail::Summary, tier_detail: Detail::Full };
    Engine::start(store, setup, Arc::<SetClock>::clone(clock), Box::new(generator())).await
}
