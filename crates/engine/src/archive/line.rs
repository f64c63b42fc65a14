//! One row as one line, and back: `{"products":{"serial":1,"id":"…","code":"cad",…}}`. What is null is left out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward_core::time::Timestamp;
use keyward_store::tables::{Datum, Kind, Table};
use keyward_store::{Cell, Row, StoreError};
use serde_json::{Map, Value};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{ArchiveError, Secrets};
use crate::EngineError;
use crate::vault::{Place, Vault};

/// The beginning of the names of settings that belong to one database.
const OF_THE_VAULT: &str = "vault.";

/// Writes rows of one database.
#[derive(Clone, Copy)]
pub(super) struct RowWriter<'v> {
    pub(super) secrets: Secrets,
    /// Opens what is sealed.
    pub(super) vault: Option<&'v Vault>,
}

impl RowWriter<'_> {
    /// Puts the line of a row into `line`; `false` when the row does not come along.
    pub(super) fn write(
        self,
        line: &mut Vec<u8>,
        table: &'static Table,
        row: &mut Row<'_>,
    ) -> Result<bool, EngineError> {
        line.clear();
        line.extend_from_slice(b"{\"");
        line.extend_from_slice(table.name.as_bytes());
        line.extend_from_slice(b"\":{");
        let (mut id, mut is_first) = (None, true);
        for (at, column) in table.columns.iter().enumerate() {
            let cell = row.cell()?;
            if let (Kind::Id, "id", Cell::Bytes(bytes)) = (column.kind, column.name, cell) {
                id = Uuid::from_slice(bytes).ok();
            }
            let is_the_vaults = table.name == "settings" && self.secrets != Secrets::Sealed;
            if is_the_vaults
                && column.name == "name"
                && matches!(cell, Cell::Text(name) if name.starts_with(OF_THE_VAULT))
            {
                return Ok(false);
            }
            let left_out = matches!(column.kind, Kind::Here(_))
                || matches!(cell, Cell::Null)
                || self.secrets == Secrets::None && column.kind.is_secret();
            if left_out {
                continue;
            }
            if !std::mem::take(&mut is_first) {
                line.push(b',');
            }
            line.push(b'"');
            line.extend_from_slice(column.name.as_bytes());
            line.extend_from_slice(b"\":");
            let shape = |wanted| EngineError::from(StoreError::Shape { column: at, wanted });
            match (column.kind, cell) {
                (Kind::Id, Cell::Bytes(bytes)) => {
                    let id = Uuid::from_slice(bytes).map_err(|_| shape("an id of 16 bytes"))?;
                    text(line, id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
                }
                (Kind::Flag, Cell::Int(flag @ (0 | 1))) => {
                    line.extend_from_slice(if flag == 1 { b"true" } else { b"false" });
                }
                (Kind::Time, Cell::Int(micros)) => time(line, Timestamp::from_micros(micros)),
                (Kind::Number | Kind::Flag, Cell::Int(number)) => {
                    line.extend_from_slice(number.to_string().as_bytes());
                }
                (Kind::Text | Kind::Password, Cell::Text(said)) => text(line, said),
                // Of somebody who was erased: there is nothing to open.
                (Kind::Sealed, Cell::Bytes([])) => text(line, ""),
                (Kind::Sealed, Cell::Bytes(sealed)) if self.secrets == Secrets::Opened => {
                    let vault = self.vault.ok_or_else(|| shape("a vault"))?;
                    let row = id.ok_or_else(|| shape("a row with an id"))?;
                    let plain =
                        vault.open_value(Place { table: table.name, column: column.name, row }, sealed)?;
                    text(line, std::str::from_utf8(&plain).map_err(|_| shape("a text"))?);
                }
                (Kind::Bytes | Kind::Sealed | Kind::Digest, Cell::Bytes(bytes)) => {
                    text(line, &STANDARD.encode(bytes));
                }
                _ => return Err(shape("what the column is for")),
            }
        }
        line.extend_from_slice(b"}}\n");
        Ok(true)
    }
}

fn text(line: &mut Vec<u8>, said: &str) {
    serde_json::to_writer(line, said).expect("a text can be written into memory");
}

/// RFC 3339, or microseconds where the calendar ends.
fn time(line: &mut Vec<u8>, at: Timestamp) {
    if at.date().is_some() {
        text(line, &at.to_string());
    } else {
        line.extend_from_slice(at.micros().to_string().as_bytes());
    }
}

/// Reads the values of a row.
pub(super) struct RowReader<'v> {
    pub(super) secrets: Secrets,
    /// Seals what was opened.
    pub(super) vault: Option<&'v Vault>,
}

impl RowReader<'_> {
    /// The row's values, one for each column of its table.
    pub(super) fn read(
        &self,
        table: &'static Table,
        mut row: Map<String, Value>,
        seal: &mut impl FnMut(&Vault, Place, &str) -> Vec<u8>,
    ) -> Result<Vec<Datum>, ArchiveError> {
        let id = row.get("id").and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok());
        let mut values = Vec::with_capacity(table.columns.len());
        for column in table.columns {
            let wrong = |wanted: &str| {
                ArchiveError::Damaged(format!("{}.{} is not {wanted}", table.name, column.name))
            };
            if let Kind::Here(fixed) = column.kind {
                values.push(fixed.map_or(Datum::Null, Datum::Int));
                continue;
            }
            let value = match (column.kind, row.remove(column.name)) {
                // What an older schema did not know yet: flags are never null.
                (Kind::Flag, None) => Datum::Int(0),
                (_, None | Some(Value::Null)) => Datum::Null,
                (Kind::Id, Some(Value::String(id))) => {
                    let id = Uuid::parse_str(&id).map_err(|_| wrong("an id"))?;
                    Datum::Bytes(id.as_bytes().to_vec())
                }
                (Kind::Flag, Some(Value::Bool(flag))) => Datum::Int(i64::from(flag)),
                (Kind::Time, Some(Value::String(at))) => {
                    let at = Timestamp::parse_rfc3339(&at).ok_or_else(|| wrong("an instant"))?;
                    Datum::Int(at.micros())
                }
                (Kind::Number | Kind::Flag | Kind::Time, Some(Value::Number(number))) => {
                    Datum::Int(number.as_i64().ok_or_else(|| wrong("a whole number"))?)
                }
                (Kind::Text | Kind::Password, Some(Value::String(text))) => Datum::Text(text),
                (Kind::Sealed, Some(Value::String(erased))) if erased.is_empty() => Datum::Bytes(Vec::new()),
                (Kind::Sealed, Some(Value::String(plain))) if self.secrets == Secrets::Opened => {
                    let plain = Zeroizing::new(plain);
                    let (vault, row) = self.vault.zip(id).ok_or_else(|| wrong("in a row with an id"))?;
                    Datum::Bytes(seal(vault, Place { table: table.name, column: column.name, row }, &plain))
                }
                (Kind::Bytes | Kind::Sealed | Kind::Digest, Some(Value::String(bytes))) => {
                    Datum::Bytes(STANDARD.decode(bytes).map_err(|_| wrong("base64"))?)
                }
                _ => return Err(wrong("of the kind that it must be")),
            };
            values.push(value);
        }
        match row.keys().next() {
            Some(unknown) => Err(ArchiveError::Damaged(format!("{} has no column {unknown}", table.name))),
            None => Ok(values),
        }
    }
}
