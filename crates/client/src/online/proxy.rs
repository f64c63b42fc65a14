//! The proxy that stands between this machine and the server, where there is one.
//!
//! It is named by the application, or by the environment as for `curl`: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, and `NO_PROXY`
//! for those that are asked directly. What is asked under TLS goes through a tunnel, and the proxy reads none of it.

use std::fmt;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::address::Address;

/// Where a proxy comes from.
#[derive(Clone, Default)]
pub(super) enum Proxies {
    /// From the environment.
    #[default]
    Environment,
    /// The application says so: this one, or none.
    Given(Option<Result<Proxy, &'static str>>),
}

/// A proxy, asked in HTTP.
#[derive(Clone)]
pub(super) struct Proxy {
    pub(super) address: Address,
    /// What goes into `Proxy-Authorization`.
    pub(super) credentials: Option<Zeroizing<String>>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxy(…)")
    }
}

const FORM: &str = "the address of the proxy is not of the form http://name:port";

impl Proxy {
    /// Reads `[http://][user:password@]name[:port]`.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let rest = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some(_) => return Err("the proxy is of a kind that is not known: only http:// is"),
            None => text,
        };
        let rest = rest.trim_end_matches('/');
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, rest),
        };
        if place.contains('/') {
            return Err(FORM);
        }
        let address = Address::parse(&format!("http://{place}")).map_err(|_| FORM)?;
        let credentials = user.map(|user| {
            // A name without a password has an empty one.
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            let mut plain = Zeroizing::new(unescaped(name));
            plain.push(b':');
            plain.extend_from_slice(&Zeroizing::new(unescaped(password)));
            Zeroizing::new(format!("Basic {}", STANDARD.encode(&*plain)))
        });
        Ok(Self { address, credentials })
    }
}

impl Proxies {
    /// The proxy for an address.
    pub(super) fn of(&self, address: &Address) -> Result<Option<Proxy>, &'static str> {
        match self {
            Self::Given(given) => given.clone().transpose(),
            Self::Environment => named(address, &|name| crate::place::environment(name)),
        }
    }
}

/// The proxy that an environment names for an address.
fn named(address: &Address, env: &dyn Fn(&str) -> Option<String>) -> Result<Option<Proxy>, &'static str> {
    let either = |name: &str| env(&name.to_ascii_lowercase()).or_else(|| env(name));
    let proxy = if address.secure {
        either("HTTPS_PROXY")
    } else {
        // In a CGI program the upper-case name is a header of whoever asks.
        env("http_proxy").or_else(|| env("HTTP_PROXY").filter(|_| env("REQUEST_METHOD").is_none()))
    };
    match proxy.or_else(|| either("ALL_PROXY")) {
        Some(proxy) if !is_direct(address, &either("NO_PROXY").unwrap_or_default()) => {
            Proxy::parse(&proxy).map(Some)
        }
        _ => Ok(None),
    }
}

/// Whether an address is asked directly: one of this machine, or of the list. A name there stands for those below it too.
fn is_direct(address: &Address, list: &str) -> bool {
    let host = address.host.trim_end_matches('.').to_ascii_lowercase();
    let ip = host.parse::<IpAddr>().ok();
    if host == "localhost" || ip.is_some_and(|ip| ip.is_loopback()) {
        return true;
    }
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" {
            return true;
        }
        if let (Some(ip), Some((network, bits))) = (ip, entry.split_once('/')) {
            return is_within(ip, network, bits);
        }
        let bare = entry.trim_start_matches('[').replace(']', "");
        if bare.parse::<IpAddr>().is_ok_and(|it| Some(it) == ip) {
            return true;
        }
        let (name, port) = match entry.rsplit_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (entry, None),
        };
        if port.is_some_and(|port| port.parse() != Ok(address.port)) {
            return false;
        }
        let name = name.trim_start_matches("*.").trim_matches(['.', '[', ']']).to_ascii_lowercase();
        let below = host.strip_suffix(&name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        // Numbers have no names below them.
        !name.is_empty() && (if ip.is_some() { host == name } else { below })
    })
}

fn is_within(ip: IpAddr, network: &str, bits: &str) -> bool {
    let Ok(bits) = bits.parse::<u32>() else { return false };
    match (ip, network.parse()) {
        (IpAddr::V4(ip), Ok(IpAddr::V4(network))) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            ip.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(ip), Ok(IpAddr::V6(network))) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            ip.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}

/// `%41` as the byte that it stands for (RFC 3986).
fn unescaped(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            plain.push(byte);
            at += 3;
        } else {
            plain.push(bytes[at]);
            at += 1;
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(url: &str, env: &[(&str, &str)]) -> Option<String> {
        let address = Address::parse(url).expect(url);
        let get = |name: &str| env.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned());
        let proxy = named(&address, &get).expect("a proxy");
        proxy.map(|proxy| format!("{}:{}", proxy.address.host, proxy.address.port))
    }

    #[test]
    fn the_environment_names_the_proxy() {
        let both = [("HTTPS_PROXY", "http://s:1"), ("http_proxy", "h:2")];
        assert_eq!(to("https://a.example", &both).as_deref(), Some("s:1"));
        assert_eq!(to("http://a.example", &both).as_deref(), Some("h:2"));
        assert_eq!(to("https://a.example", &[("http_proxy", "h:2")]), None);
        assert_eq!(to("https://a.example", &[("ALL_PROXY", "p")]).as_deref(), Some("p:80"));
        let two = [("HTTPS_PROXY", "upper:1"), ("https_proxy", "lower:1")];
        assert_eq!(to("https://a.example", &two).as_deref(), Some("lower:1"));
        assert_eq!(to("http://a.example", &[("HTTP_PROXY", "h:2")]).as_deref(), Some("h:2"));
        assert_eq!(to("http://a.example", &[("HTTP_PROXY", "h:2"), ("REQUEST_METHOD", "GET")]), None);
        assert_eq!(to("https://localhost:1", &both), None);
        assert_eq!(to("http://127.1.2.3", &both), None);
    }

    #[test]
    fn some_are_asked_directly() {
        let direct = |url: &str, list: &str| to(url, &[("ALL_PROXY", "p:1"), ("NO_PROXY", list)]).is_none();
        assert!(direct("https://a.example", "*"));
        assert!(direct("https://a.example", "b.example, A.example"));
        assert!(direct("https://x.a.example", ".a.example") && direct("https://x.a.example", "*.a.example"));
        assert!(direct("https://a.example:8443", "a.example:8443"));
        assert!(direct("https://10.1.2.3", "10.0.0.0/8") && direct("https://10.1.2.3", "10.1.2.3"));
        assert!(direct("https://[fd00::1]", "fd00::/8") && direct("https://[fd00::1]", "[fd00::1]"));
        for list in ["", "example.org", "ba.example", "a.example:444", "10.0.0.0/99", ".", ",,"] {
            assert!(!direct("https://a.example", list), "{list}");
        }
        assert!(!direct("https://xa.example", "a.example"));
        assert!(!direct("https://10.1.2.3", "2.3") && !direct("https://11.1.2.3", "10.0.0.0/8"));
        assert!(direct("https://1.2.3.4", "0.0.0.0/0"));
    }

    #[test]
    fn a_proxy_may_ask_for_a_name() {
        let proxy = Proxy::parse("http://kim:p%40ss%3A@proxy.example:3128/").expect("a proxy");
        assert_eq!(proxy.credentials.as_deref().map(String::as_str), Some("Basic a2ltOnBAc3M6"));
        assert_eq!((proxy.address.host.as_str(), proxy.address.port), ("proxy.example", 3128));
        assert!(!format!("{proxy:?}").contains("kim"));
        for wrong in ["", "socks5://p:1", "https://p:1", "http://p/x", "p:x", "http://"] {
            assert!(Proxy::parse(wrong).is_err(), "{wrong}");
        }
    }
}
