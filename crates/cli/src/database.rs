//! From flags, environment and `keyward.toml` to an engine on an open database: the one place for all commands.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use keyward_core::scheme::tier::PREFIX;
use keyward_core::time::Timestamp;
use keyward_engine::keys::check_given;
use keyward_engine::vault::MasterKey;
use keyward_engine::{Caller, Detail, Engine, EngineError, MasterKeySource, Setup};
use keyward_server::config::{self, Config, Loaded, Overrides, Sources, Verifications};
use keyward_store::{DatabaseAddress, Options, Store};

use crate::clock::{self, Clock};
use crate::failure::Failure;
use crate::output;

/// Where the database is. What is not said here comes from the environment, `keyward.toml`, or the defaults.
#[derive(Args)]
pub(crate) struct DatabaseArgs {
    /// Directory of the database and its master key [default: ./keyward-data]
    #[arg(long, value_name = "DIR", help_heading = "Database")]
    data: Option<String>,
    /// The database: sqlite:PATH or postgres://user@host/name. A password given here shows in process lists
    #[arg(long, value_name = "URL", help_heading = "Database")]
    database: Option<String>,
    /// Configuration file [default: keyward.toml, where there is one]
    #[arg(long, value_name = "FILE", help_heading = "Database")]
    config: Option<PathBuf>,
}

/// An engine on an open database, and the configuration that led to it.
pub(crate) struct Opened {
    pub(crate) engine: Arc<Engine>,
    pub(crate) config: Config,
    pub(crate) caller: Caller,
}

/// An engine on an open database.
pub(crate) struct Started {
    pub(crate) engine: Arc<Engine>,
    /// Where the database is, for people: without a password.
    pub(crate) address: String,
    /// The file of the master key, when it was made just now.
    pub(crate) new_key: Option<PathBuf>,
}

impl DatabaseArgs {
    /// Reads the configuration and says what is to be said about it.
    pub(crate) fn load(&self) -> Result<Loaded, Failure> {
        self.load_with(|_| {})
    }

    /// As [`Self::load`], with more flags.
    pub(crate) fn load_with(&self, more: impl FnOnce(&mut Overrides)) -> Result<Loaded, Failure> {
        let loaded = self.read_sources(more)?;
        if self.database.as_deref().is_some_and(has_password) {
            output::tell(
                "warning: a password on the command line shows in process lists; prefer KEYWARD_DATABASE",
            );
        }
        for warning in &loaded.warnings {
            output::tell(format_args!("warning: {}", output::printable(warning)));
        }
        Ok(loaded)
    }

    /// Whether there is a database already: a question must not make one. That a server answers is seen when it is asked.
    pub(crate) fn exists(&self) -> Result<bool, Failure> {
        let address: DatabaseAddress = self.configuration()?.config.database_url().expose().parse()?;
        Ok(match address {
            DatabaseAddress::Sqlite(path) => path.exists(),
            DatabaseAddress::Postgres(_) => true,
        })
    }

    /// Refuses to make a database, for what only reads one.
    pub(crate) fn must_exist(&self) -> Result<(), Failure> {
        if self.exists()? {
            return Ok(());
        }
        let url = self.configuration()?.config.database_url();
        let address: DatabaseAddress = url.expose().parse()?;
        let said = format!("there is no database at {address}");
        Err(Failure::new("FILE", said, "name it with --data, --database or --config"))
    }

    /// Reads the configuration and says nothing.
    pub(crate) fn configuration(&self) -> Result<Loaded, config::ConfigError> {
        self.read_sources(|_| {})
    }

    fn read_sources(&self, more: impl FnOnce(&mut Overrides)) -> Result<Loaded, config::ConfigError> {
        // What is no text can be no setting.
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let (data, database) = (self.data.clone(), self.database.clone());
        let mut flags = Overrides { data, database, ..Overrides::default() };
        more(&mut flags);
        config::load(Sources { file: self.config.as_deref(), environment: &environment, flags: &flags })
    }

    /// Does something that may change the database. What it wrote into the audit log is sealed before it ends, so that the
    /// chain does not wait for a server.
    pub(crate) fn change<T>(
        &self,
        now: Option<Timestamp>,
        work: impl AsyncFnOnce(&Opened) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        open(self.load()?.config, true, now, async |opened: &Opened| {
            let done = work(opened).await?;
            // A lease until a made-up instant could keep others from sealing for years.
            if now.is_none() {
                // Another node may be at it, and whoever comes next seals what is left.
                let _ = opened.engine.seal_audit().await;
                let _ = opened.engine.release_sealer().await;
            }
            Ok(done)
        })
    }

    /// Does something that changes nothing.
    pub(crate) fn read<T>(
        &self,
        now: Option<Timestamp>,
        work: impl AsyncFnOnce(&Opened) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        open(self.load()?.config, true, now, work)
    }

    /// Does something that changes nothing, also where there is no database yet: on an empty one then, which is gone afterwards.
    pub(crate) fn rehearse<T>(
        &self,
        now: Option<Timestamp>,
        work: impl AsyncFnOnce(&Opened) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if self.exists()? {
            return self.read(now, work);
        }
        let mut config = self.load()?.config;
        let scratch = Scratch::new()?;
        config.server.data.clone_from(&scratch.0);
        (config.database.url, config.keys.master_key_file) = (None, None);
        open(config, false, now, work)
    }
}

fn open<T>(
    config: Config,
    stays: bool,
    now: Option<Timestamp>,
    work: impl AsyncFnOnce(&Opened) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let Started { engine, address, new_key } = start(&config, Arc::new(Clock(now)), false).await?;
        if let Some(file) = new_key.filter(|_| stays) {
            output::tell(format_args!(
                "made a new database at {address} and its master key {}: keep a copy of the key elsewhere",
                file.display()
            ));
        }
        work(&Opened { engine, config, caller: Caller::operator() }).await
    })
}

/// A directory of its own, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("keyward-rehearsal-{}", std::process::id()));
        // One that is there already may be another's.
        private().create(&path).map_err(|error| Failure::file(&path, &error))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Opened {
    /// Sets what system C's keys are made with, before one is made or taken in with something else.
    pub(crate) async fn set_tier_secret(&self) -> Result<(), Failure> {
        set_tier_secret(&self.engine, &self.config).await
    }

    /// Says what setting it would refuse.
    pub(crate) fn check_tier_secret(&self) -> Result<(), Failure> {
        let Some(secret) = &self.config.secrets.tier_secret else { return Ok(()) };
        check_given(secret.expose(), self.config.secrets.accept_public).map_err(of_tier)
    }
}

/// Sets the secret of system C where the environment has one (`MASTER_KEY`), and the beginning of its keys where the
/// configuration has another than the usual one.
pub(crate) async fn set_tier_secret(engine: &Engine, config: &Config) -> Result<(), Failure> {
    let (caller, tier) = (Caller::operator(), &config.dialects.tier);
    if tier.prefix != PREFIX {
        engine.set_key_prefix(&caller, &tier.product, &tier.prefix).await?;
    }
    let Some(secret) = &config.secrets.tier_secret else { return Ok(()) };
    let accept = config.secrets.accept_public;
    let set = engine.set_secret(&caller, &tier.product, secret.expose(), accept).await;
    set.map_err(of_tier)
}

fn of_tier(error: EngineError) -> Failure {
    Failure::from(error).and("the secret came from the variable MASTER_KEY")
}

/// The file of the master key; `None` when the key was given by KEYWARD_MASTER_KEY.
pub(crate) fn master_key_file(config: &Config) -> Option<PathBuf> {
    if config.secrets.master_key.is_some() {
        return None;
    }
    let default = || config.server.data.join("master.key");
    Some(config.keys.master_key_file.clone().unwrap_or_else(default))
}

/// Where the master key is looked for.
pub(crate) fn master_key(config: &Config) -> Result<MasterKeySource, Failure> {
    Ok(match (&config.secrets.master_key, master_key_file(config)) {
        (Some(text), _) => MasterKeySource::Given(MasterKey::parse(text.expose())?),
        (None, Some(file)) => MasterKeySource::File(file),
        (None, None) => unreachable!("a master key comes from a variable or a file"),
    })
}

/// Opens the database and the vault; a new one gets its master key, account and products. `exclusive` is for the one server
/// on a SQLite database.
pub(crate) async fn start(
    config: &Config,
    clock: Arc<dyn keyward_engine::Clock>,
    exclusive: bool,
) -> Result<Started, Failure> {
    let address: DatabaseAddress = config.database_url().expose().parse()?;
    let file = master_key_file(config);
    if file.is_some() && config.keys.master_key_file.is_none() {
        make_directory(&config.server.data)?;
    }
    let master_key = master_key(config)?;
    let new_key = file.filter(|file| !file.exists());
    let options = Options {
        exclusive,
        connections: config.database.pool_size as usize,
        // A command asks once; and what it is told shall be what is there.
        memory: if exclusive { config.database.memory.0 } else { 0 },
        ..Options::default()
    };
    let store = Store::open(&address, options).await?;
    let setup = Setup {
        master_key,
        detail: detail(config.audit.verifications),
        tier_detail: detail(config.audit.tier_verifications),
    };
    let engine = Engine::start(store, setup, clock, Box::new(clock::generator())).await?;
    let new_key = new_key.filter(|file| file.exists());
    Ok(Started { engine, address: address.to_string(), new_key })
}

const fn detail(verifications: Verifications) -> Detail {
    match verifications {
        Verifications::Summary => Detail::Summary,
        Verifications::Full => Detail::Full,
        Verifications::Failures => Detail::Failures,
    }
}

/// Makes directories for their owner only.
fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

pub(crate) fn make_directory(path: &Path) -> Result<(), Failure> {
    if path.exists() && !path.is_dir() {
        return Err(Failure::new(
            "FILE",
            format_args!("{} is a file, and the data directory must be a directory", path.display()),
            "name another with --data, or move the file away",
        ));
    }
    private().recursive(true).create(path).map_err(|error| Failure::file(path, &error))
}

pub(crate) fn has_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let user = rest.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || rest.contains("password=")
}
