//! Batches: licences made together, seen only when all are there.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, StoreError, Tx};

/// Licences made together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub account_id: Uuid,
    /// A name for people.
    pub name: String,
    /// How many licences it is to have.
    pub wanted: i64,
    /// When it was begun.
    pub created_at: Timestamp,
}

/// A batch that was begun and not finished: it is still being made when any of this changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Its id.
    pub id: Uuid,
    /// How many licences it has so far.
    pub made: i64,
    /// How many it is to have; of an import, which does not know that before its end, how often it was written to.
    pub wanted: i64,
}

/// How far a batch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Its name.
    pub name: String,
    /// How many licences it has so far.
    pub made: i64,
    /// Whether all are there.
    pub is_ready: bool,
}

statements! {
    PROGRESS = "select name, made, ready_at from batches where id = $1 and account_id = $2";
    INSERT = "insert into batches (id, account_id, name, wanted, made, created_at) values ($1, $2, $3, $4, 0, $5)";
    ADVANCE = "update batches set made = made + $2
               where id = $1 and ready_at is null and wanted >= 0";
    FINISH = "update batches set ready_at = $2 where id = $1 and ready_at is null and made = wanted";
    UNFINISHED = "select id, made, wanted from batches where ready_at is null order by serial";
    ABANDON = "update batches set wanted = -1 where id = $1 and ready_at is null";
    DELETE = "delete from batches where id = $1 and ready_at is null";
}

/// Begins a batch.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, batch: &Batch) -> Result<(), StoreError> {
    let Batch { id, account_id, name, wanted, created_at } = batch;
    tx.execute(INSERT, args![*id, *account_id, name, *wanted, *created_at]).await.map(drop)
}

/// How far one is; `None` when it is not there.
///
/// # Errors
/// When the database cannot be asked.
pub async fn progress(db: &impl Read, account: Uuid, id: Uuid) -> Result<Option<Progress>, StoreError> {
    db.one(PROGRESS, args![id, account], |row| {
        let (name, made, ready_at) = (row.take()?, row.take()?, row.take::<Option<Timestamp>>()?);
        Ok(Progress { name, made, is_ready: ready_at.is_some() })
    })
    .await
}

/// Notes that so many more licences are there; `false` when the batch is gone, given up or ready.
///
/// # Errors
/// When the database refuses.
pub async fn advance(tx: &Tx<'_>, id: Uuid, made: i64) -> Result<bool, StoreError> {
    Ok(tx.execute(ADVANCE, args![id, made]).await? == 1)
}

/// Lets the licences of a whole batch be seen; `false` when it is not whole.
///
/// # Errors
/// When the database refuses.
pub async fn finish(tx: &Tx<'_>, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(FINISH, args![id, now]).await? == 1)
}

/// Batches that were begun and not finished.
///
/// # Errors
/// When the database cannot be asked.
pub async fn unfinished(db: &impl Read) -> Result<Vec<Unfinished>, StoreError> {
    db.all(UNFINISHED, &[], |row| Ok(Unfinished { id: row.take()?, made: row.take()?, wanted: row.take()? }))
        .await
}

/// Gives a batch up: it takes no more licences and is never ready, whatever its maker does; `false` when it is gone or
/// ready.
///
/// # Errors
/// When the database refuses.
pub async fn abandon(tx: &Tx<'_>, id: Uuid) -> Result<bool, StoreError> {
    Ok(tx.execute(ABANDON, args![id]).await? == 1)
}

/// Removes a batch that was not finished; its licences must be gone.
///
/// # Errors
/// When the database refuses.
pub async fn delete(tx: &Tx<'_>, id: Uuid) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE, args![id]).await? == 1)
}
