//! Machines: the devices a licence is activated on.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx, Value};

/// A device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub account_id: Uuid,
    /// Of which licence.
    pub license_id: Uuid,
    /// The user at it.
    pub user_id: Option<Uuid>,
    /// What tells it from other devices.
    pub fingerprint: String,
    /// Within what the fingerprint is unique: the id of the account, product, policy or licence, or what stands for the
    /// devices of one product in an installation.
    pub uniqueness_scope: Uuid,
    /// The device pool it counts against.
    pub pool: Option<String>,
    /// A name for people.
    pub name: Option<String>,
    /// From where it was activated.
    pub address: Option<String>,
    /// With what it was activated.
    pub user_agent: Option<String>,
    /// When it was activated.
    pub created_at: Timestamp,
    /// When it last showed itself.
    pub last_seen_at: Timestamp,
}

macro_rules! columns {
    () => {
        "id, account_id, license_id, user_id, fingerprint, uniqueness_scope, pool, name, address, user_agent,
         created_at, last_seen_at"
    };
}

/// Machines of the licences that an installation has of a product, but for those of a batch that is not ready.
macro_rules! held {
    ($and:literal) => {
        concat!(
            "select m.id, m.account_id, m.license_id, m.user_id, m.fingerprint, m.uniqueness_scope, m.pool, m.name,
               m.address, m.user_agent, m.created_at, m.last_seen_at
             from machines m join licenses l on l.id = m.license_id left join batches b on b.id = l.batch_id
             where l.installation_id = $1 and l.product_id = $2
               and (l.batch_id is null or b.ready_at is not null)",
            $and
        )
    };
}

/// Machines of licences that are seen, with how their licence is called.
macro_rules! listed {
    ($chosen:expr, $order:literal) => {
        concat!(
            "select m.serial, coalesce(l.subject, l.name), l.key_hint, m.id, m.account_id, m.license_id, m.user_id,
               m.fingerprint, m.uniqueness_scope, m.pool, m.name, m.address, m.user_agent, m.created_at,
               m.last_seen_at
             from machines m join licenses l on l.id = m.license_id left join batches b on b.id = l.batch_id
             where coalesce(m.account_id, m.account_id) = $1 and (l.batch_id is null or b.ready_at is not null)
               and m.serial in (", $chosen, ")
             order by ", $order, " limit $3"
        )
    };
}

statements! {
    NEWEST = listed!("select serial from machines where serial < $2 order by serial desc limit $3", "m.serial desc");
    LIKE = listed!("select serial from (select serial from machines where fingerprint >= $4 and fingerprint < $5
                    and serial < $2 order by fingerprint limit $3) found", "m.fingerprint");
    INSERT = concat!("insert into machines (", columns!(), ", metadata)
              values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '{}')
              on conflict (uniqueness_scope, fingerprint) do nothing");
    BY_FINGERPRINT = concat!("select ", columns!(), " from machines
                      where uniqueness_scope = $1 and fingerprint = $2");
    BY_ID = concat!("select ", columns!(), " from machines where id = $1");
    OF_LICENSE = concat!("select ", columns!(), " from machines where license_id = $1 order by serial");
    OF_INSTALLATION = concat!(held!(""), " order by m.created_at, m.serial");
    IN_INSTALLATION = concat!(held!(" and m.fingerprint = $3"), " order by m.created_at, m.serial limit 1");
    MOVE = "update machines set license_id = $2, pool = $3 where id = $1";
    MOVE_ALL = "update machines set license_id = $2, pool = null where license_id = $1";
    DELETE = "delete from machines where id = $1";
    DELETE_OF_POOL = "delete from machines where license_id = $1 and pool = $2";
    TOUCH = "update machines set last_seen_at = $2 where id = $1 and last_seen_at < $2";
}

fn read(row: &mut Row<'_>) -> Result<Machine, StoreError> {
    Ok(Machine {
        id: row.take()?,
        account_id: row.take()?,
        license_id: row.take()?,
        user_id: row.take()?,
        fingerprint: row.take()?,
        uniqueness_scope: row.take()?,
        pool: row.take()?,
        name: row.take()?,
        address: row.take()?,
        user_agent: row.take()?,
        created_at: row.take()?,
        last_seen_at: row.take()?,
    })
}

/// A machine of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The machine.
    pub machine: Machine,
    /// Its place in the order in which machines were added.
    pub serial: i64,
    /// What its licence is for, or its name.
    pub license: Option<String>,
    /// The last four characters of the licence's key.
    pub hint: Option<String>,
}

fn listed(row: &mut Row<'_>) -> Result<Listed, StoreError> {
    let (serial, license, hint) = (row.take()?, row.take()?, row.take()?);
    Ok(Listed { machine: read(row)?, serial, license, hint })
}

/// Machines that were added before the one of a serial, the newest first; of those that begin so, where a beginning is given,
/// the first in the order of their fingerprints.
///
/// # Errors
/// When the database cannot be asked.
pub async fn before(
    db: &impl Read,
    account: Uuid,
    serial: i64,
    beginning: Option<&str>,
    limit: i64,
) -> Result<Vec<Listed>, StoreError> {
    match beginning {
        None => db.all(NEWEST, args![account, serial, limit], listed).await,
        Some(beginning) => {
            let behind = format!("{beginning}\u{10ffff}");
            db.all(LIKE, args![account, serial, limit, beginning, &behind], listed).await
        }
    }
}

fn values(machine: &Machine) -> Vec<Value<'_>> {
    args![
        machine.id,
        machine.account_id,
        machine.license_id,
        machine.user_id,
        &machine.fingerprint,
        machine.uniqueness_scope,
        machine.pool.as_deref(),
        machine.name.as_deref(),
        machine.address.as_deref(),
        machine.user_agent.as_deref(),
        machine.created_at,
        machine.last_seen_at,
    ]
    .to_vec()
}

/// Adds a machine; `false` when its fingerprint is taken in its scope.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, machine: &Machine) -> Result<bool, StoreError> {
    Ok(tx.execute(INSERT, &values(machine)).await? == 1)
}

/// Adds many machines and says how many: those whose fingerprint is taken in their scope are left out.
///
/// # Errors
/// When the database refuses.
pub async fn insert_all(tx: &Tx<'_>, machines: &[Machine]) -> Result<u64, StoreError> {
    let rows: Vec<_> = machines.iter().map(values).collect();
    tx.execute_each(INSERT, &rows).await
}

/// The machine with a fingerprint in a scope.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_fingerprint(
    db: &impl Read,
    scope: Uuid,
    fingerprint: &str,
) -> Result<Option<Machine>, StoreError> {
    db.one(BY_FINGERPRINT, args![scope, fingerprint], read).await
}

/// A machine by its id.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_id(db: &impl Read, id: Uuid) -> Result<Option<Machine>, StoreError> {
    db.one(BY_ID, args![id], read).await
}

/// The machines of a licence in the order of their activation.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_license(db: &impl Read, license: Uuid) -> Result<Vec<Machine>, StoreError> {
    db.all(OF_LICENSE, args![license], read).await
}

/// The machines of all licences that an installation has of a product, in the order of their activation.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_installation(
    db: &impl Read,
    installation: Uuid,
    product: Uuid,
) -> Result<Vec<Machine>, StoreError> {
    db.all(OF_INSTALLATION, args![installation, product], read).await
}

/// The machine with a fingerprint on any licence that an installation has of a product; of several, the one that was
/// activated first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn in_installation(
    db: &impl Read,
    installation: Uuid,
    product: Uuid,
    fingerprint: &str,
) -> Result<Option<Machine>, StoreError> {
    db.one(IN_INSTALLATION, args![installation, product, fingerprint], read).await
}

/// Counts a machine for another licence, or in another pool, from now on.
///
/// # Errors
/// When the database refuses.
pub async fn assign(tx: &Tx<'_>, id: Uuid, license: Uuid, pool: Option<&str>) -> Result<(), StoreError> {
    tx.execute(MOVE, args![id, license, pool]).await.map(drop)
}

/// Moves all machines of a licence to another one, out of their pools, and says how many.
///
/// # Errors
/// When the database refuses.
pub async fn assign_all(tx: &Tx<'_>, from: Uuid, to: Uuid) -> Result<u64, StoreError> {
    tx.execute(MOVE_ALL, args![from, to]).await
}

/// Removes a machine; `false` when it is gone.
///
/// # Errors
/// When the database refuses.
pub async fn delete(tx: &Tx<'_>, id: Uuid) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE, args![id]).await? == 1)
}

/// Removes the machines of a pool of a licence, and says how many.
///
/// # Errors
/// When the database refuses.
pub async fn delete_of_pool(tx: &Tx<'_>, license: Uuid, pool: &str) -> Result<u64, StoreError> {
    tx.execute(DELETE_OF_POOL, args![license, pool]).await
}

/// Notes that a machine showed itself.
///
/// # Errors
/// When the database refuses.
pub async fn touch(tx: &Tx<'_>, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(TOUCH, args![id, now]).await.map(drop)
}
