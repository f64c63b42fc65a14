//! The fields of a body, read with care for what the database can keep.

use serde_json::{Map, Value};

use super::shape::No;

/// The largest number up to which a floating-point number leaves out no whole one.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// An object that a client sent.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body.
    pub(super) fn read(body: &[u8]) -> Result<Self, No> {
        serde_json::from_slice(body).map(Self).map_err(|_| No::malformed("The body must be a JSON object"))
    }

    /// Every field with its value.
    pub(super) fn into_iter(self) -> impl Iterator<Item = (String, Value)> {
        self.0.into_iter()
    }

    /// A text of at most so many bytes; absent, null and empty are alike.
    pub(super) fn text(&self, name: &str, most: usize) -> Result<Option<String>, No> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) => text(name, value, most),
        }
    }

    /// A licence key. People paste it with the white space around it.
    pub(super) fn key(&self) -> Result<Option<String>, No> {
        match self.0.get("licenseKey") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(key)) => Ok(Some(key.trim().to_owned()).filter(|key| !key.is_empty())),
            Some(_) => Err(No::malformed("licenseKey must be a text")),
        }
    }

    /// A key that must be there.
    pub(super) fn required_key(&self) -> Result<String, No> {
        self.key()?.ok_or_else(|| No::malformed("License key is required"))
    }

    /// A whole number that must be there. JSON has one kind of number: `2.0` is whole, as far as it is exact.
    pub(super) fn whole(&self, name: &str) -> Result<i64, No> {
        let exact = |number: &f64| number.fract() == 0.0 && number.abs() <= MAX_EXACT;
        let number = self.0.get(name).and_then(|value| match value {
            Value::Number(number) if number.is_f64() => {
                // Formatting loses nothing here, where a cast would ask to be trusted.
                number.as_f64().filter(exact).and_then(|number| format!("{number:.0}").parse().ok())
            }
            value => value.as_i64(),
        });
        number.ok_or_else(|| No::malformed(format!("{name} must be a whole number within 64 bits")))
    }
}

/// A text of at most so many bytes, without the character that PostgreSQL cannot keep; `None` for null and for nothing.
pub(super) fn text(name: &str, value: &Value, most: usize) -> Result<Option<String>, No> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        _ => return Err(No::malformed(format!("{name} must be a text"))),
    };
    keepable(name, text, most)?;
    Ok(Some(text.clone()).filter(|text| !text.is_empty()))
}

/// Refuses what cannot be kept.
pub(super) fn keepable(name: &str, text: &str, most: usize) -> Result<(), No> {
    if text.len() > most || text.contains('\0') {
        return Err(No::malformed(format!(
            "{name} must be a text of at most {most} bytes, without zero characters"
        )));
    }
    Ok(())
}
