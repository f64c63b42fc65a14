//! Removing a licence with everything that belongs to it. What happened to it stays in the audit log.

use std::iter;

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::terms::{self, Found, Kind};
use crate::{Read as _, Row, StoreError, Tx};

/// What counters must know of a licence that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The rules it followed.
    pub policy_id: Uuid,
    /// When it was first activated.
    pub first_activated_at: Option<Timestamp>,
    /// Why it was suspended, where it was.
    pub suspension_reason: Option<String>,
}

statements! {
    REMOVE_MACHINES = "delete from machines where license_id = $1";
    REMOVE_SEATS = "delete from offline_seats where license_id = $1";
    REMOVE_FORMS = "delete from issued where license_id = $1";
    REMOVE_LIMITS = "delete from license_limits where license_id = $1";
    REMOVE_POOLS = "delete from device_pools where license_id = $1";
    REMOVE_ENTITLEMENTS = "delete from license_entitlements where license_id = $1";
    REMOVE = "delete from licenses where id = $1 returning policy_id, first_activated_at, suspension_reason";
}

fn read(row: &mut Row<'_>) -> Result<Removed, StoreError> {
    Ok(Removed { policy_id: row.take()?, first_activated_at: row.take()?, suspension_reason: row.take()? })
}

/// Removes a licence; `None` when it is gone already.
///
/// # Errors
/// When the database refuses.
pub async fn remove(tx: &Tx<'_>, id: Uuid) -> Result<Option<Removed>, StoreError> {
    // Locked first: nobody gives it another device meanwhile.
    let Some(license) = super::lock(tx, id).await? else { return Ok(None) };
    terms::remove(tx, Kind::License, iter::once(Found::license(&license))).await?;
    for statement in
        [REMOVE_MACHINES, REMOVE_SEATS, REMOVE_FORMS, REMOVE_LIMITS, REMOVE_POOLS, REMOVE_ENTITLEMENTS]
    {
        tx.execute(statement, args![id]).await?;
    }
    tx.one(REMOVE, args![id], read).await
}
