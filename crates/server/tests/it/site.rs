//! The whole server over a fresh database, on a free port, with a clock set by hand.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use keyward_core::time::Timestamp;
use keyward_engine::license::{Issued, NewLicense};
use keyward_engine::vault::MasterKey;
use keyward_engine::{Caller, Detail, Engine, MasterKeySource, NewUser, Setup};
use keyward_server::app::{App, Background, Doors, ready};
use keyward_server::clock::Clock;
use keyward_server::config::Config;
use keyward_server::layers::RequestIds;
use keyward_server::metrics::Metrics;
use keyward_server::serve::{Reload, Stop};
use keyward_store::testing::Database;
use keyward_store::{DatabaseAddress, Store};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedSender;
use zeroize::Zeroizing;

use crate::log_lines;
use crate::world::Answer;

/// 2027-01-15T08:00:00Z, in seconds.
pub(crate) const START: i64 = 1_800_000_000;

/// Microseconds set by hand.
pub(crate) struct Hands(AtomicI64);

impl Hands {
    pub(crate) fn set(&self, at: Timestamp) {
        self.0.store(at.micros(), Ordering::Relaxed);
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }
}

impl keyward_engine::Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }
}

impl Clock for Hands {
    fn stopwatch(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed).unsigned_abs())
    }
}

/// A server at work. Stopped when it is dropped.
pub(crate) struct Site {
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Arc<Hands>,
    pub(crate) url: String,
    /// Every listener, the main one first.
    pub(crate) urls: Vec<String>,
    pub(crate) app: App,
    pub(crate) background: Option<Background>,
    database: Arc<Database>,
    _stop: UnboundedSender<()>,
}

fn place() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

impl Site {
    /// On SQLite.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// On SQLite, configured.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::over(Arc::new(Database::sqlite(place())), hands(), change).await
    }

    /// On SQLite, with chance that is the same each time.
    pub(crate) async fn seeded(seed: u64) -> Self {
        Self::seeded_with(seed, |_| {}).await
    }

    /// The same, configured.
    pub(crate) async fn seeded_with(seed: u64, change: impl FnOnce(&mut Config)) -> Self {
        log_lines::listen();
        let (database, clock) = (Arc::new(Database::sqlite(place())), hands());
        let engine = engine_of(&database, &clock, seed, Detail::Full).await;
        Self::of(engine, seed, database, clock, change).await
    }

    /// On SQLite, and on PostgreSQL where it is tested.
    pub(crate) async fn all() -> Vec<Self> {
        Self::all_with(|_| {}).await
    }

    /// The same, configured.
    pub(crate) async fn all_with(change: impl Fn(&mut Config)) -> Vec<Self> {
        let mut sites = Vec::new();
        for database in Database::all(place()).await {
            sites.push(Self::over(Arc::new(database), hands(), &change).await);
        }
        sites
    }

    /// On both, with so much kept of system C's attempts.
    pub(crate) async fn all_keeping(detail: Detail) -> Vec<Self> {
        let mut sites = Vec::new();
        for database in Database::all(place()).await {
            let (database, clock) = (Arc::new(database), hands());
            let engine = engine_of(&database, &clock, 0, detail).await;
            sites.push(Self::of(engine, 0, database, clock, |_| {}).await);
        }
        sites
    }

    /// On PostgreSQL, where it is tested.
    pub(crate) async fn postgres() -> Option<Self> {
        let database = Database::postgres().await?;
        Some(Self::over(Arc::new(database), hands(), |_| {}).await)
    }

    /// Another node on the same database, with the same clock.
    pub(crate) async fn node(&self) -> Self {
        self.node_with(|_| {}).await
    }

    /// The same, configured.
    pub(crate) async fn node_with(&self, change: impl FnOnce(&mut Config)) -> Self {
        Self::over(Arc::clone(&self.database), Arc::clone(&self.clock), change).await
    }

    /// Another node that reaches the same database in another way.
    pub(crate) async fn node_at(&self, address: &DatabaseAddress) -> Self {
        let database = Arc::new(Database::at(address.clone()));
        Self::over(database, Arc::clone(&self.clock), |_| {}).await
    }

    /// Where the database is.
    pub(crate) fn address(&self) -> &DatabaseAddress {
        &self.database.address
    }

    /// An engine on the same database that does nothing by itself: a command beside the server.
    pub(crate) async fn command(&self) -> Arc<Engine> {
        let store = self.database.open().await.expect("the database opens");
        engine_on(store, &self.clock, next_seed(), Detail::Full).await
    }

    async fn over(database: Arc<Database>, clock: Arc<Hands>, change: impl FnOnce(&mut Config)) -> Self {
        log_lines::listen();
        let (engine, seed) = engine(&database, &clock).await;
        Self::of(engine, seed, database, clock, change).await
    }

    async fn of(
        engine: Arc<Engine>,
        seed: u64,
        database: Arc<Database>,
        clock: Arc<Hands>,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = Config::default();
        config.server.listen.set_port(0);
        change(&mut config);
        let metrics = Arc::new(Metrics::new());
        let app = App::new(Arc::clone(&engine), config, Arc::clone(&clock) as _, metrics);
        let doors = Doors::open(&app, RequestIds::new([seed, seed]), ready(&app)).await.expect("free ports");
        let (url, urls) = (doors.url(), doors.urls().collect());
        let background = Some(Background::start(&app));
        let (stop, words) = Stop::channel();
        tokio::spawn(doors.serve(words, Reload::channel().1));
        Self { engine, clock, url, urls, app, background, database, _stop: stop }
    }

    /// One request on a connection of its own; `head` is its first line and headers, without `Host`.
    pub(crate) async fn ask(&self, head: &str, body: &str) -> Answer {
        ask(&self.url, head, body).await
    }

    /// One request, as these bytes. The server ends the connection behind its answer, or the test asks it to.
    pub(crate) async fn raw(&self, request: &[u8]) -> Answer {
        raw(&self.url, request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1"), "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with(path, "", body).await
    }

    /// `headers` as lines of their own, each with `\r\n` in front.
    pub(crate) async fn post_with(&self, path: &str, headers: &str, body: &Value) -> Answer {
        let head = format!("POST {path} HTTP/1.1\r\nContent-Type: application/json{headers}");
        self.ask(&head, &body.to_string()).await
    }

    /// A new pool key.
    pub(crate) async fn pool_key(&self, days: &str) -> Issued {
        let caller = Caller::operator();
        self.engine.issue_pool_key(&caller, "pool", days, NewLicense::default()).await.expect("a key")
    }

    /// A new tiered key.
    pub(crate) async fn tier_key(&self, tier: &str, user: &str) -> Issued {
        let user = NewUser { external_id: Some(user.to_owned()), ..NewUser::default() };
        let wanted = NewLicense { user: Some(user), ..NewLicense::default() };
        self.engine.issue_tier(&Caller::operator(), "tier", tier, wanted).await.expect("a key")
    }
}

fn hands() -> Arc<Hands> {
    Arc::new(Hands(AtomicI64::new(START * 1_000_000)))
}

/// An engine with a generator of its own, and the generator's seed.
async fn engine(database: &Database, clock: &Arc<Hands>) -> (Arc<Engine>, u64) {
    let seed = next_seed();
    (engine_of(database, clock, seed, Detail::Full).await, seed)
}

fn next_seed() -> u64 {
    static SEED: AtomicU64 = AtomicU64::new(1);
    SEED.fetch_add(1, Ordering::Relaxed)
}

/// With so much kept of system C's attempts.
async fn engine_of(database: &Database, clock: &Arc<Hands>, seed: u64, tier_detail: Detail) -> Arc<Engine> {
    let store = database.serve().await.expect("the database opens");
    engine_on(store, clock, seed, tier_detail).await
}

async fn engine_on(store: Store, clock: &Arc<Hands>, seed: u64, tier_detail: Detail) -> Arc<Engine> {
    let setup = Setup {
        master_key: MasterKeySource::Given(MasterKey::from_bytes(Zeroizing::new([7; 32]))),
        detail: Detail::Summary,
        tier_detail,
    };
    let chance = Box::new(StdRng::seed_from_u64(seed));
    Engine::start(store, setup, Arc::clone(clock) as _, chance).await.expect("it starts")
}

/// A connection to a listener.
pub(crate) async fn connect(url: &str) -> TcpStream {
    let address = url.strip_prefix("http://").expect("an address").trim_end_matches('/');
    TcpStream::connect(address).await.expect("the server listens")
}

/// One request to a listener on a connection of its own.
pub(crate) async fn ask(url: &str, head: &str, body: &str) -> Answer {
    let length = if body.is_empty() { String::new() } else { format!("\r\nContent-Length: {}", body.len()) };
    let request = format!("{head}\r\nHost: test\r\nConnection: close{length}\r\n\r\n{body}");
    raw(url, request.as_bytes()).await
}

async fn raw(url: &str, request: &[u8]) -> Answer {
    let mut stream = connect(url).await;
    stream.write_all(request).await.expect("the request is sent");
    Answer::read(&mut stream).await
}
