//! Settings of the database as a whole: the sealed keys, and what an operator changed while it runs.

use keyward_core::time::Timestamp;

use crate::row::first;
use crate::sql::{args, statements};
use crate::{Read, StoreError, Tx};

statements! {
    GET = "select value from settings where name = $1";
    PUT = "insert into settings (name, value, updated_at) values ($1, $2, $3)
           on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at";
    PUT_NEW = "insert into settings (name, value, updated_at) values ($1, $2, $3) on conflict (name) do nothing";
    REPLACE = "update settings set value = $3, updated_at = $4 where name = $1 and value = $2";
    DELETE = "delete from settings where name = $1";
}

/// A setting.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(db: &impl Read, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    db.one(GET, args![name], first).await
}

/// Writes a setting.
///
/// # Errors
/// When the database refuses.
pub async fn put(tx: &Tx<'_>, name: &str, value: &[u8], now: Timestamp) -> Result<(), StoreError> {
    tx.execute(PUT, args![name, value, now]).await.map(drop)
}

/// Writes a setting that is not there; `false` when it is.
///
/// # Errors
/// When the database refuses.
pub async fn put_new(tx: &Tx<'_>, name: &str, value: &[u8], now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(PUT_NEW, args![name, value, now]).await? == 1)
}

/// Replaces a setting that still has a value; `false` when it has another one, or none.
///
/// # Errors
/// When the database refuses.
pub async fn replace(
    tx: &Tx<'_>,
    name: &str,
    before: &[u8],
    value: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(REPLACE, args![name, before, value, now]).await? == 1)
}

/// Removes a setting; `false` when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn delete(tx: &Tx<'_>, name: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE, args![name]).await? == 1)
}
