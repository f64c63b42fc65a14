//! Licences as an installation holds them (system E): put on its list by activating them, taken off, changed.

use std::iter;

use keyward_core::time::Timestamp;
use uuid::Uuid;

use super::Found;
use crate::row::first;
use crate::sql::{args, statements};
use crate::terms::{self, Kind};
use crate::{Read, StoreError, Tx};

statements! {
    OF_INSTALLATION = concat!(found!("l.installation_id = $1 and l.first_activated_at is not null and l.removed_at is null"),
                              " order by l.first_activated_at, l.serial");
    KEYLESS = "select l.id from licenses l left join batches b on b.id = l.batch_id
               where l.installation_id = $1 and l.policy_id = $2 and l.key_digest is null
                 and (l.batch_id is null or b.ready_at is not null)
               order by l.serial limit 1";
    PUT = "update licenses set installation_id = $2, first_activated_at = coalesce(first_activated_at, $3),
             removed_at = null, updated_at = $3
           where id = $1 and (installation_id is null or installation_id = $2)";
    TAKE_OFF = "update licenses set removed_at = $2, machines_count = 0, updated_at = $2
                where id = $1 and removed_at is null";
    ADD_MACHINES = "update licenses set machines_count = machines_count + $2, updated_at = $3 where id = $1";
    SET_METADATA = "update licenses set metadata = $2, updated_at = $3 where id = $1
                    returning account_id, id, name, metadata";
    SEEN = "update licenses set last_validated_at = $2, first_validated_at = coalesce(first_validated_at, $2)
            where id = $1";
}

/// The licences on the list of an installation in the order of their activation, the free tier's own among them.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_installation(db: &impl Read, installation: Uuid) -> Result<Vec<Found>, StoreError> {
    db.all(OF_INSTALLATION, args![installation], super::found).await
}

/// The licence without a key that stands for the free tier of an installation.
///
/// # Errors
/// When the database cannot be asked.
pub async fn keyless_of_installation(
    db: &impl Read,
    installation: Uuid,
    policy: Uuid,
) -> Result<Option<Uuid>, StoreError> {
    db.one(KEYLESS, args![installation, policy], first).await
}

/// Puts a licence on the list of an installation; `false` when it is another's.
///
/// # Errors
/// When the database refuses.
pub async fn put_on_list(
    tx: &Tx<'_>,
    id: Uuid,
    installation: Uuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(PUT, args![id, installation, now]).await? == 1)
}

/// Takes a licence off its installation's list; its machines must have been moved. `false` when it is off already.
///
/// # Errors
/// When the database refuses.
pub async fn take_off_list(tx: &Tx<'_>, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(TAKE_OFF, args![id, now]).await? == 1)
}

/// Counts machines that were moved to a licence, beyond any limit.
///
/// # Errors
/// When the database refuses.
pub async fn add_machines(tx: &Tx<'_>, id: Uuid, count: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(ADD_MACHINES, args![id, count, now]).await.map(drop)
}

/// Sets the metadata of a licence, a JSON object.
///
/// # Errors
/// When the database refuses.
pub async fn set_metadata(tx: &Tx<'_>, id: Uuid, metadata: &str, now: Timestamp) -> Result<(), StoreError> {
    let Some(before) = super::lock(tx, id).await? else { return Ok(()) };
    terms::remove(tx, Kind::License, iter::once(terms::Found::license(&before))).await?;
    let after = tx.one(SET_METADATA, args![id, metadata, now], terms::Found::license_of).await?;
    terms::add(tx, Kind::License, after.into_iter()).await
}

/// Notes when a licence was last asked about.
///
/// # Errors
/// When the database refuses.
pub async fn touch_seen(tx: &Tx<'_>, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(SEEN, args![id, now]).await.map(drop)
}
