//! Signed checkpoints of the audit chain.

use keyward_core::audit::Checkpoint;
use keyward_core::time::Timestamp;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

macro_rules! columns {
    () => {
        "seq, digest, count, at, signing_key_id, signature"
    };
}

statements! {
    INSERT = concat!("insert into checkpoints (", columns!(), ") values ($1, $2, $3, $4, $5, $6)
              on conflict (seq) do nothing");
    AFTER = concat!("select ", columns!(), " from checkpoints where seq > $1 order by seq limit $2");
    LAST = concat!("select ", columns!(), " from checkpoints order by seq desc limit 1");
}

fn read(row: &mut Row<'_>) -> Result<Checkpoint, StoreError> {
    Ok(Checkpoint {
        seq: row.take()?,
        digest: row.take()?,
        count: row.take()?,
        at: row.take::<Timestamp>()?,
        key_id: row.take()?,
        signature: row.take()?,
    })
}

/// Adds a checkpoint; `false` when there is one at its place.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, checkpoint: &Checkpoint) -> Result<bool, StoreError> {
    let Checkpoint { seq, digest, count, at, key_id, signature } = checkpoint;
    Ok(tx.execute(INSERT, args![*seq, digest, *count, *at, *key_id, signature]).await? == 1)
}

/// Checkpoints after a place of the chain, in its order.
///
/// # Errors
/// When the database cannot be asked.
pub async fn after(db: &impl Read, seq: i64, limit: i64) -> Result<Vec<Checkpoint>, StoreError> {
    db.all(AFTER, args![seq, limit], read).await
}

/// The newest checkpoint.
///
/// # Errors
/// When the database cannot be asked.
pub async fn last(db: &impl Read) -> Result<Option<Checkpoint>, StoreError> {
    db.one(LAST, &[], read).await
}
