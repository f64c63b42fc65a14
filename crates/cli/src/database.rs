//! From flags, environment and `keyward.toml` to an engine on an open database: the one place for all commands.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use keyward_core::time::Timestamp;
use keyward_engine::vault::MasterKey;
use keyward_engine::{Caller, Detail, Engine, MasterKeySource, Setup};
use keyward_server::config::{self, Config, Loaded, Overrides, Sources};
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

impl DatabaseArgs {
    /// Reads the configuration and says what is to be said about it.
    pub(crate) fn load(&self) -> Result<Loaded, Failure> {
        let loaded = self.configuration()?;
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

    /// Reads the configuration.
    pub(crate) fn configuration(&self) -> Result<Loaded, config::ConfigError> {
        // What is no text can be no setting.
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let flags =
            Overrides { data: self.data.clone(), database: self.database.clone(), ..Overrides::default() };
        config::load(Sources { file: self.config.as_deref(), environment: &environment, flags: &flags })
    }

    /// Does something that may change the database. What it wrote into the audit log is sealed before it ends, so that the
    /// chain does not wait for a server.
    pub(crate) fn change<T>(
        &self,
        now: Option<Timestamp>,
        work: impl AsyncFnOnce(&Opened) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.open(now, async |opened: &Opened| {
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
        self.open(now, work)
    }

    fn open<T>(
        &self,
        now: Option<Timestamp>,
        work: impl AsyncFnOnce(&Opened) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let config = self.load()?.config;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let engine = start(&config, now).await?;
            work(&Opened { engine, config, caller: Caller::operator() }).await
        })
    }
}

impl Opened {
    /// Sets the secret of system C where the environment has one (`MASTER_KEY`), before a key is made or taken in with
    /// another.
    pub(crate) async fn set_tier_secret(&self) -> Result<(), Failure> {
        let Some(secret) = &self.config.secrets.tier_secret else { return Ok(()) };
        let (product, accept) = (&self.config.dialects.tier.product, self.config.secrets.accept_public);
        let set = self.engine.set_secret(&self.caller, product, secret.expose(), accept).await;
        set.map_err(|error| Failure::from(error).and("the secret came from the variable MASTER_KEY"))
    }
}

/// Opens the database and the vault; a new one gets its master key, account and products.
async fn start(config: &Config, now: Option<Timestamp>) -> Result<Arc<Engine>, Failure> {
    let address: DatabaseAddress = config.database_url().expose().parse()?;
    let data = &config.server.data;
    let (master_key, new_file) = match (&config.secrets.master_key, &config.keys.master_key_file) {
        (Some(text), _) => (MasterKeySource::Given(MasterKey::parse(text.expose())?), None),
        (None, Some(file)) => (MasterKeySource::File(file.clone()), Some(file.clone())),
        (None, None) => {
            make_directory(data)?;
            let file = data.join("master.key");
            (MasterKeySource::File(file.clone()), Some(file))
        }
    };
    let new_file = new_file.filter(|file| !file.exists());
    let options = Options { exclusive: false, connections: config.database.pool_size as usize };
    let store = Store::open(&address, options).await?;
    let setup = Setup { master_key, detail: Detail::Summary, tier_detail: Detail::Full };
    let engine = Engine::start(store, setup, Arc::new(Clock(now)), Box::new(clock::generator())).await?;
    if let Some(file) = new_file.filter(|file| file.exists()) {
        output::tell(format_args!(
            "made a new database at {address} and its master key {}: keep a copy of the key elsewhere",
            file.display()
        ));
    }
    Ok(engine)
}

fn make_directory(path: &Path) -> Result<(), Failure> {
    if path.exists() && !path.is_dir() {
        return Err(Failure::new(
            "FILE",
            format_args!("{} is a file, and the data directory must be a directory", path.display()),
            "name another with --data, or move the file away",
        ));
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| Failure::file(path, &error))
}

fn has_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let user = rest.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || rest.contains("password=")
}
