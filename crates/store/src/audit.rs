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

/// What a page of entries is asked for beside its place. A statement's `$n is null` comes after its type is known.
macro_rules! wanted {
    () => {
        "(substr(event, 1, length(cast($3 as text))) = $3 or substr(event, 1, length(cast($8 as text))) = $8
           or $3 is null)
         and (actor_kind = $4 or $4 is null) and at >= $5 and at < $6"
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
    OF_RESOURCE = concat!("select ", columns!(), " from audit_log where resource_id = $1
                   order by serial desc limit $2");
    COUNT_SINCE = "select count(*) from audit_log where resource_id = $1 and event = $2 and at > $3";
    FIRST_SINCE = "select at from audit_log where resource_id = $1 and event = $2 and at > $3 order by at limit 1";
    LATEST = concat!("select ", columns!(), " from audit_log order by serial desc limit $1");
    FLOOR = "select serial from audit_log where serial < $1 order by serial desc limit 1 offset $2";
    FLOOR_OF_RESOURCE = "select serial from audit_log where resource_id = $3 and serial < $1
                         order by serial desc limit 1 offset $2";
    PAGE = concat!("select serial, ", columns!(), " from audit_log where serial < $1 and serial >= $2 and ", wanted!(), "
              order by serial desc limit $7");
    PAGE_OF_RESOURCE = concat!("select serial, ", columns!(), " from audit_log
              where resource_id = $9 and serial < $1 and serial >= $2 and ", wanted!(), "
              order by serial desc limit $7");
    COUNT_DELAYS = "select count(*) from (select 1 from audit_log where event = 'session.delay' and at >= $1 limit $2) few";
    AT_OR_BEFORE = "select serial, at from audit_log where serial <= $1 order by serial desc limit 1";
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

/// The newest entries about a thing, the newest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_resource(db: &impl Read, id: Uuid, limit: i64) -> Result<Vec<Entry>, StoreError> {
    db.all(OF_RESOURCE, args![id, limit], entry).await
}

/// How often something happened to a thing since an instant.
///
/// # Errors
/// When the database cannot be asked.
pub async fn count_since(db: &impl Read, id: Uuid, event: &str, since: Timestamp) -> Result<i64, StoreError> {
    Ok(db.one(COUNT_SINCE, args![id, event, since], first).await?.unwrap_or_default())
}

/// How often people had to wait after wrong passwords since an instant, up to a limit.
///
/// # Errors
/// When the database cannot be asked.
pub async fn count_delays(db: &impl Read, since: Timestamp, limit: i64) -> Result<i64, StoreError> {
    Ok(db.one(COUNT_DELAYS, args![since, limit], first).await?.unwrap_or_default())
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

/// Which entries are wanted. What is `None` is not asked.
#[derive(Clone, Debug)]
pub struct Filter<'a> {
    /// Whose event begins so.
    pub event: Option<&'a str>,
    /// Or so, where an event is asked for.
    pub or_event: Option<&'a str>,
    /// By this kind of actor.
    pub actor_kind: Option<&'a str>,
    /// About this thing.
    pub resource: Option<Uuid>,
    /// Not before this instant.
    pub from: Timestamp,
    /// Before this instant.
    pub to: Timestamp,
}

/// The serial of the last of so many entries before a place, of one thing or of all; `None` when there are not so many.
///
/// # Errors
/// When the database cannot be asked.
pub async fn floor(
    db: &impl Read,
    resource: Option<Uuid>,
    before: i64,
    entries: i64,
) -> Result<Option<i64>, StoreError> {
    match resource {
        Some(id) => db.one(FLOOR_OF_RESOURCE, args![before, entries - 1, id], first).await,
        None => db.one(FLOOR, args![before, entries - 1], first).await,
    }
}

/// The newest entries that a filter lets through, with their serials: those before a place and not before another one.
///
/// # Errors
/// When the database cannot be asked.
pub async fn page(
    db: &impl Read,
    filter: &Filter<'_>,
    before: i64,
    floor: i64,
    limit: i64,
) -> Result<Vec<(i64, Entry)>, StoreError> {
    let Filter { event, or_event, actor_kind, resource, from, to } = *filter;
    let map: crate::Map<(i64, Entry)> = |row| Ok((row.take()?, entry(row)?));
    match resource {
        Some(id) => {
            let values = args![before, floor, event, actor_kind, from, to, limit, or_event, id];
            db.all(PAGE_OF_RESOURCE, values, map).await
        }
        None => {
            let values = args![before, floor, event, actor_kind, from, to, limit, or_event];
            db.all(PAGE, values, map).await
        }
    }
}

/// The entry of a serial, or the last one before: its serial, and when it was.
///
/// # Errors
/// When the database cannot be asked.
pub async fn at_or_before(db: &impl Read, serial: i64) -> Result<Option<(i64, Timestamp)>, StoreError> {
    db.one(AT_OR_BEFORE, args![serial], |row| Ok((row.take()?, row.take()?))).await
}

/// Forgets the person in an entry; the chain still verifies.
///
/// # Errors
/// When the database refuses.
pub async fn erase_personal(tx: &Tx<'_>, serial: i64) -> Result<bool, StoreError> {
    Ok(tx.execute(ERASE, args![serial]).await? == 1)
}
