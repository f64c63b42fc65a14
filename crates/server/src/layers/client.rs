//! Who asks: the peer, or whoever a trusted proxy says it asks for.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::header::FORWARDED;
use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use tracing::warn;

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The proxies whose word is taken.
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    was_told: AtomicBool,
}

/// Who asks, and by what way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) address: IpAddr,
    pub(super) was_forwarded: bool,
    /// Only a trusted proxy can say so.
    pub(super) is_secure: bool,
}

impl TrustedProxies {
    /// Trusts the proxies in these networks, and nobody else.
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self { networks, was_told: AtomicBool::new(false) }
    }

    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let peer = peer.to_canonical();
        let was_forwarded = headers.contains_key(&X_FORWARDED_FOR) || headers.contains_key(FORWARDED);
        if !was_forwarded {
            let is_secure = self.trusts(peer) && self.says_https(headers);
            return Client { address: peer, was_forwarded, is_secure };
        }
        if !self.trusts(peer) {
            if !self.was_told.swap(true, Ordering::Relaxed) {
                warn!(
                    peer.address = %peer,
                    "ignored a forwarded header from {peer}, which is no trusted proxy; if it is your proxy, add it to \
                     server.trusted_proxies (said once)"
                );
            }
            return Client { address: peer, was_forwarded, is_secure: false };
        }
        // A proxy writes one of the two and passes the other on as the client sent it. Where they contradict each other
        // nobody can say which is which, and only the proxy's own address is certain.
        let x_forwarded_for = self.walk(peer, values(headers, &X_FORWARDED_FOR).map(address));
        let forwarded =
            self.walk(peer, values(headers, &FORWARDED).map(|element| address(parameter(element, "for")?)));
        let address = match (x_forwarded_for, forwarded) {
            (Some(one), Some(other)) if one != other => peer,
            (one, other) => one.or(other).unwrap_or(peer),
        };
        Client { address, was_forwarded, is_secure: self.says_https(headers) }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// From right to left: each trusted proxy vouches for the entry before its own. `None` without entries.
    fn walk<'a>(
        &self,
        peer: IpAddr,
        entries: impl DoubleEndedIterator<Item = Option<IpAddr>> + 'a,
    ) -> Option<IpAddr> {
        let mut last = None;
        for entry in entries.rev() {
            // Whatever cannot be read was written by the last one that could: that one is as far as we see.
            let Some(address) = entry else { return Some(last.unwrap_or(peer)) };
            last = Some(address);
            if !self.trusts(address) {
                break;
            }
        }
        last
    }

    fn says_https(&self, headers: &HeaderMap) -> bool {
        let last = values(headers, &X_FORWARDED_PROTO).next_back();
        let last = last.or_else(|| {
            values(headers, &FORWARDED).next_back().and_then(|element| parameter(element, "proto"))
        });
        last.is_some_and(|proto| proto.eq_ignore_ascii_case("https"))
    }
}

/// The parts of a list that may be spread over several headers of one name.
fn values<'a>(headers: &'a HeaderMap, name: &'a HeaderName) -> impl DoubleEndedIterator<Item = &'a str> + 'a {
    headers.get_all(name).iter().flat_map(|value| value.to_str().unwrap_or("?").split(',')).map(str::trim)
}

/// A parameter of an element of `Forwarded` (RFC 7239, section 4).
fn parameter<'a>(element: &'a str, wanted: &str) -> Option<&'a str> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut found = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
    found.next().map(|(_, value)| value.trim().trim_matches('"'))
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const XFF: &str = "x-forwarded-for";
    const F: &str = "forwarded";

    fn client(peer: &str, headers: &[(&'static str, &'static str)]) -> String {
        let trusted =
            TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap(), "2001:db8:f::/48".parse().unwrap()]);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        trusted.client(peer.parse().unwrap(), &map).address.to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        // The peer, the headers, and who is taken for the client.
        type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str);
        let table: &[Row] = &[
            ("192.0.2.1", &[], "192.0.2.1"),
            ("::ffff:192.0.2.1", &[], "192.0.2.1"),
            ("192.0.2.1", &[(XFF, "198.51.100.7")], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &[(XFF, "198.51.100.7")], "198.51.100.7"),
            ("::ffff:10.0.0.1", &[(XFF, "198.51.100.7")], "198.51.100.7"),
            ("10.0.0.1", &[(XFF, "203.0.113.9, 198.51.100.7")], "198.51.100.7"),
            ("10.0.0.1", &[(XFF, "203.0.113.9, 198.51.100.7, 10.2.3.4")], "198.51.100.7"),
            ("10.0.0.1", &[(XFF, "203.0.113.9"), (XFF, "198.51.100.7")], "198.51.100.7"),
            ("10.0.0.1", &[(XFF, "10.9.9.9, 10.2.3.4")], "10.9.9.9"),
            ("10.0.0.1", &[(XFF, "198.51.100.7, nonsense")], "10.0.0.1"),
            ("10.0.0.1", &[(XFF, "198.51.100.7, nonsense, 10.2.3.4")], "10.2.3.4"),
            ("10.0.0.1", &[(XFF, "")], "10.0.0.1"),
            ("10.0.0.1", &[(XFF, "198.51.100.7:4711")], "198.51.100.7"),
            ("2001:db8:f::1", &[(XFF, "2001:db8::7")], "2001:db8::7"),
            ("10.0.0.1", &[(F, "for=198.51.100.7;proto=https;by=10.0.0.1")], "198.51.100.7"),
            ("10.0.0.1", &[(F, "for=203.0.113.9, For=\"[2001:db8::7]:4711\"")], "2001:db8::7"),
            ("10.0.0.1", &[(F, "for=_hidden")], "10.0.0.1"),
            ("10.0.0.1", &[(F, "proto=https")], "10.0.0.1"),
            ("10.0.0.1", &[(F, "for=198.51.100.7"), (XFF, "198.51.100.7")], "198.51.100.7"),
            ("10.0.0.1", &[(F, "for=203.0.113.9"), (XFF, "198.51.100.7")], "10.0.0.1"),
        ];
        for (peer, headers, wanted) in table {
            assert_eq!(client(peer, headers), *wanted, "{peer} {headers:?}");
        }
    }

    #[test]
    fn only_a_trusted_proxy_says_that_the_client_came_by_tls() {
        let trusted = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let mut headers = HeaderMap::new();
        headers.insert(&X_FORWARDED_PROTO, HeaderValue::from_static("https"));
        assert!(trusted.client("10.0.0.1".parse().unwrap(), &headers).is_secure);
        assert!(!trusted.client("192.0.2.1".parse().unwrap(), &headers).is_secure);
        headers.insert(&X_FORWARDED_PROTO, HeaderValue::from_static("https, http"));
        assert!(!trusted.client("10.0.0.1".parse().unwrap(), &headers).is_secure);
    }
}
