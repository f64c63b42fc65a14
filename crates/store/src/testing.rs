//! Fresh databases for tests, on both drivers, and all statements to prepare.

mod proxy;

pub use proxy::{Lost, Proxy};

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{DatabaseAddress, Options, Sql, Store, StoreError};

/// Names the throw-away server of `cargo xtask test`; `none` leaves the tests on PostgreSQL out.
const VARIABLE: &str = "KEYWARD_TEST_POSTGRES";

/// A database of a test's own, removed with it.
#[derive(Debug)]
pub struct Database {
    /// Where it is.
    pub address: DatabaseAddress,
    directory: Option<PathBuf>,
    /// The server and the database's name.
    created: Option<(String, String)>,
}

fn number() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

impl Database {
    /// A SQLite file in a new directory below `place`.
    ///
    /// # Panics
    /// When the directory cannot be made.
    pub fn sqlite(place: &Path) -> Self {
        let directory = place.join(format!("sqlite-{}-{}", std::process::id(), number()));
        std::fs::create_dir_all(&directory).expect("a directory for the test");
        Self {
            address: DatabaseAddress::Sqlite(directory.join("keyward.db")),
            directory: Some(directory),
            created: None,
        }
    }

    /// Another way to a database that is another's.
    pub const fn at(address: DatabaseAddress) -> Self {
        Self { address, directory: None, created: None }
    }

    /// An empty PostgreSQL database; `None` when the tests on it are left out.
    ///
    /// # Panics
    /// When nobody said where the server is, or it does not answer.
    pub async fn postgres() -> Option<Self> {
        let server = std::env::var(VARIABLE).unwrap_or_else(|_| {
            panic!(
                "{VARIABLE} is not set: run `cargo xtask test`, or start a server with `cargo xtask postgres`; \
                 `{VARIABLE}=none` leaves these tests out"
            )
        });
        if server == "none" {
            return None;
        }
        let name = format!("test_{}_{}", std::process::id(), number());
        on(&server, &format!("create database {name}")).await.expect("a new database");
        let (base, _) = server.rsplit_once('/').expect("an address with a database");
        let address = format!("{base}/{name}").parse().expect("an address");
        Some(Self { address, directory: None, created: Some((server, name)) })
    }

    /// Runs a script on a PostgreSQL database, as whoever made it did.
    ///
    /// # Panics
    /// On SQLite, and when the server refuses.
    pub async fn run_script(&self, script: &str) {
        let (server, name) = self.created.as_ref().expect("a database on PostgreSQL");
        let (base, _) = server.rsplit_once('/').expect("an address with a database");
        on(&format!("{base}/{name}"), script).await.expect("the script runs");
    }

    /// The first column of what a PostgreSQL database answers, as texts; nothing in it is brought up to date.
    ///
    /// # Panics
    /// On SQLite, and when the server refuses.
    pub async fn texts(&self, query: &str) -> Vec<String> {
        let url = self.url().expect("a database on PostgreSQL");
        let (client, connection) =
            tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("it answers");
        let connection = tokio::spawn(connection);
        let rows = client.query(query, &[]).await.expect("rows");
        let texts = rows.iter().map(|row| row.get(0)).collect();
        drop(client);
        let _ = connection.await;
        texts
    }

    /// Makes it one of an older schema; it must be new.
    ///
    /// # Panics
    /// When that cannot be made.
    pub async fn make_older(&self, version: i64) {
        match &self.address {
            DatabaseAddress::Sqlite(path) => {
                let mut connection = rusqlite::Connection::open(path).expect("a new file");
                crate::migrations::sqlite_of(&mut connection, version).expect("the older schema");
            }
            DatabaseAddress::Postgres(_) => {
                let url = self.url().expect("a database on PostgreSQL");
                let (mut client, connection) =
                    tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("it answers");
                let connection = tokio::spawn(connection);
                crate::migrations::postgres_of(&mut client, version).await.expect("the older schema");
                drop(client);
                let _ = connection.await;
            }
        }
    }

    /// The URL of a PostgreSQL database, with all that its server was named with.
    pub fn url(&self) -> Option<String> {
        let (server, name) = self.created.as_ref()?;
        server.rsplit_once('/').map(|(base, _)| format!("{base}/{name}"))
    }

    /// One of each kind that is to be tested.
    pub async fn all(place: &Path) -> Vec<Self> {
        let mut all = vec![Self::sqlite(place)];
        all.extend(Self::postgres().await);
        all
    }

    /// Opens it as a command does.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open(&self) -> Result<Store, StoreError> {
        Store::open(&self.address, Options::default()).await
    }

    /// Opens it as the server does, but for its lock: licences are remembered.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn serve(&self) -> Result<Store, StoreError> {
        Store::open(&self.address, Options { memory: 1 << 20, ..Options::default() }).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(directory) = &self.directory {
            // Left behind when it cannot be removed, it does no harm in the target directory.
            let _ = std::fs::remove_dir_all(directory);
        }
        if let Some((server, name)) = self.created.take() {
            let remove = move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                Ok::<_, std::io::Error>(
                    runtime.block_on(on(&server, &format!("drop database {name} with (force)"))),
                )
            };
            // On a thread of its own: this one may be a runtime's. Left behind, it goes with the server.
            let _ = std::thread::spawn(remove).join();
        }
    }
}

/// Runs a statement on the test server.
async fn on(server: &str, statement: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(server, tokio_postgres::NoTls).await?;
    let connection = tokio::spawn(connection);
    let done = client.batch_execute(statement).await;
    drop(client);
    let _ = connection.await;
    done
}

/// Every schema there was, by the version of its last migration, the oldest first.
pub fn schemas() -> Vec<i64> {
    crate::migrations::versions()
}

/// Every statement of the store.
pub fn statements() -> Vec<Sql> {
    let [one, other] = crate::erasure::ALL_PLACES;
    [everyday().as_slice(), &crate::tables::all(), crate::erasure::ALL, one, other].concat()
}

/// All but those that walk through everything on purpose: that export a database, or look for a person who is to be erased.
pub fn everyday() -> Vec<Sql> {
    [
        crate::accounts::ALL,
        crate::audit::ALL,
        crate::batches::ALL,
        crate::checkpoints::ALL,
        crate::device_pools::ALL,
        crate::entitlements::ALL,
        crate::idempotency::ALL,
        crate::imports::ALL,
        crate::installations::ALL,
        crate::invitations::ALL,
        crate::issued::ALL,
        crate::licenses::ALL,
        crate::licenses::ALL_CHANGES,
        crate::licenses::ALL_HELD,
        crate::licenses::ALL_BY_EXPIRY,
        crate::licenses::ALL_COUNTS,
        crate::licenses::ALL_BY_SERIAL,
        crate::licenses::ALL_OF_OTHERS,
        crate::licenses::ALL_SEARCHES,
        crate::licenses::ALL_RECORDS,
        crate::licenses::ALL_REMOVALS,
        crate::limits::ALL,
        crate::machines::ALL,
        crate::offline_seats::ALL,
        crate::people::ALL,
        crate::policies::ALL,
        crate::products::ALL,
        crate::sessions::ALL,
        crate::settings::ALL,
        crate::signing_keys::ALL,
        crate::stats::ALL,
        crate::terms::ALL,
        crate::tokens::ALL,
        crate::users::ALL,
        crate::verifications::ALL,
        crate::versions::ALL,
    ]
    .concat()
}
