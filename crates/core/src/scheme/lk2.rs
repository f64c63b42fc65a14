//! `lk2` (system E, second version): `LK-2-{base64url of gzip of JSON}-{8 characters of HMAC-SHA256}`.
//!
//! The seal has 48 bits and its secret sits at the customer's: kept for compatibility, weak as a lock.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::Serialize;
use time::Date;

use super::lk_body;
use crate::crypto::{KeySet, SharedSecret, same};
use crate::json::{self, Object, Value};
use crate::refusal::{Flaw, Refusal};
use crate::time::{Timestamp, date_text, parse_date};

/// The largest payload, unpacked, over all members of the gzip.
pub const MAX_UNPACKED: usize = 64 * 1024;
/// The length of the seal, which may itself contain `-`.
const SEAL_LENGTH: usize = 8;
/// What every member of a gzip begins with.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// The largest number of devices.
const MAX_DEVICES: i64 = i32::MAX as i64;

/// What a key says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lk2 {
    /// `t`: the tier, not empty.
    pub tier: String,
    /// `d`: how many devices.
    pub max_devices: u32,
    /// `c`: the company, as stored.
    pub company: Option<String>,
    /// `e`: valid up to and including 00:00:00 UTC of this day; `None` is perpetual.
    pub expires: Option<Date>,
    /// `i`: issued.
    pub issued: Date,
    /// `u`: tells keys apart that are otherwise equal.
    pub unique_id: Option<String>,
}

/// A key of the right form whose seal has not been checked; it is not unpacked before.
#[derive(Clone, PartialEq, Eq)]
pub struct Lk2Key<'a> {
    encoded: &'a str,
    seal: &'a str,
}

impl<'a> Lk2Key<'a> {
    /// Reads a key: the seal is always the last 8 characters.
    ///
    /// # Errors
    /// `UNSUPPORTED_VERSION` for another `LK-` version, `TOO_LARGE`, else `MALFORMED` with the reason.
    pub fn parse(text: &'a str) -> Result<Self, Refusal> {
        let body = lk_body(text, "2")?;
        if !body.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Flaw::BadCharacter { what: "key", wanted: "letters, digits, `-` and `_`" }.into());
        }
        let cut = body.len().checked_sub(SEAL_LENGTH + 1).ok_or(Flaw::Truncated { what: "key" })?;
        if body.as_bytes()[cut] != b'-' {
            return Err(misplaced_seal(body).into());
        }
        Ok(Self { encoded: &body[..cut], seal: &body[cut + 1..] })
    }

    /// Checks the seal under the secrets at hand, then unpacks the payload.
    pub fn verify(&self, keys: &KeySet) -> Result<Lk2, Refusal> {
        keys.must_have_secret()?;
        let fits = |secret| same(self.seal.as_bytes(), seal(secret, self.encoded).as_bytes());
        if keys.secrets.iter().any(fits) { self.unverified() } else { Err(Refusal::BadSignature) }
    }

    /// What the key says, unchecked.
    pub fn unverified(&self) -> Result<Lk2, Refusal> {
        let packed = URL_SAFE_NO_PAD
            .decode(self.encoded)
            .map_err(|_| Flaw::BadEncoding { what: "payload", encoding: "base64url" })?;
        let text = String::from_utf8(unpack(&packed)?).map_err(|_| Flaw::NotText)?;
        let Value::Object(fields) = json::parse(&text, "payload")? else {
            return Err(Flaw::BadEncoding { what: "payload", encoding: "JSON object" }.into());
        };
        Lk2::from_json(&fields)
    }
}

impl Lk2 {
    /// The key. When `unique_id` is given and the seal would contain `-`, a `.` and a number are added to it until the
    /// seal contains none, because older readers split at the last `-`; without one, an id is made that way.
    ///
    /// # Errors
    /// When the tier is empty, there are more than 2³¹ − 1 devices, or the payload is larger than 64 KiB.
    pub fn seal(&self, secret: &SharedSecret) -> Result<String, Refusal> {
        for attempt in 0u32.. {
            let unique_id = match (attempt, &self.unique_id) {
                (0, id) => id.clone(),
                (n, None) => Some(n.to_string()),
                (n, Some(id)) => Some(format!("{id}.{n}")),
            };
            let encoded = URL_SAFE_NO_PAD.encode(pack(&self.to_json(unique_id.as_deref())?)?);
            let seal = seal(secret, &encoded);
            if !seal.contains('-') {
                return Ok(format!("LK-2-{encoded}-{seal}"));
            }
        }
        unreachable!("one seal in nine contains a hyphen; four thousand million in a row do not")
    }

    fn to_json(&self, unique_id: Option<&str>) -> Result<String, Refusal> {
        #[derive(Serialize)]
        struct Payload<'a> {
            v: u8,
            t: &'a str,
            d: u32,
            #[serde(skip_serializing_if = "Option::is_none")]
            c: Option<&'a str>,
            e: Option<String>,
            i: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            u: Option<&'a str>,
        }
        if self.tier.is_empty() {
            return Err(Flaw::BadValue { field: "t", wanted: "a tier" }.into());
        }
        if i64::from(self.max_devices) > MAX_DEVICES {
            return Err(Flaw::BadValue { field: "d", wanted: "at most 2147483647 devices" }.into());
        }
        let payload = Payload {
            v: 2,
            t: &self.tier,
            d: self.max_devices,
            c: self.company.as_deref(),
            e: self.expires.map(date_text),
            i: date_text(self.issued),
            u: unique_id,
        };
        let text = serde_json::to_string(&payload).expect("texts and numbers can be written as JSON");
        if text.len() > MAX_UNPACKED { Err(too_large()) } else { Ok(text) }
    }

    fn from_json(fields: &Object<'_>) -> Result<Self, Refusal> {
        match fields.field("v")? {
            Value::Integer(2) => {}
            Value::Integer(other) => return Err(Refusal::UnsupportedVersion(other.to_string())),
            // Too large for 64 bits, but a version.
            Value::Double(other) if other.abs() > 1e15 => {
                return Err(Refusal::UnsupportedVersion(other.to_string()));
            }
            _ => return Err(Flaw::WrongType { field: "v", wanted: "a whole number" }.into()),
        }
        let optional = |field| match fields.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text.clone().into_owned())),
            Some(_) => Err(Flaw::WrongType { field, wanted: "a text or null" }),
        };
        let date = |field, text: &str| {
            parse_date(text).ok_or(Flaw::BadValue { field, wanted: "a date, as 2026-12-31" })
        };
        let tier = fields.text("t")?.to_owned();
        if tier.is_empty() {
            return Err(Flaw::BadValue { field: "t", wanted: "a tier" }.into());
        }
        let max_devices = u32::try_from(fields.integer("d")?)
            .ok()
            .filter(|d| i64::from(*d) <= MAX_DEVICES)
            .ok_or(Flaw::BadValue { field: "d", wanted: "0 to 2147483647 devices" })?;
        Ok(Self {
            tier,
            max_devices,
            company: optional("c")?,
            expires: match optional("e")?.as_deref() {
                None | Some("") => None,
                Some(text) => Some(date("e", text)?),
            },
            issued: date("i", fields.text("i")?)?,
            unique_id: optional("u")?,
        })
    }

    /// The last instant at which it is valid: 00:00:00 UTC of its day.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires.map(Timestamp::midnight)
    }
}

/// Why no `-` stands before the last 8 characters. A small gzip ends with zero bytes, its size, so that a payload that
/// ends so is whole, and what is too much stands behind the seal.
fn misplaced_seal(body: &str) -> Flaw {
    match body.rsplit_once('-') {
        Some((encoded, rest)) if rest.len() > SEAL_LENGTH && encoded.ends_with("AA") => {
            Flaw::TrailingData { what: "key" }
        }
        _ => Flaw::Truncated { what: "key" },
    }
}

fn too_large() -> Refusal {
    Refusal::TooLarge { what: "unpacked payload", limit: MAX_UNPACKED }
}

fn pack(text: &str) -> Result<Vec<u8>, Refusal> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).map_err(|_| too_large())
}

/// Unpacks gzip of any number of members, and stops at the limit without unpacking the rest.
fn unpack(packed: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut plain = Vec::with_capacity(256);
    let mut rest = packed;
    loop {
        let mut member = GzDecoder::new(rest);
        let limit = (MAX_UNPACKED + 1 - plain.len()) as u64;
        member.by_ref().take(limit).read_to_end(&mut plain).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Flaw::Truncated { what: "payload" },
            _ => Flaw::BadEncoding { what: "payload", encoding: "gzip" },
        })?;
        if plain.len() > MAX_UNPACKED {
            return Err(too_large());
        }
        rest = member.into_inner();
        if rest.is_empty() {
            return Ok(plain);
        }
        if !rest.starts_with(&GZIP_MAGIC) {
            return Err(Flaw::TrailingData { what: "payload" }.into());
        }
    }
}

/// The first 8 characters of the tag in base64url; six bytes are exactly eight characters.
fn seal(secret: &SharedSecret, encoded: &str) -> String {
    URL_SAFE_NO_PAD.encode(&secret.tag(&[encoded.as_bytes()])[..6])
}

/// The hexadecimal HMAC-SHA256 of a whole key that system E keeps beside it (`KeyHash`).
pub fn key_hash(key: &str, secret: &SharedSecret) -> String {
    hex::encode(secret.tag(&[key.as_bytes()]))
}

/// The seal of an encoded payload, and the key that both make.
pub fn seal_encoded(encoded: &str, secret: &SharedSecret) -> (String, String) {
    let seal = seal(secret, encoded);
    let key = format!("LK-2-{encoded}-{seal}");
    (seal, key)
}
