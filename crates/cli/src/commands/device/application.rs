//! The application that this device's commands speak for: set up once, kept beside its licence.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use keyward_client::online::Server;
use keyward_client::{Builder, LicenseManager};
use keyward_core::device::fingerprint::Fingerprint;
use keyward_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::Now;
use crate::failure::Failure;
use crate::output;

/// The file with what was set up.
const SETTINGS: &str = "device.json";

/// Which application it is about.
#[derive(Args)]
pub(crate) struct Application {
    /// Where the application's licence stands
    #[arg(long, value_name = "DIR", default_value = "keyward-device", help_heading = "Application")]
    data: PathBuf,
    #[command(flatten)]
    now: Now,
}

/// Set up an application on this device: what its developer builds into it
#[derive(Args)]
pub(crate) struct Setup {
    /// The product, by its code; for system D's files as they name it
    #[arg(long, value_name = "CODE")]
    product: String,
    /// A public key that its licences are signed by: a PEM file; may be repeated
    #[arg(long, value_name = "FILE")]
    key: Vec<PathBuf>,
    /// Environment variable that holds the installation key of `lk1` and `lk2` keys; its name is kept, not its value
    #[arg(long, value_name = "NAME")]
    secret_env: Option<String>,
    /// The application's salt: device ids of different applications are different
    #[arg(long, value_name = "TEXT", default_value = "keyward")]
    salt: String,
    /// Show the device's id as system D makes it
    #[arg(long)]
    original: bool,
    /// The server that keeps the licences
    #[arg(long, value_name = "URL", requires = "dialect", help_heading = "Server")]
    server: Option<String>,
    /// What it is asked in: B's `pool`, C's `tier`, E's `installation`
    #[arg(long, value_enum, requires = "server", help_heading = "Server")]
    dialect: Option<Dialect>,
    /// Environment variable that holds the installation's token; its name is kept, not its value
    #[arg(long, value_name = "NAME", help_heading = "Server")]
    token_env: Option<String>,
    /// Trust only this certificate, PEM, instead of the public authorities
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    root_certificate: Option<PathBuf>,
    /// Where the application's licence stands
    #[arg(long, value_name = "DIR", default_value = "keyward-device", help_heading = "Application")]
    data: PathBuf,
}

/// How a server is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Dialect {
    Pool,
    Tier,
    Installation,
}

/// What is kept: nothing in it is secret.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Settings {
    product: String,
    keys: Vec<String>,
    secret_env: Option<String>,
    salt: String,
    original_id: bool,
    server: Option<ServerSettings>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ServerSettings {
    url: String,
    dialect: Dialect,
    token_env: Option<String>,
    root_certificate: Option<String>,
}

impl Setup {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let read =
            |path: &PathBuf| std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error));
        let server = match (&self.server, self.dialect) {
            (Some(url), Some(dialect)) => Some(ServerSettings {
                url: url.clone(),
                dialect,
                token_env: self.token_env.clone(),
                root_certificate: self.root_certificate.as_ref().map(read).transpose()?,
            }),
            _ => None,
        };
        let settings = Settings {
            product: self.product.clone(),
            keys: self.key.iter().map(read).collect::<Result<_, _>>()?,
            secret_env: self.secret_env.clone(),
            salt: self.salt.clone(),
            original_id: self.original,
            server,
        };
        // Whatever cannot be used is said before it is kept.
        settings.builder()?;
        std::fs::create_dir_all(&self.data).map_err(|error| Failure::file(&self.data, &error))?;
        let path = self.data.join(SETTINGS);
        let text = serde_json::to_string_pretty(&settings).expect("settings are JSON");
        std::fs::write(&path, text + "\n").map_err(|error| Failure::file(&path, &error))?;
        let manager = settings.open(&self.data, None, false)?;
        if json {
            return output::json(&serde_json::json!({
                "product": self.product, "deviceId": manager.device_id(), "data": self.data,
            }));
        }
        output::print(format_args!(
            "{} is set up in {}.\ndevice  {}\n",
            output::printable(&self.product),
            self.data.display(),
            manager.device_id()
        ))
    }
}

impl Application {
    /// Opens the licence of the application that was set up.
    pub(crate) fn open(&self) -> Result<LicenseManager, Failure> {
        self.settings()?.open(&self.data, self.now.given(), false)
    }

    /// Opens it to look; at another time, without remembering that it was asked.
    pub(super) fn look(&self) -> Result<LicenseManager, Failure> {
        let now = self.now.given();
        self.settings()?.open(&self.data, now, now.is_some())
    }

    fn settings(&self) -> Result<Settings, Failure> {
        Settings::read(&self.data.join(SETTINGS))
    }
}

impl Settings {
    fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::file(path, &error).and("`keyward device setup --product CODE --key FILE` makes it")
        })?;
        serde_json::from_str(&text).map_err(|error| {
            Failure::argument(
                format_args!("{}: {error}", path.display()),
                "set the application up again: `keyward device setup --product CODE --key FILE`",
            )
        })
    }

    /// Product and salt of the application that is set up there, and the device as it remembers it.
    pub(super) fn remembered(data: &Path) -> Result<(String, String, Option<Fingerprint>), Failure> {
        let settings = Self::read(&data.join(SETTINGS))?;
        let before = settings.builder()?.data_directory(data).remembered();
        Ok((settings.product, settings.salt, before))
    }

    fn builder(&self) -> Result<Builder, Failure> {
        let mut builder = LicenseManager::builder(&self.product).salt(&self.salt);
        for key in &self.keys {
            builder = builder.public_key(key)?;
        }
        if self.original_id {
            builder = builder.original_device_id();
        }
        if let Some(name) = &self.secret_env {
            builder = builder.installation_key(&variable(name)?);
        }
        Ok(builder)
    }

    fn open(&self, data: &Path, now: Option<Timestamp>, only_looks: bool) -> Result<LicenseManager, Failure> {
        let mut builder = self.builder()?.data_directory(data);
        if let Some(server) = &self.server {
            builder = builder.server(server.build()?);
        }
        if let Some(now) = now {
            // Files are written by the system's clock, whatever this one says.
            builder = builder.clock(Standing(now)).file_times(false);
        }
        if only_looks {
            builder = builder.only_look();
        }
        Ok(builder.open()?)
    }
}

impl ServerSettings {
    fn build(&self) -> Result<Server, Failure> {
        let mut server = match self.dialect {
            Dialect::Pool => Server::pool(&self.url),
            Dialect::Tier => Server::tier(&self.url),
            Dialect::Installation => {
                let name = self.token_env.as_deref().ok_or_else(|| {
                    Failure::argument(
                        "an installation's server asks for a token",
                        "give --token-env NAME; `keyward token create --installation NAME` makes one",
                    )
                })?;
                Server::installation(&self.url, &variable(name)?)
            }
        };
        if let Some(pem) = &self.root_certificate {
            server = server.root_certificate(pem);
        }
        Ok(server)
    }
}

/// `--now`.
struct Standing(Timestamp);

impl keyward_client::clock::Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn variable(name: &str) -> Result<String, Failure> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or_else(|| {
        Failure::new("SECRET", format_args!("the environment variable {name} is not set"), "set it")
    })
}
