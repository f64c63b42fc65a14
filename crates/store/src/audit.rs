//! The audit log: written with each change, sealed into a chain afterwards by one node at a time.

use keyward_core::audit::{Entry, Head, Link, StoredEntry};
use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::row::first;
use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

/// How far the clocks of two nodes may lie apart, in seconds.
const HONEST: i64 = 300;
/// The name of the only chain.
const CHAIN: &str = "audit";

macro_rules! columns {
    () => {
        "id, account_id, at, event, outcome, actor_kind, actor_id, resource_type, resource_id, front, request_id,
         detail, address, user_agent, personal_salt, personal_digest"
    };
}

statements! {
    APPEND = concat!("insert into audit_log (", columns!(), ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
              $12, $13, $14, $15, $16)");
    UNSEALED = concat!("select serial, ", columns!(), " from audit_log where seq is null order by serial limit $1");
    SEAL = "update audit_log set seq = $2, previous = $3, digest = $4 where serial = $1 and seq is null";
    LEASE = "update audit_head set holder = $2, held_until = $4
             where name = $1 and (holder is null or holder = $2 or held_until < $3 or held_until > $5)
             returning seq, digest, count";
    HEAD = "select seq, digest, count from audit_head where name = $1";
    SEALED_AT = "select sealed_at from audit_head where name = $1";
    SET_HEAD = "update audit_head set seq = $2, digest = $3, count = $4, sealed_at = $5 where name = $1";
    RELEASE = "update audit_head set holder = null, held_until = 0 where name = $1 and holder = $2";
    SEALED = concat!("select serial, seq, previous, digest, ", columns!(), " from audit_log
              where seq > $1 order by seq limit $2");
    OLDEST_UNSEALED = "select at from audit_log where seq is null order by serial limit 1";
    COUNT_UNSEALED = "select count(*) from audit_log where seq is null";
    OF_RESOURCE = concat!("select ", columns!(), " from audit_log where resource_id = $1 order by serial limit $2");
    NEWEST_OF_RESOURCE = concat!("select ", columns!(), " from audit_log where resource_id = $1
                          order by serial desc limit $2");
    COUNT_SINCE = "select count(*) from audit_log where resource_id = $1 and event = $2 and at > $3";
    FIRST_SINCE = "select at from audit_log where resource_id = $1 and event = $2 and at > $3 order by at limit 1";
    LATEST = concat!("select ", columns!(), " from audit_log order by serial desc limit $1");
    ERASE = "update audit_log set address = null, user_agent = null, personal_salt = null where serial = $1";
}

fn entry(row: &mut Row<'_>) -> Result<Entry, StoreError> {
    Ok(Entry {
        id: row.take()?,
        account: row.take()?,
        at: row.take()?,
        event: row.take()?,
        outcome: row.take()?,
        actor_kind: row.take()?,
        actor_id: row.take()?,
        resource_type: row.take()?,
        resource_id: row.take()?,
        front: row.take()?,
        request_id: row.take()?,
        detail: row.take()?,
        address: row.take()?,
        user_agent: row.take()?,
        personal_salt: row.take()?,
        personal_digest: row.take()?,
    })
}

fn stored(row: &mut Row<'_>) -> Result<StoredEntry, StoreError> {
    let (serial, seq, previous, digest) = (row.take()?, row.take()?, row.take()?, row.take()?);
    Ok(StoredEntry { serial, seq, previous, digest, entry: entry(row)? })
}

fn head(row: &mut Row<'_>) -> Result<Head, StoreError> {
    Ok(Head { seq: row.take()?, digest: row.take()?, count: row.take()? })
}

/// Writes an entry down, in the transaction of the change that it is about.
///
/// # Errors
/// When the database refuses.
pub async fn append(tx: &Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
    let values = args![
        entry.id,
        entry.account,
        entry.at,
        &entry.event,
        &entry.outcome,
        &entry.actor_kind,
        entry.actor_id,
        &entry.resource_type,
        entry.resource_id,
        &entry.front,
        entry.request_id.as_deref(),
        &entry.detail,
        entry.address.as_deref(),
        entry.user_agent.as_deref(),
        entry.personal_salt.as_deref(),
        entry.personal_digest.as_deref(),
    ];
    tx.execute(APPEND, values).await.map(drop)
}

/// Takes the lease of the sealer until an instant and gives the end of the chain; `None` while another node holds it.
/// The row stays locked to the end of the transaction, so that two sealers never work at once whatever their clocks say.
///
/// # Errors
/// When the database refuses.
pub async fn lease(
    tx: &Tx<'_>,
    node: Uuid,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Head>, StoreError> {
    // A lease that ends beyond any honest one was taken by a clock that ran ahead.
    let honest = until.plus_seconds(HONEST);
    tx.one(LEASE, args![CHAIN, node, now, until, honest], head).await
}

/// Gives the lease back.
///
/// # Errors
/// When the database refuses.
pub async fn release(tx: &Tx<'_>, node: Uuid) -> Result<(), StoreError> {
    tx.execute(RELEASE, args![CHAIN, node]).await.map(drop)
}

/// The oldest entries that are not sealed, with their serials.
///
/// # Errors
/// When the database cannot be asked.
pub async fn unsealed(db: &impl Read, limit: i64) -> Result<Vec<(i64, Entry)>, StoreError> {
    db.all(UNSEALED, args![limit], |row| Ok((row.take()?, entry(row)?))).await
}

/// Gives entries their places in the chain and moves its end.
///
/// # Errors
/// When the database refuses.
pub async fn seal(tx: &Tx<'_>, links: &[(i64, Link)], head: &Head, now: Timestamp) -> Result<(), StoreError> {
    let rows: Vec<_> = links
        .iter()
        .map(|(serial, link)| args![*serial, link.seq, &link.previous, &link.digest].to_vec())
        .collect();
    tx.execute_each(SEAL, &rows).await?;
    tx.execute(SET_HEAD, args![CHAIN, head.seq, &head.digest, head.count, now]).await.map(drop)
}

/// The end of the chain.
///
/// # Errors
/// When the database cannot be asked.
pub async fn read_head(db: &impl Read) -> Result<Head, StoreError> {
    Ok(db.one(HEAD, args![CHAIN], head).await?.unwrap_or_else(Head::genesis))
}

/// When the chain was last made longer.
///
/// # Errors
/// When the database cannot be asked.
pub async fn sealed_at(db: &impl Read) -> Result<Option<Timestamp>, StoreError> {
    db.one(SEALED_AT, args![CHAIN], first).await
}

/// Sealed entries after a place of the chain, in its order.
///
/// # Errors
/// When the database cannot be asked.
pub async fn sealed_after(db: &impl Read, seq: i64, limit: i64) -> Result<Vec<StoredEntry>, StoreError> {
    db.all(SEALED, args![seq, limit], stored).await
}

/// When the oldest entry that is not sealed was written.
///
/// # Errors
/// When the database cannot be asked.
pub async fn oldest_unsealed(db: &impl Read) -> Result<Option<Timestamp>, StoreError> {
    db.one(OLDEST_UNSEALED, &[], first).await
}

/// How many entries are not sealed.
///
/// # Errors
/// When the database cannot be asked.
pub async fn count_unsealed(db: &impl Read) -> Result<i64, StoreError> {
    Ok(db.one(COUNT_UNSEALED, &[], first).await?.unwrap_or_default())
}

/// The entries about a thing, the oldest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_resource(db: &impl Read, id: Uuid, limit: i64) -> Result<Vec<Entry>, StoreError> {
    db.all(OF_RESOURCE, args![id, limit], entry).await
}

/// The newest entries about a thing, the newest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn newest_of_resource(db: &impl Read, id: Uuid, limit: i64) -> Result<Vec<Entry>, StoreError> {
    db.all(NEWEST_OF_RESOURCE, args![id, limit], entry).await
}

/// How often something happened to a thing since an instant.
///
/// # Errors
/// When the database cannot be asked.
pub async fn count_since(db: &impl Read, id: Uuid, event: &str, since: Timestamp) -> Result<i64, StoreError> {
    Ok(db.one(COUNT_SINCE, args![id, event, since], first).await?.unwrap_or_default())
}

/// When something first happened to a thing since an instant.
///
/// # Errors
/// When the database cannot be asked.
pub async fn first_since(
    db: &impl Read,
    id: Uuid,
    event: &str,
    since: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    db.one(FIRST_SINCE, args![id, event, since], first).await
}

/// The newest entries, the newest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn latest(db: &impl Read, limit: i64) -> Result<Vec<Entry>, StoreError> {
    db.all(LATEST, args![limit], entry).await
}

/// Forgets the person in an entry; the chain still verifies.
///
/// # Errors
/// When the database refuses.
pub async fn erase_personal(tx: &Tx<'_>, serial: i64) -> Result<bool, StoreError> {
    Ok(tx.execute(ERASE, args![serial]).await? == 1)
}
