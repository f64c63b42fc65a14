//! Named limits of a licence: API calls, storage, bandwidth.

use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

/// A limit and what was used of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its name.
    pub name: String,
    /// How much there is.
    pub maximum: i64,
    /// How much was used.
    pub used: i64,
}

statements! {
    SET = "insert into license_limits (account_id, license_id, name, maximum, used) values ($1, $2, $3, $4, 0)
           on conflict (license_id, name) do update set maximum = excluded.maximum";
    USE_UP = "update license_limits set used = used + $3
              where license_id = $1 and name = $2 and used >= $4 and (cast($5 as bigint) = 0 or used <= maximum - $5)
              returning name, maximum, used";
    OF_LICENSE = "select name, maximum, used from license_limits where license_id = $1";
    OF_INSTALLATION = "select m.license_id, m.name, m.maximum, m.used
                       from license_limits m join licenses l on l.id = m.license_id where l.installation_id = $1";
    DELETE = "delete from license_limits where license_id = $1 and name = $2";
}

fn read(row: &mut Row<'_>) -> Result<Limit, StoreError> {
    Ok(Limit { name: row.take()?, maximum: row.take()?, used: row.take()? })
}

/// Sets a limit; what was used of it stays.
///
/// # Errors
/// When the database refuses.
pub async fn set(
    tx: &Tx<'_>,
    account: Uuid,
    license: Uuid,
    name: &str,
    maximum: i64,
) -> Result<(), StoreError> {
    tx.execute(SET, args![account, license, name, maximum]).await.map(drop)
}

/// Uses up an amount within the limit; `None` when there is no such limit, or not so much left. A negative amount gives
/// back, also where the limit was lowered meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn use_up(
    tx: &Tx<'_>,
    license: Uuid,
    name: &str,
    amount: i64,
) -> Result<Option<Limit>, StoreError> {
    // Either bound is above nothing, so that nothing overflows in the statement.
    let (least, taken) = (amount.saturating_neg().max(0), amount.max(0));
    tx.one(USE_UP, args![license, name, amount, least, taken], read).await
}

/// All limits of a licence by their names.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_license(db: &impl Read, license: Uuid) -> Result<Vec<Limit>, StoreError> {
    // Databases sort texts in orders of their own.
    let mut limits = db.all(OF_LICENSE, args![license], read).await?;
    limits.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(limits)
}

/// The limits of all licences of an installation, with their licences.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_installation(db: &impl Read, installation: Uuid) -> Result<Vec<(Uuid, Limit)>, StoreError> {
    let both = |row: &mut Row<'_>| Ok((row.take()?, read(row)?));
    let mut limits: Vec<(Uuid, Limit)> = db.all(OF_INSTALLATION, args![installation], both).await?;
    limits.sort_unstable_by(|(_, one), (_, other)| one.name.cmp(&other.name));
    Ok(limits)
}

/// Removes a limit; `false` when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn delete(tx: &Tx<'_>, license: Uuid, name: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE, args![license, name]).await? == 1)
}
