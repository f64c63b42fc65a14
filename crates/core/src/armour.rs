//! The one line of text around the bytes of everything that is handed from person to person: requests, answers,
//! receipts and recovery codes.
//!
//! They are pasted from mails, which break lines: white space anywhere in them is passed over. Everything else is
//! strict, as in `lk3`.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{DecodeError, Engine as _};

use crate::refusal::{Flaw, Refusal, check_size};

/// A wrong character so near to the end is taken for the beginning of something that follows.
const MAX_TRAILER: usize = 16;

/// One kind of text.
pub(crate) struct Armour {
    /// What it begins with, the hyphen included.
    pub(crate) prefix: &'static str,
    /// What it is called.
    pub(crate) what: &'static str,
}

impl Armour {
    /// The version that is written and read.
    const VERSION: &'static str = "1";

    /// The text around these bytes.
    pub(crate) fn close(&self, bytes: &[u8]) -> String {
        let mut text = format!("{}{}-", self.prefix, Self::VERSION);
        URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
        text
    }

    /// The bytes in a text.
    pub(crate) fn open(&self, text: &str) -> Result<Vec<u8>, Refusal> {
        check_size(text.as_bytes())?;
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if text.is_empty() {
            return Err(Flaw::Empty.into());
        }
        let (version, body) = version(&text, self.prefix, "version after the prefix")?;
        if version != Self::VERSION {
            return Err(Refusal::UnsupportedVersion(format!("{version} of the {}", self.what)));
        }
        Ok(decode(body, self.what)?)
    }
}

/// The version digits after a prefix, and what follows them.
pub(crate) fn version<'a>(
    text: &'a str,
    prefix: &str,
    what: &'static str,
) -> Result<(&'a str, &'a str), Flaw> {
    let rest = text.strip_prefix(prefix).ok_or(Flaw::UnknownForm)?;
    let (version, body) = rest.split_once('-').ok_or(Flaw::Truncated { what: "key" })?;
    let canonical = !version.is_empty() && (version == "0" || !version.starts_with('0'));
    if canonical && version.bytes().all(|b| b.is_ascii_digit()) {
        Ok((version, body))
    } else {
        Err(Flaw::BadCharacter { what, wanted: "digits" })
    }
}

/// The bytes of a body in strict base64url.
pub(crate) fn decode(body: &str, what: &'static str) -> Result<Vec<u8>, Flaw> {
    URL_SAFE_NO_PAD.decode(body).map_err(|error| misspelled(body, what, &error))
}

/// Why a body is not base64url: stray characters near its end were put behind it, and what does not come out even has
/// lost its end.
fn misspelled(body: &str, what: &'static str, error: &DecodeError) -> Flaw {
    match error {
        DecodeError::InvalidByte(at, _) if body.len() - at <= MAX_TRAILER => Flaw::TrailingData { what },
        DecodeError::InvalidPadding => Flaw::TrailingData { what },
        DecodeError::InvalidByte(..) => Flaw::BadCharacter { what, wanted: "letters, digits, `-` and `_`" },
        _ => Flaw::Truncated { what },
    }
}
