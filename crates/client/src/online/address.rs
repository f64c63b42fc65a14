//! The address of a server.

/// Where a server is.
#[derive(Clone)]
pub(super) struct Address {
    /// Whether it is asked under TLS.
    pub(super) secure: bool,
    /// A name, or an IP address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// What stands in front of each path, without a slash at its end.
    prefix: String,
}

impl Address {
    /// Reads `https://name[:port][/path]`, or the same with `http`.
    pub(super) fn parse(url: &str) -> Result<Self, &'static str> {
        let (scheme, rest) =
            url.split_once("://").ok_or("the address of the server begins with no https://")?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("the address of the server begins with neither https:// nor http://"),
        };
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) || rest.contains(['@', '?', '#', '\\']) {
            return Err("the address of the server has characters that do not belong there");
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.strip_prefix('[') {
            Some(inside) => {
                let (host, port) = inside.split_once(']').ok_or("the address of the server lacks a ]")?;
                host.parse::<std::net::Ipv6Addr>()
                    .map_err(|_| "the address of the server has no IPv6 address in its brackets")?;
                (host, port.strip_prefix(':').or_else(|| port.is_empty().then_some("")))
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, Some("")),
            },
        };
        let port = match port.ok_or("the address of the server has something behind the ]")? {
            "" if secure => 443,
            "" => 80,
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| "the address of the server has no such port")?
            }
            _ => return Err("the address of the server has a port that is no number"),
        };
        if host.is_empty() {
            return Err("the address of the server names no server");
        }
        let prefix = path.trim_end_matches('/').to_owned();
        Ok(Self { secure, host: host.to_owned(), port, prefix })
    }

    /// For the `Host` header.
    pub(super) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.secure { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }

    /// A path below the address.
    pub(super) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }
}

/// A text as one segment of a path (RFC 3986).
pub(super) fn segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                segment.push(char::from(byte));
            }
            _ => segment.push_str(&format!("%{byte:02X}")),
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused() {
        let read = |url: &str| {
            let address = Address::parse(url).expect(url);
            (address.secure, address.authority(), address.path("/api/verify"))
        };
        let path = |path: &str| path.to_owned();
        assert_eq!(read("https://a.example"), (true, path("a.example"), path("/api/verify")));
        assert_eq!(read("HTTPS://a.example:443/"), (true, path("a.example"), path("/api/verify")));
        assert_eq!(read("http://127.0.0.1:5001/b/"), (false, path("127.0.0.1:5001"), path("/b/api/verify")));
        assert_eq!(read("http://[::1]:80"), (false, path("[::1]"), path("/api/verify")));
        for wrong in [
            "a.example",
            "ftp://a",
            "https://",
            "https:///x",
            "https://user:secret@a",
            "https://a b",
            "https://a/?x",
            "https://a/#x",
            "https://a:b",
            "https://a:70000",
            "https://[::1",
            "https://[::1]x",
            "https://[a]",
            "http://a\r\nX: y",
            "https://ä.example",
        ] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_segment_holds_anything() {
        assert_eq!(segment("KD-1/ü ?"), "KD-1%2F%C3%BC%20%3F");
    }
}
