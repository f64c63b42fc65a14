//! Starting: the master key and the database must belong together, and a new database is filled.

use std::path::PathBuf;
use std::sync::Arc;

use keyward_store::{Job, Read, Store, StoreError, Tx, accounts, audit, settings};

use crate::audit::entry_by;
use crate::engine::{Chance, Engine};
use crate::recorder::{Detail, Recorder};
use crate::seed::Seed;
use crate::vault::{self, MasterKey, MasterKeyError, SealedVault, Vault};
use crate::{Caller, Catalog, Clock, EngineError};

/// Where the master key comes from.
#[derive(Debug)]
pub enum MasterKeySource {
    /// It was given.
    Given(MasterKey),
    /// A file; made together with a new account.
    File(PathBuf),
}

/// How an engine is started.
#[derive(Debug)]
pub struct Setup {
    /// The master key.
    pub master_key: MasterKeySource,
    /// How attempts to validate are written down, for fronts that are not named.
    pub detail: Detail,
    /// Whether every attempt at system C's front is written down whatever `detail` says.
    pub tier_detail: Detail,
}

/// Names in `settings`.
pub(crate) mod names {
    pub(crate) const LOOKUP: &str = "vault.lookup";
    pub(crate) const DATA: &str = "vault.data";
    pub(crate) const CANARY: &str = "vault.canary";
    pub(crate) const MASTER_ID: &str = "vault.master_id";
}

impl Engine {
    /// Opens the vault of a database, or makes account, keys and products in a new one.
    ///
    /// # Errors
    /// When the database refuses, or the master key is missing, unreadable or another one's.
    pub async fn start(
        store: Store,
        setup: Setup,
        clock: Arc<dyn Clock>,
        mut chance: Chance,
    ) -> Result<Arc<Self>, EngineError> {
        let (vault, master_id) = match stored_vault(&store).await? {
            Some(sealed) => {
                let vault = Vault::open(&setup.master_key.existing(&sealed.master_id)?, &sealed)?;
                (vault, sealed.master_id)
            }
            None => make(&store, &setup.master_key, &*clock, &mut chance).await?,
        };
        let account = accounts::first(&store).await?.ok_or(EngineError::NotFound {
            what: "account in a database that has keys",
            name: String::new(),
        })?;
        let catalog = Catalog::load(&store, &account, &vault).await?;
        let recorder = Recorder::new(store.clone(), account.id, setup.detail, setup.tier_detail);
        Ok(Arc::new(Self::new(store, vault, master_id, account, catalog, clock, chance, recorder)))
    }
}

impl MasterKeySource {
    pub(crate) fn existing(&self, wanted: &str) -> Result<MasterKey, EngineError> {
        match self {
            Self::Given(key) => Ok(MasterKey::from_bytes(zeroize::Zeroizing::new(*key.bytes()))),
            Self::File(path) => vault::load(path).map_err(|error| match error {
                MasterKeyError::File { path, source } if source.kind() == std::io::ErrorKind::NotFound => {
                    EngineError::MasterKeyMissing {
                        wanted: wanted.to_owned(),
                        place: path.display().to_string(),
                    }
                }
                other => other.into(),
            }),
        }
    }

    pub(crate) fn new_or_existing(&self, chance: &mut Chance) -> Result<MasterKey, EngineError> {
        match self {
            Self::Given(key) => Ok(MasterKey::from_bytes(zeroize::Zeroizing::new(*key.bytes()))),
            Self::File(path) => Ok(vault::load_or_create(path, chance)?.0),
        }
    }
}

pub(crate) async fn stored_vault(store: &impl Read) -> Result<Option<SealedVault>, StoreError> {
    let part = async |name| settings::get(store, name).await.map(Option::unwrap_or_default);
    loop {
        let master_id = part(names::MASTER_ID).await?;
        let Some(canary) = settings::get(store, names::CANARY).await? else { return Ok(None) };
        let (lookup, data) = (part(names::LOOKUP).await?, part(names::DATA).await?);
        // Rotated while it was read: its parts do not belong together.
        if part(names::MASTER_ID).await? == master_id {
            let master_id = String::from_utf8_lossy(&master_id).into_owned();
            return Ok(Some(SealedVault { lookup, data, canary, master_id }));
        }
    }
}

/// Makes account, keys and products. When another process was faster, its keys are opened.
async fn make(
    store: &Store,
    source: &MasterKeySource,
    clock: &dyn Clock,
    chance: &mut Chance,
) -> Result<(Vault, String), EngineError> {
    let master = source.new_or_existing(chance)?;
    let (vault, sealed) = Vault::create(&master, chance);
    let now = clock.now();
    let seed = Seed::new(now, chance);
    let (account, detail) =
        (seed.account.id, serde_json::json!({ "slug": seed.account.slug, "masterKey": master.id() }));
    let resource = ("account", Some(account));
    let entry = entry_by(&Caller::system(), account, "account.create", resource, &detail, now, chance);
    if store.write(Make { sealed, seed, entry }).await? {
        return Ok((vault, master.id()));
    }
    let sealed = stored_vault(store).await?.ok_or(StoreError::Closed)?;
    Ok((Vault::open(&master, &sealed)?, sealed.master_id))
}

struct Make {
    sealed: SealedVault,
    seed: Seed,
    entry: keyward_core::audit::Entry,
}

impl Job for Make {
    const NAME: &'static str = "account.create";
    type Out = bool;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, EngineError> {
        let now = self.entry.at;
        if !settings::put_new(tx, names::CANARY, &self.sealed.canary, now).await? {
            return Ok(false);
        }
        settings::put(tx, names::LOOKUP, &self.sealed.lookup, now).await?;
        settings::put(tx, names::DATA, &self.sealed.data, now).await?;
        settings::put(tx, names::MASTER_ID, self.sealed.master_id.as_bytes(), now).await?;
        accounts::insert(tx, &self.seed.account).await?;
        self.seed.write(tx).await?;
        audit::append(tx, &self.entry).await?;
        Ok(true)
    }
}
