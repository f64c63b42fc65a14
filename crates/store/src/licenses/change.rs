//! Changes to one licence. Each limit is one conditional statement: it is decided where it is spent.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use super::License;
use crate::row::first;
use crate::sql::{args, statements};
use crate::{Read as _, StoreError, Tx};

statements! {
    LOCK = "update licenses set updated_at = updated_at where id = $1
            and (batch_id is null or exists
                 (select 1 from batches where batches.id = licenses.batch_id and ready_at is not null))
            returning id, account_id, product_id, policy_id, user_id, installation_id, batch_id, name, subject,
              scheme, key_sealed, key_digest, key_hint, expiry, expiry_text, first_activated_at,
              first_validated_at, last_validated_at, suspended_at, suspension_reason, max_machines,
              machines_count, max_uses, uses, transfers, metadata, created_at, updated_at";
    USE_ONCE = "update licenses set first_activated_at = $2, expiry = $3, machines_count = machines_count + 1,
                  updated_at = $2
                where id = $1 and first_activated_at is null and suspended_at is null";
    COUNT_MACHINE = "update licenses set machines_count = machines_count + 1,
                       first_activated_at = coalesce(first_activated_at, $3), updated_at = $3
                     where id = $1 and suspended_at is null and (cast($2 as bigint) is null or machines_count < $2)";
    UNCOUNT_MACHINE = "update licenses set machines_count = machines_count - 1, updated_at = $2
                       where id = $1 and machines_count > 0";
    USE_UP = "update licenses set uses = uses + $2, updated_at = $4
              where id = $1 and suspended_at is null and uses >= $3 and uses <= $5
              returning uses";
    SUSPEND = "update licenses set suspended_at = $2, suspension_reason = $3, updated_at = $2
               where id = $1 and (suspended_at is null or suspension_reason <> $3)";
    REINSTATE = "update licenses set suspended_at = null, suspension_reason = null, updated_at = $2
                 where id = $1 and suspended_at is not null";
    SET_EXPIRY = "update licenses set expiry = $2, expiry_text = $3, updated_at = $4 where id = $1";
    SET_MAX_MACHINES = "update licenses set max_machines = $2, updated_at = $3 where id = $1";
    SET_USER = "update licenses set user_id = $2, updated_at = $3 where id = $1";
    RECORD_TRANSFER = "update licenses set transfers = transfers + 1, updated_at = $3
                       where id = $1 and suspended_at is null and (cast($2 as bigint) is null or transfers < $2)
                       returning transfers";
    TOUCH_VALIDATED = "update licenses set last_validated_at = $2,
                         first_validated_at = coalesce(first_validated_at, $2), expiry = coalesce($3, expiry)
                       where id = $1";
}

/// Lets one transaction at a time change a licence, and reads it as it is now.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &Tx<'_>, id: Uuid) -> Result<Option<License>, StoreError> {
    tx.one(LOCK, args![id], super::license).await
}

/// Marks a key as used, counts its device and sets its expiry, once and for ever; `false` when it was used or is suspended.
///
/// # Errors
/// When the database refuses.
pub async fn use_once(
    tx: &Tx<'_>,
    id: Uuid,
    now: Timestamp,
    expiry: Option<Timestamp>,
) -> Result<bool, StoreError> {
    Ok(tx.execute(USE_ONCE, args![id, now, expiry]).await? == 1)
}

/// Counts another machine within the limit; `false` when there is no room, or the licence is suspended.
///
/// # Errors
/// When the database refuses.
pub async fn count_machine(
    tx: &Tx<'_>,
    id: Uuid,
    limit: Option<i64>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(COUNT_MACHINE, args![id, limit, now]).await? == 1)
}

/// Counts a machine less.
///
/// # Errors
/// When the database refuses.
pub async fn uncount_machine(tx: &Tx<'_>, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(UNCOUNT_MACHINE, args![id, now]).await? == 1)
}

/// Counts uses within the limit and says how many there are then; `None` when there is no room. A negative amount gives
/// back, also where the limit was lowered meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn use_up(
    tx: &Tx<'_>,
    id: Uuid,
    amount: i64,
    limit: Option<i64>,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    // Bounds of what was used before, so that nothing overflows in the statement.
    let least = amount.saturating_neg().max(0);
    let most = if amount > 0 { limit.unwrap_or(i64::MAX).saturating_sub(amount) } else { i64::MAX };
    tx.one(USE_UP, args![id, amount, least, now, most], first).await
}

/// Suspends a licence for a reason; `false` when it is, for that reason.
///
/// # Errors
/// When the database refuses.
pub async fn suspend(tx: &Tx<'_>, id: Uuid, reason: &str, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(SUSPEND, args![id, now, reason]).await? == 1)
}

/// Ends a suspension; `false` when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn reinstate(tx: &Tx<'_>, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(REINSTATE, args![id, now]).await? == 1)
}

/// Sets the expiry, with its raw text where it lies past the year 9999.
///
/// # Errors
/// When the database refuses.
pub async fn set_expiry(
    tx: &Tx<'_>,
    id: Uuid,
    expiry: Option<Timestamp>,
    text: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_EXPIRY, args![id, expiry, text, now]).await? == 1)
}

/// Sets the licence's own limit of machines.
///
/// # Errors
/// When the database refuses.
pub async fn set_max_machines(
    tx: &Tx<'_>,
    id: Uuid,
    limit: Option<u32>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_MAX_MACHINES, args![id, limit, now]).await? == 1)
}

/// Gives the licence to another user.
///
/// # Errors
/// When the database refuses.
pub async fn set_user(tx: &Tx<'_>, id: Uuid, user: Option<Uuid>, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_USER, args![id, user, now]).await? == 1)
}

/// Counts a transfer within the limit and says how many there are then; `None` when there is no room.
///
/// # Errors
/// When the database refuses.
pub async fn record_transfer(
    tx: &Tx<'_>,
    id: Uuid,
    limit: Option<i64>,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    tx.one(RECORD_TRANSFER, args![id, limit, now], first).await
}

/// Notes a validation, and with the first one the expiry where it begins with it.
///
/// # Errors
/// When the database refuses.
pub async fn touch_validated(
    tx: &Tx<'_>,
    id: Uuid,
    now: Timestamp,
    expiry: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(TOUCH_VALIDATED, args![id, now, expiry]).await.map(drop)
}
