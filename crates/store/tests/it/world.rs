//! Fresh databases with an account, a product and a policy in them, a builder of licences, and jobs written in one line.

use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use keyward_core::time::Timestamp;
use keyward_store::accounts::{self, Account};
use keyward_store::licenses::{self, License};
use keyward_store::policies::{self, Policy};
use keyward_store::products::{self, Product};
use keyward_store::testing::Database;
use keyward_store::{Job, Map, Read as _, Sql, Store, StoreError, Tx};
use uuid::Uuid;

/// 2026-01-01T00:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_767_225_600);
pub(crate) const ACCOUNT: Uuid = id(1);
pub(crate) const PRODUCT: Uuid = id(2);
pub(crate) const POLICY: Uuid = id(3);
/// Texts that programs like to break: other scripts, combining marks, a quote, an escape, nothing.
pub(crate) const TEXTS: [&str; 4] =
    ["Žluťoučký kůň ✓ 🐎", "e\u{301}\u{202e}\u{feff}", "'; drop table x; -- \\ $1 ?", ""];

pub(crate) const fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number)
}

pub(crate) fn digest(number: u32) -> [u8; 32] {
    let mut digest = [0xd1; 32];
    digest[..4].copy_from_slice(&number.to_be_bytes());
    digest
}

pub(crate) fn place() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// Whether the long form of the tests is wanted.
pub(crate) fn long() -> bool {
    std::env::var_os("KEYWARD_TEST_LONG").is_some_and(|value| value == "1")
}

/// A database with what every licence needs.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) database: Database,
}

/// One on each kind of database.
pub(crate) async fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for database in Database::all(&place()).await {
        worlds.push(World::of(database).await);
    }
    worlds
}

/// The one on PostgreSQL, unless it is left out.
pub(crate) async fn postgres() -> Option<World> {
    Some(World::of(Database::postgres().await?).await)
}

pub(crate) async fn sqlite() -> World {
    World::of(Database::sqlite(&place())).await
}

impl World {
    pub(crate) async fn of(database: Database) -> Self {
        let store = database.serve().await.expect("a new database opens");
        let world = Self { store, database };
        world.write((), |(), tx| Box::pin(fill(tx))).await.expect("a new database is empty");
        world
    }

    /// Makes a change through the door.
    pub(crate) async fn write<D, T, F>(&self, data: D, run: F) -> Result<T, StoreError>
    where
        Do<D, F>: Job<Out = T, Err = StoreError>,
        F: for<'t, 'c> Fn(&'t D, &'t Tx<'c>) -> BoxFuture<'t, Result<T, StoreError>>,
    {
        self.store.write(Do { data, run }).await
    }

    /// Adds a licence, built from the simplest one.
    pub(crate) async fn license(&self, number: u32, build: impl FnOnce(&mut License)) -> License {
        let mut license = license(number);
        build(&mut license);
        let added = self.write(license.clone(), |license, tx| Box::pin(licenses::insert(tx, license))).await;
        assert!(added.expect("a licence is added"), "{} {license:?}", self.store.kind());
        license
    }

    pub(crate) async fn found(&self, id: Uuid) -> License {
        licenses::by_id(&self.store, id).await.expect("reads").expect("a licence").license
    }

    /// The rows of a table.
    pub(crate) async fn count(&self, text: &'static str) -> i64 {
        let map: Map<i64> = |row| row.take();
        self.store.one(Sql::of_test(text), &[], map).await.expect("counts").expect("a row")
    }

    pub(crate) fn file(&self) -> &Path {
        match &self.database.address {
            keyward_store::DatabaseAddress::Sqlite(path) => path,
            keyward_store::DatabaseAddress::Postgres(_) => panic!("not a file"),
        }
    }
}

/// A job made of data and a closure over it.
pub(crate) struct Do<D, F> {
    pub(crate) data: D,
    pub(crate) run: F,
}

/// Lets the compiler see what kind of closure it is.
pub(crate) fn job<D, T, F>(data: D, run: F) -> Do<D, F>
where
    F: for<'t, 'c> Fn(&'t D, &'t Tx<'c>) -> BoxFuture<'t, Result<T, StoreError>>,
{
    Do { data, run }
}

impl<D, T, F> Job for Do<D, F>
where
    D: Send + Sync + 'static,
    T: Send + 'static,
    F: for<'t, 'c> Fn(&'t D, &'t Tx<'c>) -> BoxFuture<'t, Result<T, StoreError>> + Send + Sync + 'static,
{
    const NAME: &'static str = "test.do";
    type Out = T;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<T, StoreError> {
        (self.run)(&self.data, tx).await
    }
}

/// Runs a statement without values.
pub(crate) async fn raw(tx: &Tx<'_>, text: &'static str) -> Result<u64, StoreError> {
    tx.execute(Sql::of_test(text), &[]).await
}

/// The simplest licence.
pub(crate) fn license(number: u32) -> License {
    License {
        id: id(0x10_0000 + u128::from(number)),
        account_id: ACCOUNT,
        product_id: PRODUCT,
        policy_id: POLICY,
        user_id: None,
        installation_id: None,
        batch_id: None,
        name: None,
        subject: None,
        scheme: "pool12".to_owned(),
        key_sealed: None,
        key_digest: Some(digest(number).to_vec()),
        key_hint: None,
        expiry: None,
        expiry_text: None,
        first_activated_at: None,
        first_validated_at: None,
        last_validated_at: None,
        suspended_at: None,
        suspension_reason: None,
        max_machines: None,
        machines_count: 0,
        max_uses: None,
        uses: 0,
        transfers: 0,
        metadata: "{}".to_owned(),
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(crate) fn account() -> Account {
    Account { id: ACCOUNT, slug: "versoll".to_owned(), name: "Versoll".to_owned(), created_at: NOW }
}

pub(crate) fn product() -> Product {
    Product {
        id: PRODUCT,
        account_id: ACCOUNT,
        code: "books".to_owned(),
        name: "Versoll Books".to_owned(),
        key_prefix: Some("VB".to_owned()),
        metadata: "{}".to_owned(),
        created_at: NOW,
    }
}

pub(crate) fn policy() -> Policy {
    Policy {
        id: POLICY,
        account_id: ACCOUNT,
        product_id: PRODUCT,
        code: "pro".to_owned(),
        name: "Pro".to_owned(),
        scheme: Some("pool12".to_owned()),
        rules: "{}".to_owned(),
        metadata: "{}".to_owned(),
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn fill(tx: &Tx<'_>) -> Result<(), StoreError> {
    accounts::insert(tx, &account()).await?;
    products::insert(tx, &product()).await?;
    policies::insert(tx, &policy()).await.map(drop)
}
