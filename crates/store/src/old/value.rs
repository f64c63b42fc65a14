//! Values as an old database has them, their types kept apart.

use std::sync::Arc;

/// A value of an old database.
#[derive(Clone, Debug, PartialEq)]
pub enum OldValue {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Real(f64),
    /// Yes or no.
    Bool(bool),
    /// Text; also numbers too large for the others, dates as SQLite keeps them, JSON.
    Text(String),
    /// Bytes, and text that is no UTF-8.
    Blob(Vec<u8>),
    /// An instant, in microseconds since 1970: in UTC, or without a zone. The ends of the range are PostgreSQL's infinities.
    Time(i64),
    /// A list of texts.
    List(Vec<String>),
}

impl OldValue {
    /// How much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let apart = match self {
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
            Self::List(texts) => texts.iter().map(|text| size_of::<String>() + text.len()).sum(),
            Self::Null | Self::Int(_) | Self::Real(_) | Self::Bool(_) | Self::Time(_) => 0,
        };
        size_of::<Self>() + apart
    }
}

/// A row of an old database with what belongs to it in another table.
#[derive(Clone, Debug)]
pub struct OldRow {
    /// Its place in the table, from 1.
    pub number: u64,
    pub(super) names: Arc<Names>,
    pub(super) values: Vec<OldValue>,
    pub(super) beside: Vec<Vec<OldValue>>,
}

/// The names of the columns that are there.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) own: Vec<&'static str>,
    pub(super) beside: Vec<&'static str>,
}

/// Named values.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'r> {
    names: &'r [&'static str],
    values: &'r [OldValue],
}

impl<'r> Fields<'r> {
    /// A value; a column that is not there is nothing.
    pub fn get(&self, name: &str) -> &'r OldValue {
        let place = self.names.iter().position(|known| *known == name);
        place.and_then(|place| self.values.get(place)).unwrap_or(&OldValue::Null)
    }

    /// Whether the table has the column.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(&name)
    }
}

impl OldRow {
    /// Its own values.
    pub fn fields(&self) -> Fields<'_> {
        Fields { names: &self.names.own, values: &self.values }
    }

    /// The rows of the table beside that belong to it, in their order.
    pub fn beside(&self) -> impl Iterator<Item = Fields<'_>> {
        self.beside.iter().map(|values| Fields { names: &self.names.beside, values })
    }
}
