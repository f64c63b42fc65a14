//! Strict JSON in, and the two spellings out that signatures were made over.
//!
//! Owns: reading (RFC 8259; one value, nothing around it), Python's `json.dumps` string escapes (system A) and
//! ECMAScript's `JSON.stringify` (system D). Fields keep their order; of equal names the last value stands in the
//! first one's place, as in both languages.

pub mod ecmascript;
pub mod python;
mod value;

pub use value::{Object, Value};

use serde::Deserialize as _;
use serde_json::error::Category;

use crate::refusal::{Flaw, Refusal, check_size};

/// Reads one JSON value and nothing else.
///
/// # Errors
/// `TOO_LARGE` beyond 128 KiB, else `MALFORMED` with the reason: empty, byte order mark, cut short, something after
/// the value, or not JSON (a lone surrogate, `NaN`, a trailing comma and nesting beyond 127 levels included).
pub fn parse<'a>(text: &'a str, what: &'static str) -> Result<Value<'a>, Refusal> {
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
