//! Which addresses a configuration opens, and what is served at each.

use std::net::SocketAddr;

use crate::config::Config;

/// What a listener serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// Everything.
    All,
    /// System A, with its own page at `/`.
    Records,
    /// System B, with its own page at `/`.
    Pool,
    /// System C, with its own page at `/`.
    Tier,
    /// System E, with its own page at `/`.
    Lk,
}

/// The addresses to open, the main one first. The ports of the documents are opened on the main listener's host; a port
/// that is open already is not opened again.
pub fn addresses(config: &Config) -> Vec<(SocketAddr, Serves)> {
    let main = config.server.listen;
    let dialects = &config.dialects;
    let own = [
        (Serves::Records, dialects.records.enabled, dialects.records.listen, Some(8080)),
        (Serves::Pool, dialects.pool.enabled, dialects.pool.listen, Some(5001)),
        (Serves::Tier, dialects.tier.enabled, dialects.tier.listen, Some(5000)),
        (Serves::Lk, dialects.lk.enabled, dialects.lk.listen, None),
    ];
    let mut open = vec![(main, Serves::All)];
    for (serves, enabled, listen, document_port) in own {
        if !enabled {
            continue;
        }
        open.extend(listen.map(|address| (address, serves)));
        let wanted = document_port.filter(|_| config.server.document_ports);
        let wanted = wanted.map(|port| SocketAddr::new(main.ip(), port));
        let is_new = |wanted: &SocketAddr| !open.iter().any(|(known, _)| overlap(known, wanted));
        if let Some(address) = wanted.filter(is_new) {
            open.push((address, serves));
        }
    }
    open
}

/// Whether the system would refuse the second of them: the address of all networks has the port on each.
fn overlap(one: &SocketAddr, other: &SocketAddr) -> bool {
    let is_wide = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && (is_wide || one.ip() == other.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(config: &Config) -> Vec<(u16, Serves)> {
        addresses(config).into_iter().map(|(address, serves)| (address.port(), serves)).collect()
    }

    #[test]
    fn document_ports_are_opened_once_and_only_for_what_is_served() {
        let mut config = Config::default();
        assert_eq!(ports(&config), [(8080, Serves::All)]);
        config.server.document_ports = true;
        assert_eq!(ports(&config), [(8080, Serves::All), (5001, Serves::Pool), (5000, Serves::Tier)]);
        config.dialects.pool.listen = Some("0.0.0.0:5001".parse().unwrap());
        assert_eq!(ports(&config), [(8080, Serves::All), (5001, Serves::Pool), (5000, Serves::Tier)]);
        config.dialects.pool.listen = None;
        config.dialects.tier.enabled = false;
        config.dialects.lk.listen = Some("127.0.0.1:7000".parse().unwrap());
        config.server.listen.set_port(9000);
        assert_eq!(
            ports(&config),
            [(9000, Serves::All), (8080, Serves::Records), (5001, Serves::Pool), (7000, Serves::Lk)]
        );
    }
}
