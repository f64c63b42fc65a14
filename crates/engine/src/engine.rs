//! The engine: the store, the opened vault, and what is held in memory.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use keyward_core::audit::Entry;
use keyward_core::time::Timestamp;
use keyward_store::accounts::Account;
use keyward_store::{Store, StoreError, versions};
use rand_core::CryptoRng;
use serde_json::Value;
use tokio::time::timeout;
use uuid::Uuid;

use crate::people::Passwords;
use crate::recorder::{Recorded, Recorder};
use crate::statistics::Settled;
use crate::vault::{Place, Vault};
use crate::{Caller, Catalog, Clock, EngineError};

/// How long a database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(3);

/// A generator that is handed in.
pub type Chance = Box<dyn CryptoRng + Send>;

/// The use cases. Cheap to share behind an `Arc`.
pub struct Engine {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) account: Account,
    pub(crate) recorder: Recorder,
    pub(crate) node: Uuid,
    pub(crate) passwords: Passwords,
    pub(crate) days: Settled,
    /// The master key that seals the vault, as far as this engine knows.
    pub(crate) master_id: ArcSwap<String>,
    /// Held while a signing key is made.
    pub(crate) making: tokio::sync::Mutex<()>,
    catalog: ArcSwap<Catalog>,
    clock: Arc<dyn Clock>,
    chance: Mutex<Chance>,
}

impl Engine {
    #[expect(clippy::too_many_arguments, reason = "each is a part that is handed in once, at start")]
    pub(crate) fn new(
        store: Store,
        vault: Vault,
        master_id: String,
        account: Account,
        catalog: Catalog,
        clock: Arc<dyn Clock>,
        mut chance: Chance,
        recorder: Recorder,
    ) -> Self {
        let node = uuid_v7(clock.now(), &mut chance);
        let (catalog, chance) = (ArcSwap::from_pointee(catalog), Mutex::new(chance));
        let (master_id, making) = (ArcSwap::from_pointee(master_id), tokio::sync::Mutex::new(()));
        let (passwords, days) = (Passwords::default(), Settled::default());
        Self {
            store,
            vault,
            account,
            recorder,
            node,
            passwords,
            days,
            master_id,
            making,
            catalog,
            clock,
            chance,
        }
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The account of this installation.
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// The database.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Products, policies, features and keys as this node knows them.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.catalog.load_full()
    }

    /// Whether the database answers while somebody waits who watches it.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), EngineError> {
        let answer = timeout(PATIENCE, versions::get(&self.store, versions::CATALOG)).await;
        answer.map_err(|_| StoreError::Busy("it has not answered for three seconds"))??;
        Ok(())
    }

    /// How the record of attempts to validate fares.
    pub fn recorded(&self) -> Recorded {
        self.recorder.recorded()
    }

    /// Loads what is held in memory anew when another node or process changed it; says whether it did.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn refresh(&self) -> Result<bool, EngineError> {
        let version = versions::get(&self.store, versions::CATALOG).await?;
        if version == self.catalog.load().version {
            return Ok(false);
        }
        self.reload().await?;
        Ok(true)
    }

    /// Loads what is held in memory anew.
    pub(crate) async fn reload(&self) -> Result<(), EngineError> {
        let catalog = Catalog::load(&self.store, &self.account, &self.vault).await?;
        self.catalog.store(Arc::new(catalog));
        Ok(())
    }

    pub(crate) fn with_chance<T>(&self, take: impl FnOnce(&mut Chance) -> T) -> T {
        take(&mut self.chance.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A new id: a UUID of version 7 (RFC 9562).
    pub fn new_id(&self) -> Uuid {
        let now = self.now();
        self.with_chance(|chance| uuid_v7(now, chance))
    }

    pub(crate) fn seal(&self, table: &'static str, column: &'static str, row: Uuid, plain: &str) -> Vec<u8> {
        let place = Place { table, column, row };
        self.with_chance(|chance| self.vault.seal(place, plain.as_bytes(), chance))
    }

    pub(crate) fn unseal(
        &self,
        table: &'static str,
        column: &'static str,
        row: Uuid,
        sealed: &[u8],
    ) -> Result<zeroize::Zeroizing<String>, EngineError> {
        let plain = self.vault.open_value(Place { table, column, row }, sealed)?;
        Ok(zeroize::Zeroizing::new(String::from_utf8_lossy(&plain).into_owned()))
    }

    /// An audit entry with its personal fields sealed; `detail` and `outcome` are completed where they are known.
    pub(crate) fn entry(
        &self,
        caller: &Caller,
        event: &'static str,
        resource: (&'static str, Option<Uuid>),
        detail: &Value,
        now: Timestamp,
    ) -> Entry {
        let account = self.account.id;
        self.with_chance(|chance| {
            crate::audit::entry_by(caller, account, event, resource, detail, now, chance)
        })
    }
}

pub(crate) fn uuid_v7(now: Timestamp, chance: &mut impl CryptoRng) -> Uuid {
    let mut random = [0; 10];
    chance.fill_bytes(&mut random);
    uuid::Builder::from_unix_timestamp_millis(now.millis().max(0).cast_unsigned(), &random).into_uuid()
}
