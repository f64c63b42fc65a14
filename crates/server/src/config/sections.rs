//! The sections, each with its defaults.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::secret::{DatabaseUrl, SecretText};
use super::values::{
    ByteSize, HstsAge, LogFormat, LogLevel, MetricsAccess, Origin, StatsAccess, Verifications,
};

/// Everything that can be configured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Listeners and what holds for every request.
    pub server: Server,
    /// Where the data is.
    pub database: Database,
    /// What is logged, and how.
    pub log: Log,
    /// The interfaces of the older systems.
    pub dialects: Dialects,
    /// Protection against guessing.
    pub limits: Limits,
    /// What is written down of what happened.
    pub audit: Audit,
    /// Where keys come from.
    pub keys: Keys,
    /// Licence files.
    pub file: File,
    /// What only the environment and flags can say.
    pub secrets: Secrets,
}

impl Config {
    /// The database, by default a file in the data directory.
    pub fn database_url(&self) -> DatabaseUrl {
        let default = || format!("sqlite:{}", self.server.data.join("keyward.db").display());
        self.database
            .url
            .clone()
            .unwrap_or_else(|| DatabaseUrl::parse(&default()).expect("a scheme and a path make a URL"))
    }
}

/// Section `server`.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// The address of the main listener.
    pub listen: SocketAddr,
    /// The data directory.
    pub data: PathBuf,
    /// Whether the ports of the older systems' documents are opened, too.
    pub document_ports: bool,
    /// The chain of certificates, PEM.
    pub tls_cert: Option<PathBuf>,
    /// The private key of the certificate, PEM.
    pub tls_key: Option<PathBuf>,
    /// For how long browsers are told to come by TLS alone.
    pub hsts_max_age: HstsAge,
    /// Whose word on the client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// The largest body of a request.
    pub body_limit: ByteSize,
    /// How long a connection may take to send the head of a request, take nothing of an answer, or stay idle.
    pub header_timeout: Duration,
    /// How long a request may take to send its body.
    pub read_timeout: Duration,
    /// How long requests in flight may take to finish when the server stops.
    pub drain_timeout: Duration,
    /// Who may read the metrics.
    pub metrics: MetricsAccess,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: PathBuf::from("./keyward-data"),
            document_ports: false,
            tls_cert: None,
            tls_key: None,
            hsts_max_age: HstsAge(Some(Duration::from_secs(365 * 86_400))),
            trusted_proxies: Vec::new(),
            body_limit: ByteSize(1 << 20),
            header_timeout: Duration::from_secs(30),
            read_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(30),
            metrics: MetricsAccess::Loopback,
        }
    }
}

/// Section `database`.
#[derive(Clone, Debug, PartialEq)]
pub struct Database {
    /// Where it is; by default a file in the data directory.
    pub url: Option<DatabaseUrl>,
    /// How many connections to PostgreSQL are kept, at least 4; one of them only watches whether it answers.
    pub pool_size: u32,
    /// How much of the licences that were asked about is remembered, on SQLite.
    pub memory: ByteSize,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: None, pool_size: 16, memory: ByteSize(256 << 20) }
    }
}

/// Section `log`.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// What is logged.
    pub level: LogLevel,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: LogLevel::parse("info").expect("a level") }
    }
}

/// Sections `dialects.*`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dialects {
    /// System A: signed records.
    pub records: RecordsDialect,
    /// System B: the central pool.
    pub pool: PoolDialect,
    /// System C: tiered keys.
    pub tier: TierDialect,
    /// System E: self-contained keys.
    pub lk: LkDialect,
}

macro_rules! dialect {
    ($(#[$doc:meta])* $name:ident, $product:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            /// Whether it is served.
            pub enabled: bool,
            /// An address of its own, beside the main listener.
            pub listen: Option<SocketAddr>,
            /// The product it is bound to.
            pub product: String,
            /// Web pages of which origins may call it from a browser.
            pub cors_origins: Vec<Origin>,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    enabled: true,
                    listen: None,
                    product: $product.to_owned(),
                    cors_origins: Vec::new(),
                    $($field: $default,)*
                }
            }
        }
    };
}

dialect! {
    /// Section `dialects.records`.
    RecordsDialect, "records" {}
}

dialect! {
    /// Section `dialects.pool`.
    PoolDialect, "pool" {
        /// Who may read `/api/stats`.
        stats: StatsAccess = StatsAccess::Public,
    }
}

dialect! {
    /// Section `dialects.tier`.
    TierDialect, "tier" {
        /// The first part of a key.
        prefix: String = "QF".to_owned(),
        /// How many questions an address may ask in a minute.
        requests_per_minute: u32 = 10,
    }
}

dialect! {
    /// Section `dialects.lk`.
    LkDialect, "lk" {}
}

/// Section `limits`: failures are counted per address, and only failures.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// How many failures within the window lock an address out.
    pub failures: u32,
    /// The window.
    pub window: Duration,
    /// How long the first lockout lasts; each further one lasts twice as long.
    pub lockout: Duration,
    /// How long a lockout lasts at most.
    pub max_lockout: Duration,
    /// After how long without failures an address starts afresh.
    pub forget: Duration,
    /// How many failures of all addresses together within the window raise the alert and halve `failures`.
    pub alert: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            failures: 10,
            window: Duration::from_secs(600),
            lockout: Duration::from_secs(60),
            max_lockout: Duration::from_secs(3_600),
            forget: Duration::from_secs(86_400),
            alert: 1_000,
        }
    }
}

/// Section `audit`.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// How much is kept of attempts to validate.
    pub verifications: Verifications,
    /// The same for system C, whose document asks for every attempt.
    pub tier_verifications: Verifications,
    /// For how many days attempts are kept.
    pub keep_days: u32,
    /// A file outside the database that signed checkpoints are written to, too.
    pub checkpoint_file: Option<PathBuf>,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            verifications: Verifications::Summary,
            tier_verifications: Verifications::Full,
            keep_days: 90,
            checkpoint_file: None,
        }
    }
}

/// Section `keys`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keys {
    /// The file with the master key; by default `master.key` in the data directory.
    pub master_key_file: Option<PathBuf>,
}

/// Section `file`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// The product of `keyward issue file` when none is named.
    pub product: Option<String>,
}

/// What stands in no file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Secrets {
    /// `KEYWARD_MASTER_KEY`.
    pub master_key: Option<SecretText>,
    /// `MASTER_KEY`: the secret of system C.
    pub tier_secret: Option<SecretText>,
    /// `KEYWARD_ACCEPT_PUBLIC_SECRET`, `--accept-public-secret`: a secret that is printed in a document is taken.
    pub accept_public: bool,
}
