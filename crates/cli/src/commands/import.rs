//! `keyward import`: moving in from the older systems, or from another Keyward.

mod keyward;
mod report;

use clap::{Args, Subcommand};
use keyward_engine::EngineError;
use keyward_engine::import::{Import as Wanted, System};
use keyward_engine::keys::{OWN, check_given};
use keyward_server::config::Config;
use zeroize::Zeroizing;

use crate::bulk;
use crate::clock::Now;
use crate::database::{DatabaseArgs, Opened, has_password};
use crate::failure::Failure;
use crate::keys::{SecretArgs, without_newline};
use crate::output;

/// All or nothing: a row that cannot be read refuses the whole, and is named. What is here already stays as it is, so the same
/// command may be run again. The old database is only read.
#[derive(Subcommand)]
pub(crate) enum Import {
    /// Signed records (system A)
    ///
    /// The old private key comes along with `keyward keys import FILE --product records`, best before: the report then says
    /// which signatures it made.
    #[command(name = "A", alias = "a")]
    A(Source),
    /// The central pool (system B), with its activations
    #[command(name = "B", alias = "b")]
    B(Source),
    /// Tiered keys (system C), with their customers and the log of attempts to verify them
    ///
    /// The old master key comes along with `keyward secret set tier`, or from the variable MASTER_KEY.
    #[command(name = "C", alias = "c")]
    C(Source),
    /// A folder of device-bound files (system D)
    ///
    /// Files whose names end in `.key` are read. Those of one customer and device become one licence, of which the newest says
    /// the end. The key that signed them comes first: `keyward keys import FILE --product NAME --files`.
    #[command(name = "D", alias = "d")]
    D(Source),
    /// Self-contained keys of one installation with their devices (system E)
    ///
    /// The installation's key comes along with --secret-env or --secret-file, or was given before with `keyward secret set lk`.
    #[command(name = "E", alias = "e")]
    E(Keys),
    /// Everything from another Keyward, into a new database
    ///
    /// What `keyward export` wrote, on SQLite or PostgreSQL and under whatever master key. The database must hold nothing but
    /// what a first start makes. All or nothing; afterwards it is read back and compared with the file.
    ///
    /// Exit status 0: done; 1: the file is damaged; 2: it could not be done.
    Keyward(keyward::Keyward),
}

#[derive(Args)]
pub(crate) struct Keys {
    /// The installation that the keys belong to [default: own, the account's own]
    #[arg(long, value_name = "NAME")]
    installation: Option<String>,
    #[command(flatten)]
    secret: SecretArgs,
    /// Take a secret although it is printed in a public document
    #[arg(long)]
    accept_public_secret: bool,
    #[command(flatten)]
    source: Source,
}

#[derive(Args)]
pub(crate) struct Source {
    /// The old database: a SQLite file, or postgres://user@host/name; of system D the folder of its files. A password given here shows in process lists
    #[arg(long, value_name = "FILE|URL", required_unless_present = "from_env", conflicts_with = "from_env")]
    from: Option<String>,
    /// The variable of the environment that says where the old database is, with its password
    #[arg(long, value_name = "NAME")]
    from_env: Option<String>,
    /// The product that the licences belong to [default: the one that the system's interface is bound to]
    #[arg(long, value_name = "CODE")]
    product: Option<String>,
    /// Do everything but write
    #[arg(long)]
    dry_run: bool,
    /// Leave out rows that cannot be read, instead of refusing the whole
    #[arg(long)]
    skip_bad: bool,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

impl Import {
    /// Says whether it was done, or was refused.
    pub(crate) fn run(&self, json: bool) -> Result<bool, Failure> {
        match self {
            Self::A(source) => source.run(System::A, |config| Some(&config.dialects.records.product), json),
            Self::B(source) => source.run(System::B, |config| Some(&config.dialects.pool.product), json),
            Self::C(source) => source.run(System::C, |config| Some(&config.dialects.tier.product), json),
            Self::D(source) => source.run(System::D, |_| None, json),
            Self::E(keys) => keys.run(json),
            Self::Keyward(command) => command.run(json).map(|()| true),
        }
    }
}

impl Keys {
    fn run(&self, json: bool) -> Result<bool, Failure> {
        let secret = self.secret.read_text()?;
        let secret = secret.as_ref().map(|text| without_newline(text));
        let from = self.source.address()?;
        self.source.on_database(async |opened: &Opened| {
            if let Some(secret) = secret {
                let accept = self.accept_public_secret || opened.config.secrets.accept_public;
                let name = self.installation.as_deref().unwrap_or(OWN);
                if self.source.dry_run {
                    check_given(secret, accept)?;
                } else {
                    opened.engine.set_installation_secret(&opened.caller, name, secret, accept).await?;
                }
            }
            let wanted = Wanted {
                secret: secret.map(|secret| Zeroizing::new(secret.to_owned())),
                installation: self.installation.clone(),
                ..self.source.wanted(
                    opened,
                    System::E,
                    from.clone(),
                    Some(&opened.config.dialects.lk.product),
                )
            };
            self.source.import(opened, wanted, json).await
        })
    }
}

impl Source {
    fn run(
        &self,
        system: System,
        product: fn(&Config) -> Option<&String>,
        json: bool,
    ) -> Result<bool, Failure> {
        let from = self.address()?;
        self.on_database(async |opened: &Opened| {
            if system == System::C && self.dry_run {
                opened.check_tier_secret()?;
            } else if system == System::C {
                opened.set_tier_secret().await?;
            }
            let config = &opened.config;
            let secret = config.secrets.tier_secret.as_ref().filter(|_| system == System::C);
            let wanted = Wanted {
                secret: secret.map(|secret| Zeroizing::new(secret.expose().to_owned())),
                ..self.wanted(opened, system, from.clone(), product(config))
            };
            self.import(opened, wanted, json).await
        })
    }

    /// A dry run leaves nothing behind, not even an empty database.
    fn on_database<T>(&self, work: impl AsyncFnOnce(&Opened) -> Result<T, Failure>) -> Result<T, Failure> {
        let now = self.now.given();
        if self.dry_run { self.database.rehearse(now, work) } else { self.database.change(now, work) }
    }

    fn wanted(&self, opened: &Opened, system: System, from: String, product: Option<&String>) -> Wanted {
        Wanted {
            system,
            from,
            product: self.product.clone().or_else(|| product.cloned()),
            secret: None,
            installation: None,
            dry_run: self.dry_run,
            skip_bad: self.skip_bad,
            keep_attempts: i64::from(opened.config.audit.keep_days),
        }
    }

    async fn import(&self, opened: &Opened, wanted: Wanted, json: bool) -> Result<bool, Failure> {
        let system = wanted.system;
        let mut bar = None;
        let progress = |read, total| bar.get_or_insert_with(|| bulk::progress(total)).set_position(read);
        let done = opened.engine.import(&opened.caller, wanted, progress).await;
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        let done = done.map_err(|error| explain(system, error))?;
        report::print(&done, json)?;
        Ok(!done.refused)
    }

    fn address(&self) -> Result<String, Failure> {
        match (&self.from, &self.from_env) {
            (Some(from), _) => {
                if has_password(from) {
                    output::tell(
                        "warning: a password on the command line shows in process lists; prefer --from-env",
                    );
                }
                Ok(from.clone())
            }
            (None, Some(name)) => std::env::var(name).map_err(|_| {
                Failure::argument(format_args!("the variable {name} is not set"), "set it, or give --from")
            }),
            (None, None) => Err(Failure::argument("no old database was named", "give --from")),
        }
    }
}

/// A product of files is made together with its key.
fn explain(system: System, error: EngineError) -> Failure {
    let unknown = matches!(error, EngineError::NotFound { what: "product", .. });
    let failure = Failure::from(error);
    if system == System::D && unknown {
        return failure
            .and("take in the key of its files first: `keyward keys import FILE --product NAME --files`");
    }
    failure
}
