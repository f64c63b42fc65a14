//! The forms a licence takes, one file each, and the recognition of any of them.
//!
//! A scheme reads and writes its form bit for bit and checks its seal. It knows no dates but its own and asks no
//! database; what it found goes on as [`crate::claims::Claims`].

pub mod file;
pub mod lk1;
pub mod lk2;
pub mod lk3;
pub mod pool;
pub mod record;
pub mod tier;

use base64::Engine as _;
use base64::engine::general_purpose;

use crate::armour;
use crate::json::{self, Value};
use crate::refusal::{Flaw, Refusal, check_size};

/// The form of a licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// A: an RSA-signed record of a client.
    Record,
    /// B: a 12-character single-use key of a central pool.
    Pool,
    /// C: a tiered HMAC key.
    Tier,
    /// D: a device-bound RSA-signed file.
    File,
    /// E, first version: tier and random part with a short check.
    Lk1,
    /// E, second version: compressed JSON with a short seal.
    Lk2,
    /// Our own: protobuf with a full seal.
    Lk3,
}

impl Scheme {
    /// All schemes.
    pub const ALL: [Self; 7] =
        [Self::Record, Self::Pool, Self::Tier, Self::File, Self::Lk1, Self::Lk2, Self::Lk3];

    /// Its name on the command line and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Pool => "pool",
            Self::Tier => "tier",
            Self::File => "file",
            Self::Lk1 => "lk1",
            Self::Lk2 => "lk2",
            Self::Lk3 => "lk3",
        }
    }

    /// Finds out by its form which scheme a text belongs to. Says nothing about whether it is valid.
    ///
    /// # Errors
    /// `MALFORMED` when it is none of them, with its own reason where it is a licence wrapped once more;
    /// `UNSUPPORTED_VERSION` for an `LK-` key of another version; `TOO_LARGE`.
    pub fn of(text: &str) -> Result<Self, Refusal> {
        check_size(text.as_bytes())?;
        Self::plainly(text).unwrap_or_else(|| match wrapping(text) {
            Some(how) => Err(Flaw::DoublyEncoded { how }.into()),
            None => Err(unknown(text)),
        })
    }

    /// The scheme of a text that is not wrapped.
    fn plainly(text: &str) -> Option<Result<Self, Refusal>> {
        if text.trim_start().starts_with('{') {
            return Some(Self::of_json(text));
        }
        if text.starts_with("LK-") {
            return Some(match lk_version(text) {
                Ok("1") => Ok(Self::Lk1),
                Ok("2") => Ok(Self::Lk2),
                Ok("3") => Ok(Self::Lk3),
                Ok(other) => Err(Refusal::UnsupportedVersion(other.to_owned())),
                Err(flaw) => Err(flaw.into()),
            });
        }
        if text.starts_with("QF-") || tier::resembles(text) {
            return Some(Ok(Self::Tier));
        }
        pool::PoolKey::parse(text).is_ok().then_some(Ok(Self::Pool))
    }

    fn of_json(text: &str) -> Result<Self, Refusal> {
        match json::parse(text, "file")? {
            Value::Object(fields) if fields.get("payload").is_some() => Ok(Self::File),
            Value::Object(fields) if fields.get("client_id").is_some() => Ok(Self::Record),
            _ => Err(Flaw::UnknownForm.into()),
        }
    }
}

impl std::fmt::Display for Scheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Scheme {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The version digits of an `LK-` key.
fn lk_version(text: &str) -> Result<&str, Flaw> {
    armour::version(text, "LK-", "version after `LK-`").map(|(version, _)| version)
}

/// The text after `LK-{version}-`, when the version is the wanted one.
fn lk_body<'a>(text: &'a str, version: &str) -> Result<&'a str, Refusal> {
    check_size(text.as_bytes())?;
    let found = lk_version(text)?;
    if found != version {
        return Err(Refusal::UnsupportedVersion(found.to_owned()));
    }
    Ok(&text["LK-".len() + version.len() + 1..])
}

/// How a known licence is wrapped, when it is.
fn wrapping(text: &str) -> Option<&'static str> {
    let inner =
        |unwrapped: Option<String>| unwrapped.is_some_and(|t| matches!(Scheme::plainly(&t), Some(Ok(_))));
    let text = text.trim();
    let base64 = |engine: general_purpose::GeneralPurpose| {
        engine.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok())
    };
    if inner(serde_json::from_str::<String>(text).ok()) {
        Some("as a JSON text in quotes")
    } else if text.contains('%') && inner(percent_decoded(text)) {
        Some("percent-encoded, as in a web address")
    } else if inner(base64(general_purpose::STANDARD)) || inner(base64(general_purpose::URL_SAFE_NO_PAD)) {
        Some("in base64")
    } else {
        None
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.extend(from_hex(part.get(..2)?)?);
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

/// Hexadecimal digits alone: no prefix, no white space.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    text.bytes().all(|b| b.is_ascii_hexdigit()).then(|| hex::decode(text).ok())?
}

/// Why a text of no known form may have none.
fn unknown(text: &str) -> Refusal {
    if text.starts_with('\u{feff}') {
        return Flaw::ByteOrderMark.into();
    }
    let stripped: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if (8..=16).contains(&stripped.len()) && stripped.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return pool::PoolKey::parse(text).map_or_else(Refusal::from, |_| Flaw::UnknownForm.into());
    }
    Flaw::UnknownForm.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_recognised() {
        for (text, scheme) in [
            (r#" {"client_id": 1}"#, Scheme::Record),
            ("abc123XYZ789", Scheme::Pool),
            ("QF-PRO-12d0119276367109-1735689601", Scheme::Tier),
            ("ACME-PRO-12d0119276367109-1735689601", Scheme::Tier),
            (r#"{"signature":"","payload":{}}"#, Scheme::File),
            ("LK-1-PRO-10-xY9mKp3rT4u-CBEE", Scheme::Lk1),
            ("LK-2-x-12345678", Scheme::Lk2),
            ("LK-3-AA", Scheme::Lk3),
        ] {
            assert_eq!(Scheme::of(text), Ok(scheme), "{text}");
        }
    }

    #[test]
    fn what_is_no_licence_has_its_own_reason() {
        for (text, reason) in [
            ("", "EMPTY"),
            ("hello", "UNKNOWN_FORM"),
            ("[]", "UNKNOWN_FORM"),
            ("{}", "UNKNOWN_FORM"),
            (r#"{"payload": "#, "TRUNCATED"),
            (r#"{"payload":{}} x"#, "TRAILING_DATA"),
            ("\u{feff}{}", "BYTE_ORDER_MARK"),
            (r#""LK-2-x-12345678""#, "DOUBLY_ENCODED"),
            ("LK%2D2%2Dx%2D12345678", "DOUBLY_ENCODED"),
            ("TEstMi1QUk8tMTAteFk5bUtwM3JUNHUtQ0JFRQ==", "DOUBLY_ENCODED"),
            ("ABC123XYZ78", "BAD_LENGTH"),
            ("LK-", "TRUNCATED"),
            ("LK-X-a", "BAD_CHARACTER"),
        ] {
            assert_eq!(Scheme::of(text).unwrap_err().reason(), Some(reason), "{text}");
        }
        assert_eq!(Scheme::of("LK-4-a"), Err(Refusal::UnsupportedVersion("4".to_owned())));
        assert!(matches!(Scheme::of(&"A".repeat(200_000)), Err(Refusal::TooLarge { .. })));
    }
}
