//! Strict JSON in, and the two spellings out that signatures were made over.
//!
//! Owns: reading (RFC 8259; one value, nothing around it), Python's `json.dumps` string escapes (system A) and
//! ECMAScript's `JSON.stringify` (system D). Fields keep their order; of equal names the last value stands in the
//! first one's place, as in both languages.

pub mod ecmascript;
pub mod python;

use serde::Deserialize;
use serde_json::error::Category;
pub use serde_json::{Map, Value};

use crate::refusal::{Flaw, Refusal, check_size};

/// Reads one JSON value and nothing else.
///
/// # Errors
/// `TOO_LARGE` beyond 128 KiB, else `MALFORMED` with the reason: empty, byte order mark, cut short, something after
/// the value, or not JSON (a lone surrogate, `NaN`, a trailing comma and nesting beyond 127 levels included).
pub fn parse(text: &str, what: &'static str) -> Result<Value, Refusal> {
    check_size(text.as_bytes())?;
    if text.starts_with('\u{feff}') {
        return Err(Flaw::ByteOrderMark.into());
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Value::deserialize(&mut reader).map_err(|e| match e.classify() {
        Category::Eof => Flaw::Truncated { what },
        Category::Syntax | Category::Data | Category::Io => {
            Flaw::NotJson { line: e.line(), column: e.column() }
        }
    })?;
    reader.end().map_err(|_| Flaw::TrailingData { what })?;
    Ok(value)
}

/// The named field of an object.
pub(crate) fn field<'a>(object: &'a Map<String, Value>, name: &'static str) -> Result<&'a Value, Flaw> {
    object.get(name).ok_or(Flaw::MissingField { field: name })
}

/// The named text field of an object.
pub(crate) fn text<'a>(object: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, Flaw> {
    field(object, name)?.as_str().ok_or(Flaw::WrongType { field: name, wanted: "a text" })
}

/// The named field, a whole number written without fraction or exponent that fits 64 bits.
pub(crate) fn integer(object: &Map<String, Value>, name: &'static str) -> Result<i64, Flaw> {
    field(object, name)?.as_i64().ok_or(Flaw::WrongType { field: name, wanted: "a whole number" })
}
