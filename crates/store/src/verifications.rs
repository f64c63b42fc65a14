//! Attempts to validate: not chained, kept for a while.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx, Value};

/// An attempt, or the sum of several good ones within a minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Whose licences were asked for.
    pub account_id: Uuid,
    /// The licence, when there is one.
    pub license_id: Option<Uuid>,
    /// When; of a sum, its minute.
    pub at: Timestamp,
    /// Through which front.
    pub front: String,
    /// The verdict's code.
    pub code: String,
    /// A name below the code.
    pub reason: Option<String>,
    /// How many attempts.
    pub count: i64,
    /// From where.
    pub address: Option<String>,
    /// What the caller says it is.
    pub origin: Option<String>,
    /// The caller's program.
    pub user_agent: Option<String>,
}

macro_rules! columns {
    () => {
        "account_id, license_id, at, front, code, reason, count, address, origin, user_agent"
    };
}

statements! {
    INSERT = concat!("insert into verifications (", columns!(), ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
    OF_LICENSE = concat!("select ", columns!(), " from verifications where license_id = $1
                  order by at desc, serial desc limit $2");
    LATEST = concat!("select ", columns!(), " from verifications where account_id = $1
              order by serial desc limit $2");
    DELETE_OLD = "delete from verifications where serial in
                  (select serial from verifications where at < $1 order by at limit $2)";
}

fn read(row: &mut Row<'_>) -> Result<Verification, StoreError> {
    Ok(Verification {
        account_id: row.take()?,
        license_id: row.take()?,
        at: row.take()?,
        front: row.take()?,
        code: row.take()?,
        reason: row.take()?,
        count: row.take()?,
        address: row.take()?,
        origin: row.take()?,
        user_agent: row.take()?,
    })
}

fn values(attempt: &Verification) -> Vec<Value<'_>> {
    let Verification { account_id, license_id, at, front, code, reason, count, address, origin, user_agent } =
        attempt;
    args![
        *account_id,
        *license_id,
        *at,
        front,
        code,
        reason.as_deref(),
        *count,
        address.as_deref(),
        origin.as_deref(),
        user_agent.as_deref(),
    ]
    .to_vec()
}

/// Writes attempts down.
///
/// # Errors
/// When the database refuses.
pub async fn insert_all(tx: &Tx<'_>, attempts: &[Verification]) -> Result<(), StoreError> {
    let rows: Vec<_> = attempts.iter().map(values).collect();
    tx.execute_each(INSERT, &rows).await.map(drop)
}

/// The newest attempts on a licence.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_license(db: &impl Read, license: Uuid, limit: i64) -> Result<Vec<Verification>, StoreError> {
    db.all(OF_LICENSE, args![license, limit], read).await
}

/// The newest attempts of an account.
///
/// # Errors
/// When the database cannot be asked.
pub async fn latest(db: &impl Read, account: Uuid, limit: i64) -> Result<Vec<Verification>, StoreError> {
    db.all(LATEST, args![account, limit], read).await
}

/// Removes up to `limit` attempts older than `before`, and says how many.
///
/// # Errors
/// When the database refuses.
pub async fn delete_old(tx: &Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    tx.execute(DELETE_OLD, args![before, limit]).await
}
