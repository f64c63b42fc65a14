//! Device pools of a licence: groups of devices with their own number and end (`lk3`).

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

/// A pool and how many devices are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicePool {
    /// Its name.
    pub name: String,
    /// How many devices there may be.
    pub max_devices: i64,
    /// How many there are.
    pub devices_count: i64,
    /// The last instant at which they may run; `None` is the licence's own.
    pub expires_at: Option<Timestamp>,
}

statements! {
    SET = "insert into device_pools (account_id, license_id, name, max_devices, devices_count, expires_at)
           values ($1, $2, $3, $4, 0, $5)
           on conflict (license_id, name)
           do update set max_devices = excluded.max_devices, expires_at = excluded.expires_at";
    COUNT = "update device_pools set devices_count = devices_count + 1
             where license_id = $1 and name = $2 and devices_count < max_devices";
    UNCOUNT = "update device_pools set devices_count = devices_count - 1
               where license_id = $1 and name = $2 and devices_count > 0";
    EMPTY = "update device_pools set devices_count = 0 where license_id = $1";
    OF_INSTALLATION = "select p.license_id, p.name, p.max_devices, p.devices_count, p.expires_at
                       from device_pools p join licenses l on l.id = p.license_id where l.installation_id = $1";
    OF_LICENSE = "select name, max_devices, devices_count, expires_at from device_pools
                  where license_id = $1";
}

fn read(row: &mut Row<'_>) -> Result<DevicePool, StoreError> {
    Ok(DevicePool {
        name: row.take()?,
        max_devices: row.take()?,
        devices_count: row.take()?,
        expires_at: row.take()?,
    })
}

/// Sets a pool; the devices in it stay.
///
/// # Errors
/// When the database refuses.
pub async fn set(
    tx: &Tx<'_>,
    account: Uuid,
    license: Uuid,
    name: &str,
    max_devices: i64,
    expires_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(SET, args![account, license, name, max_devices, expires_at]).await.map(drop)
}

/// The pools of a licence.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_license(db: &impl Read, license: Uuid) -> Result<Vec<DevicePool>, StoreError> {
    // Databases sort texts in orders of their own.
    let mut pools = db.all(OF_LICENSE, args![license], read).await?;
    pools.sort_unstable_by(|one: &DevicePool, other| one.name.cmp(&other.name));
    Ok(pools)
}

/// The pools of all licences of an installation, with their licences.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_installation(
    db: &impl Read,
    installation: Uuid,
) -> Result<Vec<(Uuid, DevicePool)>, StoreError> {
    let both = |row: &mut Row<'_>| Ok((row.take()?, read(row)?));
    let mut pools: Vec<(Uuid, DevicePool)> = db.all(OF_INSTALLATION, args![installation], both).await?;
    pools.sort_unstable_by(|(_, one), (_, other)| one.name.cmp(&other.name));
    Ok(pools)
}

/// Counts a device in a pool; `false` when there is no room, or no such pool.
///
/// # Errors
/// When the database refuses.
pub async fn count(tx: &Tx<'_>, license: Uuid, name: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(COUNT, args![license, name]).await? == 1)
}

/// Counts a device less in a pool; `false` when none was counted.
///
/// # Errors
/// When the database refuses.
pub async fn uncount(tx: &Tx<'_>, license: Uuid, name: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(UNCOUNT, args![license, name]).await? == 1)
}

/// Counts no device in any pool of a licence any more.
///
/// # Errors
/// When the database refuses.
pub async fn empty(tx: &Tx<'_>, license: Uuid) -> Result<(), StoreError> {
    tx.execute(EMPTY, args![license]).await.map(drop)
}
