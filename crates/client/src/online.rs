//! Asking a server: activating a key, hearing what became of it, giving the device's place back, telling what was used.
//!
//! A [`Server`] speaks the interface of one of the older systems: the pool (B), tiered keys (C), or an installation (E). Its
//! last good answer is kept in the sealed memory and holds for a lease, so the network may be away for that long. Only a
//! clear no of the server takes a yes back before. Calls block, for at most a few times the time-out; nothing is locked
//! meanwhile.

mod address;
mod failure;
mod http;
mod installation;
mod manager;
mod pool;
mod proxy;
mod said;
mod stream;
mod tier;
mod usage;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use self::address::Address;
pub(crate) use self::manager::Patience;
use self::proxy::{Proxies, Proxy};
use self::stream::Roots;
use crate::error::ClientError;

/// A device runs on an answer for so long when neither server nor application say how long.
const LEASE: Duration = Duration::from_secs(7 * 86_400);
/// Whoever watches asks so often.
const REFRESH: Duration = Duration::from_secs(3_600);
/// Connecting takes so long at the most, and so does an answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A server to ask. What it is made from is checked when the manager is opened.
///
/// # Examples
/// ```no_run
/// use keyward_client::LicenseManager;
/// use keyward_client::online::Server;
///
/// # const KEY: &str = "";
/// let server = Server::pool("https://licences.example.com");
/// let license = LicenseManager::builder("versoll-books").public_key(KEY)?.server(server).open()?;
/// let status = license.activate("K7QM2ZT4XW9A")?;
/// println!("{}", status.message());
/// // Asks again from time to time, in a thread of its own:
/// let watching = license.watch(std::time::Duration::from_secs(60));
/// # Ok::<(), keyward_client::ClientError>(())
/// ```
#[derive(Clone)]
pub struct Server {
    dialect: Dialect,
    address: Result<Address, &'static str>,
    lease: Duration,
    refresh_every: Duration,
    timeout: Duration,
    roots: Roots,
    proxies: Proxies,
}

/// Which interface it speaks.
#[derive(Clone)]
enum Dialect {
    Pool,
    Tier,
    Installation(Arc<Zeroizing<String>>),
}

impl Server {
    /// A central pool of keys that work once (system B).
    pub fn pool(url: &str) -> Self {
        Self::new(Dialect::Pool, url)
    }

    /// A server of tiered keys (system C).
    pub fn tier(url: &str) -> Self {
        Self::new(Dialect::Tier, url)
    }

    /// An installation's server (system E), with a token of the installation: `keyward token create --installation NAME`.
    pub fn installation(url: &str, token: &str) -> Self {
        Self::new(Dialect::Installation(Arc::new(Zeroizing::new(token.to_owned()))), url)
    }

    fn new(dialect: Dialect, url: &str) -> Self {
        let address = Address::parse(url);
        Self {
            dialect,
            address,
            lease: LEASE,
            refresh_every: REFRESH,
            timeout: TIMEOUT,
            roots: Roots::default(),
            proxies: Proxies::default(),
        }
    }

    /// How long the device may run on an answer that does not say it; 7 days unless given.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How often the server is asked while [`watch`](crate::LicenseManager::watch) runs; hourly unless given, and at least
    /// twice in each lease.
    #[must_use]
    pub fn refresh_every(mut self, period: Duration) -> Self {
        self.refresh_every = period;
        self
    }

    /// How long connecting may take, and then the answer; 10 seconds unless given.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// A certification authority of your own, in PEM: it takes the place of those that Mozilla trusts. May be called for
    /// several.
    #[must_use]
    pub fn root_certificate(mut self, pem: &str) -> Self {
        self.roots.add(pem);
        self
    }

    /// A proxy to ask through, `http://[user:password@]name:port`. Without this the environment is asked: `HTTPS_PROXY` for
    /// a server with https, `HTTP_PROXY` for others, else `ALL_PROXY`; but neither for this machine nor for what `NO_PROXY`
    /// lists.
    #[must_use]
    pub fn proxy(mut self, url: &str) -> Self {
        self.proxies = Proxies::Given(Some(Proxy::parse(url)));
        self
    }

    /// No proxy, whatever the environment says.
    #[must_use]
    pub fn no_proxy(mut self) -> Self {
        self.proxies = Proxies::Given(None);
        self
    }

    /// Whether all it was made from can be used.
    ///
    /// # Errors
    /// `SERVER_ADDRESS`, `SERVER_PROXY`, `SERVER_ROOT`, `SERVER_TOKEN`.
    pub(crate) fn check(&self, help: &str) -> Result<(), ClientError> {
        if let Err(why) = &self.address {
            let remedy = "Give the application the address as https://name or https://name:port/path.";
            return Err(ClientError::other("SERVER_ADDRESS", why, remedy, help));
        }
        if let Proxies::Given(Some(Err(why))) = &self.proxies {
            return Err(ClientError::other("SERVER_PROXY", why, failure::PROXY_REMEDY, help));
        }
        if let Dialect::Installation(token) = &self.dialect
            && (token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            let why = "the token is empty, or has characters that no token has";
            return Err(ClientError::other("SERVER_TOKEN", why, failure::TOKEN_REMEDY, help));
        }
        self.roots.check().map_err(|why| {
            let remedy = "Give the application the authority's certificate in PEM.";
            ClientError::other("SERVER_ROOT", why, remedy, help)
        })
    }
}

/// Neither token nor certificates are shown.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dialect = match &self.dialect {
            Dialect::Pool => "pool",
            Dialect::Tier => "tier",
            Dialect::Installation(_) => "installation",
        };
        f.debug_struct("Server").field("dialect", &dialect).finish_non_exhaustive()
    }
}
