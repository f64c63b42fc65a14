//! Where the database is: `sqlite:PATH`, `postgres://…`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

use crate::StoreError;

/// Which database, and where. `Debug` and `Display` never show a password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseAddress {
    /// A file; made when it is not there.
    Sqlite(PathBuf),
    /// A server.
    Postgres(PostgresAddress),
}

/// The address of a PostgreSQL server as it was given, less what only we understand.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress {
    /// For the driver.
    pub(crate) url: String,
    /// A PEM file of authorities to trust instead of the machine's own (`sslrootcert`).
    pub(crate) root_certificate: Option<PathBuf>,
    /// For people: without the password.
    shown: String,
}

impl FromStr for DatabaseAddress {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() {
                Err(StoreError::Address("the address of the SQLite database names no file".to_owned()))
            } else {
                Ok(Self::Sqlite(path.into()))
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return postgres(text).map(Self::Postgres);
        }
        let scheme = text.split_once(':').map_or("none", |(scheme, _)| scheme);
        Err(StoreError::Address(format!(
            "a database address begins with sqlite: or postgres:, not with {scheme}"
        )))
    }
}

fn postgres(text: &str) -> Result<PostgresAddress, StoreError> {
    // Several hosts with ports are no URL to others, so only the query is taken apart here.
    // A question mark before the first @ belongs to the password, as the driver reads it.
    let hosts = text.find('@').unwrap_or_default();
    let question = text.get(hosts..).and_then(|rest| rest.find('?')).map(|place| hosts + place);
    let (base, query) = question.map_or((text, ""), |place| (&text[..place], &text[place + 1..]));
    let mut root_certificate = None;
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslrootcert", path)) => root_certificate = Some(PathBuf::from(path)),
            // The driver would take the whole list for the name of one host.
            Some(("host", hosts)) => kept.extend(hosts.split(',').map(|host| format!("host={host}"))),
            _ => kept.push(pair.to_owned()),
        }
    }
    let url = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
    let config: tokio_postgres::Config = url.parse().map_err(|error: tokio_postgres::Error| {
        // The driver's own text may repeat a part of the address, and so of a password.
        let why =
            std::error::Error::source(&error).map_or_else(|| "unreadable".to_owned(), ToString::to_string);
        StoreError::Address(format!("the PostgreSQL address cannot be read: {why}"))
    })?;
    if !is_even(&config) {
        let why =
            "hosts, their `hostaddr` and `port` must be as many as each other; one port will do for all";
        return Err(StoreError::Address(format!("the PostgreSQL address cannot be used: {why}")));
    }
    Ok(PostgresAddress { shown: without_password(base), url, root_certificate })
}

/// Whether each host has its port, or all have one; and its address, or none has.
fn is_even(config: &tokio_postgres::Config) -> bool {
    let (hosts, addresses) = (config.get_hosts().len(), config.get_hostaddrs().len());
    let ports = config.get_ports().len();
    (hosts == 0 || addresses == 0 || hosts == addresses) && (ports <= 1 || ports == hosts.max(addresses))
}

fn without_password(base: &str) -> String {
    let Some((scheme, rest)) = base.split_once("://") else { return base.to_owned() };
    let (user, hosts) = rest.rsplit_once('@').unwrap_or(("", rest));
    let user = user.split_once(':').map_or(user, |(name, _)| name);
    let shown =
        if user.is_empty() { format!("{scheme}://{hosts}") } else { format!("{scheme}://{user}@{hosts}") };
    // One host is shown as browsers would, so that odd characters do not reach a terminal.
    Url::parse(&shown).map_or(shown, |url| url.to_string())
}

impl fmt::Display for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(address) => f.write_str(&address.shown),
        }
    }
}

impl fmt::Debug for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_passwords_not_shown() {
        let read = |text: &str| text.parse::<DatabaseAddress>();
        assert_eq!(read("sqlite:a/b.db").unwrap(), DatabaseAddress::Sqlite("a/b.db".into()));
        assert_eq!(read("sqlite:///b.db").unwrap(), DatabaseAddress::Sqlite("/b.db".into()));
        let address =
            read("postgresql://me:secret@a:1,b:2/k?sslrootcert=/ca.pem&target_session_attrs=read-write");
        let shown = format!("{0} {0:?}", address.unwrap());
        assert!(!shown.contains("secret") && shown.contains("me@a:1,b:2/k"), "{shown}");
        for odd in ["postgres://me:se?cret@h/d", "postgres://me:se:cr?et@h/d?password=cret"] {
            let shown = format!("{0} {0:?}", read(odd).unwrap());
            assert!(!shown.contains("se?") && !shown.contains("cr") && shown.contains("me@h/d"), "{shown}");
        }
        for several in [
            "postgres://a:9,b:9/d",
            "postgres://a:9,b:9/d?hostaddr=10.0.0.1,10.0.0.2",
            "postgres:///d?host=a,b&port=9&hostaddr=10.0.0.1,10.0.0.2",
            "postgres:///d?host=a,b&port=9,9",
        ] {
            let Ok(DatabaseAddress::Postgres(address)) = read(several) else { panic!("{several}") };
            let config: tokio_postgres::Config = address.url.parse().unwrap();
            let hosts = ["a", "b"].map(|host| tokio_postgres::config::Host::Tcp(host.to_owned()));
            assert_eq!(config.get_hosts(), hosts, "{several}");
        }
        for wrong in [
            "sqlite:",
            "mysql://x",
            "",
            "postgres://h:notaport/d",
            "postgres://h/d?surprise=1",
            "postgres://a,b/d?port=1",
            "postgres://a,b/d?hostaddr=10.0.0.1",
        ] {
            let error = read(wrong).unwrap_err();
            assert_eq!(error.code(), "DATABASE_ADDRESS", "{wrong}");
        }
    }
}
