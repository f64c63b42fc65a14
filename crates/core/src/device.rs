//! Device ids: a short digest of what the machine says about itself.
//!
//! Owns the derivation of system D's id, and [`fingerprint`], the second version, which outlives a new network card. Asking
//! the machine is the client's part.

pub mod fingerprint;

use sha2::{Digest as _, Sha256};

use crate::time::Timestamp;

/// What a device id is made of, with Node's names for platform and architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceFacts {
    /// `linux`, `darwin`, `win32`, …
    pub platform: String,
    /// `x64`, `arm64`, `ia32`, …
    pub arch: String,
    /// The host name.
    pub hostname: String,
    /// The first usable MAC address, lower case with colons; empty when there is none.
    pub mac: String,
    /// The user's name.
    pub username: String,
    /// The application's salt.
    pub salt: String,
}

/// A network interface with its addresses, in the order in which the system lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its MAC address, lower case with colons.
    pub mac: String,
    /// Whether it leads to this machine only.
    pub internal: bool,
}

impl DeviceFacts {
    /// The six facts, joined by `|`.
    pub fn material(&self) -> String {
        [&self.platform, &self.arch, &self.hostname, &self.mac, &self.username, &self.salt]
            .map(String::as_str)
            .join("|")
    }

    /// The first 16 hexadecimal digits of the SHA-256 of the material, in upper case.
    pub fn device_id(&self) -> String {
        hex::encode_upper(&Sha256::digest(self.material())[..8])
    }
}

/// The MAC address that identifies a machine: the first that is not internal, not empty and not all zero.
pub fn first_mac(interfaces: &[Interface]) -> &str {
    let usable = |i: &&Interface| !i.internal && i.mac.bytes().any(|b| !matches!(b, b'0' | b':'));
    interfaces.iter().find(usable).map_or("", |i| &i.mac)
}

/// The user's name: `USER`, else `USERNAME`, else `unknown`; an empty variable counts as absent.
pub fn username(user: Option<String>, username: Option<String>) -> String {
    let set = |name: &String| !name.is_empty();
    user.filter(set).or(username.filter(set)).unwrap_or_else(|| "unknown".to_owned())
}

/// Node's name of an operating system that Rust calls `os`.
pub fn platform(os: &str) -> &str {
    match os {
        "windows" => "win32",
        "macos" => "darwin",
        "solaris" | "illumos" => "sunos",
        other => other,
    }
}

/// Node's name of an architecture that Rust calls `arch`.
pub fn arch(arch: &str) -> &str {
    match arch {
        "x86_64" => "x64",
        "x86" => "ia32",
        "aarch64" => "arm64",
        "powerpc64" => "ppc64",
        "powerpc" => "ppc",
        "loongarch64" => "loong64",
        other => other,
    }
}

/// Whether a text has the form that system D gives its device ids: 16 upper-case hexadecimal digits.
pub fn is_device_id(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'))
}

/// Reads the content of system D's `.last_seen`: milliseconds since 1970. Anything else means "never seen".
pub fn parse_last_seen(text: &str) -> Option<Timestamp> {
    let text = text.trim_ascii();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| plain).map(Timestamp::from_millis)
}
