//! Filling a database that holds nothing yet, row by row as they come.

use keyward_core::time::Timestamp;

use super::statements::{Statements, clear_others};
use super::{TABLES, Table};
use crate::row::first;
use crate::sql::{args, statements};
use crate::{Cell, Read, StoreError, Tx, Value};

/// Tables that a new database has rows in: its account, products and keys, and the entry about them; the first link into the
/// console; and how far the log reached, with the key that says so.
const MADE: [&str; 12] = [
    "accounts",
    "products",
    "policies",
    "entitlements",
    "policy_entitlements",
    "installations",
    "settings",
    "audit_log",
    "audit_head",
    "checkpoints",
    "invitations",
    "signing_keys",
];

statements! {
    OTHER_EVENT = "select event from audit_log where event not in ('account.create', 'person.invite')
                     and not (event = 'key.create' and actor_kind = 'system') limit 1";
    LEASED = "select held_until from audit_head where holder is not null and held_until > $1";
    TO_BE_FOUND = "insert into search_backlog (name, serial)
                   select 'licenses', max(serial) from licenses having max(serial) is not null
                   union all select 'users', max(serial) from users having max(serial) is not null";
    CHANGED = "update versions set version = version + 1";
}

/// A value of a row, on its way from one database to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datum {
    /// Nothing.
    Null,
    /// Numbers, instants, booleans.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl From<Cell<'_>> for Datum {
    fn from(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Int(value) => Self::Int(value),
            Cell::Text(text) => Self::Text(text.to_owned()),
            Cell::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}

impl<'a> From<&'a Datum> for Value<'a> {
    fn from(datum: &'a Datum) -> Self {
        match datum {
            Datum::Null => Self::Null,
            Datum::Int(value) => Self::Int(*value),
            Datum::Text(text) => Self::Text(text),
            Datum::Bytes(bytes) => Self::Bytes(bytes),
        }
    }
}

/// Whether no table has a row that anybody would miss.
///
/// # Errors
/// When the database cannot be asked.
pub async fn is_empty(db: &impl Read) -> Result<bool, StoreError> {
    any_of(db, |table| table.name != "audit_head").await.map(|any| !any)
}

/// Whether a database holds nothing but what its first start made: no other row, and nothing was changed since but for links
/// into the console.
///
/// # Errors
/// When the database cannot be asked.
pub async fn is_as_made(db: &impl Read) -> Result<bool, StoreError> {
    let untouched = db.one(OTHER_EVENT, &[], first::<String>).await?.is_none();
    Ok(untouched && !any_of(db, |table| !MADE.contains(&table.name)).await?)
}

async fn any_of(db: &impl Read, asked: fn(&Table) -> bool) -> Result<bool, StoreError> {
    for table in TABLES.iter().filter(|table| asked(table)) {
        if db.one(Statements::of(table).any, &[], first::<i64>).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a node seals the audit log right now: then it runs on this database.
///
/// # Errors
/// When the database cannot be asked.
pub async fn is_served(db: &impl Read, now: Timestamp) -> Result<bool, StoreError> {
    Ok(db.one(LEASED, args![now], first::<i64>).await?.is_some())
}

/// Removes every row.
///
/// # Errors
/// When the database refuses.
pub async fn clear(tx: &Tx<'_>) -> Result<(), StoreError> {
    for sql in clear_others() {
        tx.execute(*sql, &[]).await?;
    }
    for table in TABLES.iter().rev() {
        tx.execute(Statements::of(table).clear, &[]).await?;
    }
    Ok(())
}

/// Adds rows of a table, each with a value for each of its columns.
///
/// # Errors
/// When the database refuses one.
pub async fn insert(tx: &Tx<'_>, table: &Table, rows: &[Vec<Datum>]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value<'_>>> = rows.iter().map(|row| row.iter().map(Value::from).collect()).collect();
    tx.execute_each(Statements::of(table).insert, &rows).await.map(drop)
}

/// After the last row: new ones are numbered behind it, the search index is made by whoever sweeps, and nodes look again.
///
/// # Errors
/// When the database refuses.
pub async fn fill(tx: &Tx<'_>) -> Result<(), StoreError> {
    for number in TABLES.iter().filter_map(|table| Statements::of(table).number) {
        tx.one(number, &[], |_| Ok(())).await?;
    }
    tx.execute(TO_BE_FOUND, &[]).await?;
    tx.execute(CHANGED, &[]).await.map(drop)
}

/// How many rows each table has.
///
/// # Errors
/// When the database cannot be asked.
pub async fn count(db: &impl Read, table: &Table) -> Result<i64, StoreError> {
    Ok(db.one(Statements::of(table).count, &[], first).await?.unwrap_or_default())
}
