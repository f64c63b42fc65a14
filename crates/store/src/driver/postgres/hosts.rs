//! Several hosts in one address: each has its turn while a caller still waits.
//!
//! The driver limits the time of a TCP handshake alone. A host that takes the connection and then says nothing, since its
//! PostgreSQL is stopped or its disk hangs, would keep those behind it from their turn.

use std::error::Error as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use deadpool_postgres::{ConfigConnectImpl, Connect};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, Error, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::PATIENCE;
use super::pulse::Connections;

/// Connects to one host at a time.
pub(super) struct Hosts {
    connect: Box<dyn Connect>,
    /// Is told of each connection.
    opened: Arc<Connections>,
}

impl Hosts {
    pub(super) fn new(tls: Option<&MakeRustlsConnect>, opened: &Arc<Connections>) -> Self {
        let connect: Box<dyn Connect> = match tls {
            Some(tls) => Box::new(ConfigConnectImpl { tls: tls.clone() }),
            None => Box::new(ConfigConnectImpl { tls: NoTls }),
        };
        Self { connect, opened: Arc::clone(opened) }
    }

    fn told(&self, place: usize, connected: (Client, JoinHandle<()>)) -> (Client, JoinHandle<()>) {
        self.opened.add(place, connected.1.abort_handle());
        connected
    }
}

type Connected = Result<(Client, JoinHandle<()>), Error>;

impl Connect for Hosts {
    fn connect(&self, config: &Config) -> Pin<Box<dyn Future<Output = Connected> + Send + '_>> {
        let mut hosts = each(config);
        let turn = PATIENCE / u32::try_from(hosts.len()).unwrap_or(1).max(1);
        // How long the last one may take, the pool knows.
        let last = hosts.pop().unwrap_or_else(|| config.clone());
        Box::pin(async move {
            for (place, host) in hosts.iter().enumerate() {
                match timeout(turn, self.connect.connect(host)).await {
                    Ok(Ok(connected)) => return Ok(self.told(place, connected)),
                    Ok(Err(why)) if !is_mute(&why) => {}
                    _ => self.opened.one_is_mute(),
                }
            }
            let connected = self.connect.connect(&last).await;
            if connected.as_ref().is_err_and(is_mute) {
                self.opened.one_is_mute();
            }
            connected.map(|connected| self.told(hosts.len(), connected))
        })
    }
}

/// Whether nobody said no: the machine is off, or what is sent to it is dropped.
fn is_mute(why: &Error) -> bool {
    use std::io::ErrorKind::{HostUnreachable, NetworkUnreachable, TimedOut};
    let why = why.source().and_then(|why| why.downcast_ref::<std::io::Error>());
    why.is_some_and(|why| matches!(why.kind(), TimedOut | HostUnreachable | NetworkUnreachable))
}

/// The configuration of each host alone.
fn each(config: &Config) -> Vec<Config> {
    let hosts = config.get_hosts().len().max(config.get_hostaddrs().len());
    if hosts < 2 { vec![config.clone()] } else { (0..hosts).map(|place| only(config, place)).collect() }
}

fn only(config: &Config, place: usize) -> Config {
    let mut one = of_any_host(config);
    match config.get_hosts().get(place) {
        Some(Host::Tcp(name)) => _ = one.host(name),
        Some(Host::Unix(path)) => _ = one.host_path(path),
        None => {}
    }
    if let Some(address) = config.get_hostaddrs().get(place) {
        one.hostaddr(*address);
    }
    if let Some(port) = config.get_ports().get(place).or_else(|| config.get_ports().first()) {
        one.port(*port);
    }
    one
}

/// All of a configuration but hosts and ports.
fn of_any_host(config: &Config) -> Config {
    let mut one = Config::new();
    one.ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .channel_binding(config.get_channel_binding())
        .target_session_attrs(config.get_target_session_attrs())
        .keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle());
    for (given, set) in [
        (config.get_user(), Config::user as fn(&mut Config, String) -> &mut Config),
        (config.get_dbname(), Config::dbname),
        (config.get_options(), Config::options),
        (config.get_application_name(), Config::application_name),
    ] {
        if let Some(given) = given {
            set(&mut one, given.to_owned());
        }
    }
    for (given, set) in [
        (config.get_connect_timeout().copied(), Config::connect_timeout as fn(&mut Config, _) -> &mut Config),
        (config.get_tcp_user_timeout().copied(), Config::tcp_user_timeout),
        (config.get_keepalives_interval(), Config::keepalives_interval),
    ] {
        if let Some(given) = given {
            set(&mut one, given);
        }
    }
    if let Some(retries) = config.get_keepalives_retries() {
        one.keepalives_retries(retries);
    }
    if let Some(password) = config.get_password() {
        one.password(password);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_alone_has_everything_else() {
        let rest = "user=me password=hush dbname=d options=-cx application_name=a sslmode=require sslnegotiation=direct \
            target_session_attrs=read-write channel_binding=require connect_timeout=3 tcp_user_timeout=4 keepalives=0 \
            keepalives_idle=5 keepalives_interval=6 keepalives_retries=7";
        let parsed = |hosts: &str| -> Config { format!("{hosts} {rest}").parse().expect("an address") };
        for (together, alone) in [
            ("host=one,/two port=1,2", ["host=one port=1", "host=/two port=2"]),
            ("host=one,two port=9", ["host=one port=9", "host=two port=9"]),
            ("host=one,two", ["host=one", "host=two"]),
            (
                "host=one,two hostaddr=10.0.0.1,10.0.0.2",
                ["host=one hostaddr=10.0.0.1", "host=two hostaddr=10.0.0.2"],
            ),
        ] {
            assert_eq!(each(&parsed(together)), alone.map(parsed), "{together}");
        }
        assert_eq!(each(&parsed("host=one")), [parsed("host=one")]);
    }
}
