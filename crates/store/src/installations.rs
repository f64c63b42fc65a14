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
    /// Devices of its free tier; `None` is as many as the free tier's policy says, 0 switches it off.
    pub free_devices: Option<u32>,
    /// Since when more devices are in use than its licences allow, as far as it was seen.
    pub over_limit_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

macro_rules! columns {
    () => {
        "id, account_id, name, own, secret_sealed, secret_generated_at, free_devices, over_limit_since, created_at"
    };
}

statements! {
    INSERT = concat!("insert into installations (", columns!(), ", metadata)
              values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '{}')
              on conflict (account_id, name) do nothing");
    BY_ID = concat!("select ", columns!(), " from installations where id = $1");
    BY_NAME = concat!("select ", columns!(), " from installations where account_id = $1 and name = $2");
    SERIALS = "select serial, id from installations where account_id = $1 and serial > $2 order by serial limit $3";
    OF_ACCOUNT = concat!("select ", columns!(), " from installations where account_id = $1 order by serial");
    LOCK = concat!("update installations set name = name where id = $1 returning ", columns!());
    SET_OVER_LIMIT = "update installations set over_limit_since = $2 where id = $1";
    SET_FREE_DEVICES = "update installations set free_devices = $2 where id = $1";
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
        free_devices: row.take()?,
        over_limit_since: row.take()?,
        created_at: row.take()?,
    })
}

/// Adds an installation; `false` when its name is taken.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, installation: &Installation) -> Result<bool, StoreError> {
    let values = args![
        installation.id,
        installation.account_id,
        &installation.name,
        installation.own,
        installation.secret_sealed.as_deref(),
        installation.secret_generated_at,
        installation.free_devices,
        installation.over_limit_since,
        installation.created_at,
    ];
    Ok(tx.execute(INSERT, values).await? == 1)
}

/// The installations of an account, the oldest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_account(db: &impl Read, account: Uuid) -> Result<Vec<Installation>, StoreError> {
    db.all(OF_ACCOUNT, args![account], read).await
}

/// An installation by its id.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_id(db: &impl Read, id: Uuid) -> Result<Option<Installation>, StoreError> {
    db.one(BY_ID, args![id], read).await
}

/// An installation by its name.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_name(db: &impl Read, account: Uuid, name: &str) -> Result<Option<Installation>, StoreError> {
    db.one(BY_NAME, args![account, name], read).await
}

/// Serials and ids of installations made after the one of a serial, the oldest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn after(
    db: &impl Read,
    account: Uuid,
    serial: i64,
    limit: i64,
) -> Result<Vec<(i64, Uuid)>, StoreError> {
    db.all(SERIALS, args![account, serial, limit], |row| Ok((row.take()?, row.take()?))).await
}

/// Lets one transaction at a time decide on what an installation has or what is made under an installation's secret, and reads it as it is now.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &Tx<'_>, id: Uuid) -> Result<Option<Installation>, StoreError> {
    tx.one(LOCK, args![id], read).await
}

/// Notes since when more devices are in use than allowed, or that no more are.
///
/// # Errors
/// When the database refuses.
pub async fn set_over_limit(tx: &Tx<'_>, id: Uuid, since: Option<Timestamp>) -> Result<(), StoreError> {
    tx.execute(SET_OVER_LIMIT, args![id, since]).await.map(drop)
}

/// Sets the devices of the free tier; `false` when there is no such installation.
///
/// # Errors
/// When the database refuses.
pub async fn set_free_devices(tx: &Tx<'_>, id: Uuid, devices: Option<u32>) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_FREE_DEVICES, args![id, devices]).await? == 1)
}

/// Gives an installation its secret; `false` when there is no such installation.
///
/// # Errors
/// When the database refuses.
pub async fn set_secret(tx: &Tx<'_>, id: Uuid, sealed: &[u8], now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_SECRET, args![id, sealed, now]).await? == 1)
}
