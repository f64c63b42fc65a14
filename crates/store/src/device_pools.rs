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
