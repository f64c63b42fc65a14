//! Versions of what nodes hold in memory.

use crate::row::first;
use crate::sql::{args, statements};
use crate::{Read, StoreError, Tx};

/// Policies, products, entitlements, keys and settings.
pub const CATALOG: &str = "catalog";

statements! {
    GET = "select version from versions where name = $1";
    RAISE = "update versions set version = version + 1 where name = $1";
}

/// The version of what a name stands for.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(db: &impl Read, name: &str) -> Result<i64, StoreError> {
    Ok(db.one(GET, args![name], first).await?.unwrap_or_default())
}

/// Makes every node load it anew.
///
/// # Errors
/// When the database refuses.
pub async fn raise(tx: &Tx<'_>, name: &str) -> Result<(), StoreError> {
    tx.execute(RAISE, args![name]).await.map(drop)
}
