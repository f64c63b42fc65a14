//! Accounts: vendors. One is made at first start.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

/// A vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: Uuid,
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

statements! {
    INSERT = "insert into accounts (id, slug, name, created_at) values ($1, $2, $3, $4)
              on conflict (slug) do nothing";
    FIRST = "select id, slug, name, created_at from accounts order by serial limit 1";
}

fn read(row: &mut Row<'_>) -> Result<Account, StoreError> {
    Ok(Account { id: row.take()?, slug: row.take()?, name: row.take()?, created_at: row.take()? })
}

/// Adds an account; `false` when its slug is taken.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, account: &Account) -> Result<bool, StoreError> {
    let Account { id, slug, name, created_at } = account;
    Ok(tx.execute(INSERT, args![*id, slug, name, *created_at]).await? == 1)
}

/// The account that was made first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn first(db: &impl Read) -> Result<Option<Account>, StoreError> {
    db.one(FIRST, &[], read).await
}
