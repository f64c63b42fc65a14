//! Seats of devices without a network: what the device holds now, kept with the machine, and every request that was ever
//! answered, so that neither a request nor a receipt works twice.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::row::first;
use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfflineSeat {
    /// Whose it is.
    pub account_id: Uuid,
    /// Of which licence.
    pub license_id: Uuid,
    /// The machine that it was for; it may be gone.
    pub machine_id: Uuid,
    /// The fingerprint of that machine.
    pub fingerprint: String,
    /// The device's own public key.
    pub device_key: [u8; 32],
    /// That of the request.
    pub nonce: [u8; 16],
    /// When it was answered.
    pub issued_at: Timestamp,
    /// How long the device may run on the answer; `None` is as long as the licence.
    pub lease_until: Option<Timestamp>,
    /// When the device gave it back.
    pub released_at: Option<Timestamp>,
}

/// What a machine holds now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The device's own public key.
    pub device_key: [u8; 32],
    /// The nonce of the request that was answered last.
    pub nonce: [u8; 16],
    /// How long the device may run on that answer.
    pub until: Option<Timestamp>,
}

statements! {
    INSERT = "insert into offline_seats (account_id, license_id, machine_id, fingerprint, device_key, nonce, issued_at,
                lease_until, released_at)
              values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (license_id, nonce) do nothing";
    ANSWERED = "select account_id, license_id, machine_id, fingerprint, device_key, nonce, issued_at, lease_until,
                  released_at
                from offline_seats where license_id = $1 and nonce = $2";
    FIRST = "select issued_at from offline_seats where license_id = $1 and fingerprint = $2 order by serial limit 1";
    RELEASE = "update offline_seats set released_at = $3
               where license_id = $1 and nonce = $2 and released_at is null";
    HOLD = "update machines set device_key = $2, seat_nonce = $3, seat_until = $4 where id = $1";
    OF_MACHINE = "select device_key, seat_nonce, seat_until from machines where id = $1 and device_key is not null";
    OF_LICENSE = "select id, device_key, seat_nonce, seat_until from machines
                  where license_id = $1 and device_key is not null order by serial";
}

fn read(row: &mut Row<'_>) -> Result<OfflineSeat, StoreError> {
    Ok(OfflineSeat {
        account_id: row.take()?,
        license_id: row.take()?,
        machine_id: row.take()?,
        fingerprint: row.take()?,
        device_key: row.take()?,
        nonce: row.take()?,
        issued_at: row.take()?,
        lease_until: row.take()?,
        released_at: row.take()?,
    })
}

fn held(row: &mut Row<'_>) -> Result<Held, StoreError> {
    Ok(Held { device_key: row.take()?, nonce: row.take()?, until: row.take()? })
}

/// Writes down that a request was answered, and that its machine holds the answer; `false` when it was answered before.
///
/// # Errors
/// When the database refuses.
pub async fn answer(tx: &Tx<'_>, seat: &OfflineSeat) -> Result<bool, StoreError> {
    let values = args![
        seat.account_id,
        seat.license_id,
        seat.machine_id,
        &seat.fingerprint,
        seat.device_key.as_slice(),
        seat.nonce.as_slice(),
        seat.issued_at,
        seat.lease_until,
        seat.released_at,
    ];
    if tx.execute(INSERT, values).await? == 0 {
        return Ok(false);
    }
    let values = args![seat.machine_id, seat.device_key.as_slice(), seat.nonce.as_slice(), seat.lease_until];
    tx.execute(HOLD, values).await?;
    Ok(true)
}

/// The request with a nonce, if it was answered.
///
/// # Errors
/// When the database cannot be asked.
pub async fn answered(
    db: &impl Read,
    license: Uuid,
    nonce: &[u8; 16],
) -> Result<Option<OfflineSeat>, StoreError> {
    db.one(ANSWERED, args![license, nonce.as_slice()], read).await
}

/// When a device had its first answer for a licence.
///
/// # Errors
/// When the database cannot be asked.
pub async fn first_answered(
    db: &impl Read,
    license: Uuid,
    fingerprint: &str,
) -> Result<Option<Timestamp>, StoreError> {
    db.one(FIRST, args![license, fingerprint], first).await
}

/// Writes down that a seat was given back; `false` when it was before, or there was none.
///
/// # Errors
/// When the database refuses.
pub async fn release(
    tx: &Tx<'_>,
    license: Uuid,
    nonce: &[u8; 16],
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(RELEASE, args![license, nonce.as_slice(), now]).await? == 1)
}

/// What a machine holds; `None` when its device never asked without a network.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_machine(db: &impl Read, machine: Uuid) -> Result<Option<Held>, StoreError> {
    db.one(OF_MACHINE, args![machine], held).await
}

/// What the machines of a licence hold, by their id.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_license(db: &impl Read, license: Uuid) -> Result<Vec<(Uuid, Held)>, StoreError> {
    db.all(OF_LICENSE, args![license], |row| Ok((row.take()?, held(row)?))).await
}
