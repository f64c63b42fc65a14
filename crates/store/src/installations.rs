//! Installations: running copies of a product with a secret of their own (system E). The account's own is made with it.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

/// A customer's running copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub account_id: Uuid,
    /// A name, unique in the account.
    pub name: String,
    /// Whether it is the account's own.
    pub own: bool,
    /// Its secret, sealed.
    pub secret_sealed: Option<Vec<u8>>,
    /// When the secret was made or given.
    pub secret_generated_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

macro_rules! columns {
    () => {
        "id, account_id, name, own, secret_sealed, secret_generated_at, created_at"
    };
}

statements! {
    INSERT = concat!("insert into installations (", columns!(), ", metadata) values ($1, $2, $3, $4, $5, $6, $7, '{}')
              on conflict (account_id, name) do nothing");
    OF_ACCOUNT = concat!("select ", columns!(), " from installations where account_id = $1 order by serial");
    LOCK = concat!("update installations set name = name where id = $1 returning ", columns!());
    SET_SECRET = "update installations set secret_sealed = $2, secret_generated_at = $3 where id = $1";
}

fn read(row: &mut Row<'_>) -> Result<Installation, StoreError> {
    Ok(Installation {
        id: row.take()?,
        account_id: row.take()?,
        name: row.take()?,
        own: row.take()?,
        secret_sealed: row.take()?,
        secret_generated_at: row.take()?,
        created_at: row.take()?,
    })
}

/// Adds an installation; `false` when its name is taken.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, installation: &Installation) -> Result<bool, StoreError> {
    let Installation { id, account_id, name, own, secret_sealed, secret_generated_at, created_at } =
        installation;
    let values =
        args![*id, *account_id, name, *own, secret_sealed.as_deref(), *secret_generated_at, *created_at];
    Ok(tx.execute(INSERT, values).await? == 1)
}

/// The installations of an account, the oldest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_account(db: &impl Read, account: Uuid) -> Result<Vec<Installation>, StoreError> {
    db.all(OF_ACCOUNT, args![account], read).await
}

/// Lets one transaction at a time decide on what is made under an installation's secret, and reads it as it is now.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &Tx<'_>, id: Uuid) -> Result<Option<Installation>, StoreError> {
    tx.one(LOCK, args![id], read).await
}

/// Gives an installation its secret; `false` when there is no such installation.
///
/// # Errors
/// When the database refuses.
pub async fn set_secret(tx: &Tx<'_>, id: Uuid, sealed: &[u8], now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_SECRET, args![id, sealed, now]).await? == 1)
}
