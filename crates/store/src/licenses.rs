//! Licences: the row that decides, with its counters.

use std::iter;

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::row::first;
use crate::sql::{args, statements};
use crate::terms::{self, Kind};
use crate::{Read, Row, StoreError, Tx, Value};

mod change;
mod list;
mod remove;

#[cfg(feature = "testing")]
pub(crate) use change::ALL as ALL_CHANGES;
pub use change::{
    count_machine, lock, record_transfer, reinstate, set_expiry, set_max_machines, set_user, suspend,
    touch_validated, uncount_machine, use_once, use_up,
};
#[cfg(feature = "testing")]
pub(crate) use held::ALL as ALL_HELD;
pub use held::{
    add_machines, keyless_of_installation, of_installation, put_on_list, set_metadata, take_off_list,
    touch_seen,
};
#[cfg(feature = "testing")]
pub(crate) use list::{ALL_BY_EXPIRY, ALL_BY_SERIAL, ALL_COUNTS, ALL_OF_OTHERS, ALL_SEARCHES};
pub use list::{
    Count, Counted, Cursor, EACH, Filter, Listed, Part, Sought, State, WINDOW, count, is_cut, list, search,
    with_words,
};
#[cfg(feature = "testing")]
pub(crate) use records::ALL as ALL_RECORDS;
pub use records::{Subject, record_by_serial, records_before, subjects_before};
#[cfg(feature = "testing")]
pub(crate) use remove::ALL as ALL_REMOVALS;
pub use remove::{Removed, remove};

/// Licences whose values are put together at once: they take more memory than the licences.
const BOUND_AT_ONCE: usize = 512;

/// A licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct License {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub account_id: Uuid,
    /// Its product.
    pub product_id: Uuid,
    /// The rules it follows.
    pub policy_id: Uuid,
    /// Who owns it.
    pub user_id: Option<Uuid>,
    /// The installation it belongs to (system E).
    pub installation_id: Option<Uuid>,
    /// The batch it was made in.
    pub batch_id: Option<Uuid>,
    /// A name for people.
    pub name: Option<String>,
    /// What it is for, unique in the product (system A's `client_id`).
    pub subject: Option<String>,
    /// The form of its key.
    pub scheme: String,
    /// Its key, sealed.
    pub key_sealed: Option<Vec<u8>>,
    /// The look-up digest of its key, unique in the account.
    pub key_digest: Option<Vec<u8>>,
    /// The last four characters of its key.
    pub key_hint: Option<String>,
    /// The last instant at which it is valid; `None` is never.
    pub expiry: Option<Timestamp>,
    /// The raw text of an expiry past the year 9999.
    pub expiry_text: Option<String>,
    /// When it was first activated. Releasing the device does not clear it.
    pub first_activated_at: Option<Timestamp>,
    /// When it was first validated.
    pub first_validated_at: Option<Timestamp>,
    /// When it was last validated.
    pub last_validated_at: Option<Timestamp>,
    /// Since when it is suspended.
    pub suspended_at: Option<Timestamp>,
    /// Why: `suspended`, `revoked`, `paused` (by its installation), `auto`.
    pub suspension_reason: Option<String>,
    /// Its own limit of machines.
    pub max_machines: Option<u32>,
    /// Machines it is active on.
    pub machines_count: i64,
    /// Its own limit of uses.
    pub max_uses: Option<i64>,
    /// Uses so far.
    pub uses: i64,
    /// Transfers so far.
    pub transfers: i64,
    /// JSON.
    pub metadata: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// A licence with what a verifier answers of its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The licence.
    pub license: License,
    /// Its number, as dialects name it.
    pub serial: i64,
    /// When its installation took it off its list (system E).
    pub removed_at: Option<Timestamp>,
    /// The vendor's own id of the owner.
    pub user_external_id: Option<String>,
    /// The owner's e-mail address.
    pub user_email: Option<String>,
    /// Whether the owner is banned.
    pub user_banned: bool,
    /// The name of the batch.
    pub batch_name: Option<String>,
}

macro_rules! columns {
    () => {
        "id, account_id, product_id, policy_id, user_id, installation_id, batch_id, name, subject, scheme,
         key_sealed, key_digest, key_hint, expiry, expiry_text, first_activated_at, first_validated_at,
         last_validated_at, suspended_at, suspension_reason, max_machines, machines_count, max_uses, uses,
         transfers, metadata, created_at, updated_at"
    };
}

macro_rules! columns_of_found {
    () => {
        "l.id, l.account_id, l.product_id, l.policy_id, l.user_id, l.installation_id, l.batch_id, l.name, l.subject,
         l.scheme, l.key_sealed, l.key_digest, l.key_hint, l.expiry, l.expiry_text, l.first_activated_at,
         l.first_validated_at, l.last_validated_at, l.suspended_at, l.suspension_reason, l.max_machines,
         l.machines_count, l.max_uses, l.uses, l.transfers, l.metadata, l.created_at, l.updated_at, l.serial,
         l.removed_at, u.external_id, u.email, u.banned_at, b.name"
    };
}
pub(crate) use columns_of_found;

/// A licence of a batch is seen only once the whole batch is ready.
macro_rules! found {
    ($where:literal) => {
        concat!(
            "select ", columns_of_found!(), "
             from licenses l left join users u on u.id = l.user_id left join batches b on b.id = l.batch_id
             where ", $where, " and (l.batch_id is null or b.ready_at is not null)"
        )
    };
}

// Below the macro that they use.
mod held;
mod records;

statements! {
    INSERT = concat!("insert into licenses (", columns!(), ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
              $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)");
    INSERT_NEW = concat!("insert into licenses (", columns!(), ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
              $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)
              on conflict do nothing");
    BY_ID = found!("l.id = $1");
    BY_DIGEST = found!("l.account_id = $1 and l.key_digest = $2");
    BY_SUBJECT = found!("l.product_id = $1 and l.subject = $2");
    OF_DEVICE = concat!(found!("l.product_id = $1 and l.scheme = $2 and coalesce(l.name, '') = $3
                        and l.id in (select license_id from machines where fingerprint = $4)"),
                        " order by l.serial limit 1");
    OF_PRODUCT = concat!(found!("l.product_id = $1 and l.scheme = $2 and l.id > $3"), " order by l.id limit $4");
    OF_BATCH = concat!(found!("l.batch_id = $1 and l.id > $2"), " order by l.id limit $3");
    ANY_OF_PRODUCT = "select cast(1 as bigint) from licenses where product_id = $1 and scheme = $2 limit 1";
    ANY_OF_INSTALLATION = "select cast(1 as bigint) from licenses
                           where installation_id = $1 and key_digest is not null limit 1";
    DELETE_OF_BATCH = "delete from licenses where id in
                       (select l.id from licenses l join batches b on b.id = l.batch_id
                        where l.batch_id = $1 and b.ready_at is null order by l.id limit $2)
                       returning account_id, id, name, metadata";
}

fn license(row: &mut Row<'_>) -> Result<License, StoreError> {
    Ok(License {
        id: row.take()?,
        account_id: row.take()?,
        product_id: row.take()?,
        policy_id: row.take()?,
        user_id: row.take()?,
        installation_id: row.take()?,
        batch_id: row.take()?,
        name: row.take()?,
        subject: row.take()?,
        scheme: row.take()?,
        key_sealed: row.take()?,
        key_digest: row.take()?,
        key_hint: row.take()?,
        expiry: row.take()?,
        expiry_text: row.take()?,
        first_activated_at: row.take()?,
        first_validated_at: row.take()?,
        last_validated_at: row.take()?,
        suspended_at: row.take()?,
        suspension_reason: row.take()?,
        max_machines: row.take()?,
        machines_count: row.take()?,
        max_uses: row.take()?,
        uses: row.take()?,
        transfers: row.take()?,
        metadata: row.take()?,
        created_at: row.take()?,
        updated_at: row.take()?,
    })
}

fn found(row: &mut Row<'_>) -> Result<Found, StoreError> {
    Ok(Found {
        license: license(row)?,
        serial: row.take()?,
        removed_at: row.take()?,
        user_external_id: row.take()?,
        user_email: row.take()?,
        user_banned: row.take::<Option<Timestamp>>()?.is_some(),
        batch_name: row.take()?,
    })
}

fn values(license: &License) -> Vec<Value<'_>> {
    let License {
        id,
        account_id,
        product_id,
        policy_id,
        user_id,
        installation_id,
        batch_id,
        name,
        subject,
        scheme,
        key_sealed,
        key_digest,
        key_hint,
        expiry,
        expiry_text,
        first_activated_at,
        first_validated_at,
        last_validated_at,
        suspended_at,
        suspension_reason,
        max_machines,
        machines_count,
        max_uses,
        uses,
        transfers,
        metadata,
        created_at,
        updated_at,
    } = license;
    vec![
        (*id).into(),
        (*account_id).into(),
        (*product_id).into(),
        (*policy_id).into(),
        (*user_id).into(),
        (*installation_id).into(),
        (*batch_id).into(),
        name.as_deref().into(),
        subject.as_deref().into(),
        scheme.into(),
        key_sealed.as_deref().into(),
        key_digest.as_deref().into(),
        key_hint.as_deref().into(),
        (*expiry).into(),
        expiry_text.as_deref().into(),
        (*first_activated_at).into(),
        (*first_validated_at).into(),
        (*last_validated_at).into(),
        (*suspended_at).into(),
        suspension_reason.as_deref().into(),
        (*max_machines).into(),
        (*machines_count).into(),
        (*max_uses).into(),
        (*uses).into(),
        (*transfers).into(),
        metadata.into(),
        (*created_at).into(),
        (*updated_at).into(),
    ]
}

/// Adds a licence; `false` when its key or its subject is taken.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, license: &License) -> Result<bool, StoreError> {
    let is_new = tx.execute(INSERT_NEW, &values(license)).await? == 1;
    if is_new {
        terms::add(tx, Kind::License, iter::once(terms::Found::license(license))).await?;
    }
    Ok(is_new)
}

/// Adds many licences.
///
/// # Errors
/// `Conflict` when a key is taken: then none is added.
pub async fn insert_all(tx: &Tx<'_>, licenses: &[License]) -> Result<(), StoreError> {
    for part in licenses.chunks(BOUND_AT_ONCE) {
        let rows: Vec<_> = part.iter().map(values).collect();
        tx.execute_each(INSERT, &rows).await?;
    }
    terms::add(tx, Kind::License, licenses.iter().map(terms::Found::license)).await
}

/// A licence by id.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_id(db: &impl Read, id: Uuid) -> Result<Option<Found>, StoreError> {
    db.one(BY_ID, args![id], found).await
}

/// A licence by the digest of its key.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_digest(
    db: &impl Read,
    account: Uuid,
    digest: &[u8; 32],
) -> Result<Option<Found>, StoreError> {
    // What is refused for good is asked for each time, as what is unknown: whoever guesses learns nothing from the time it takes.
    let lasting =
        |found: &Found| (found.license.suspended_at.is_none() && !found.user_banned).then_some(found.serial);
    db.remembered(BY_DIGEST, (account, digest), found, lasting).await
}

/// A licence by what it is for.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_subject(db: &impl Read, product: Uuid, subject: &str) -> Result<Option<Found>, StoreError> {
    db.one(BY_SUBJECT, args![product, subject], found).await
}

/// The first licence of a product in one form that has this name and runs on this device.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_device(
    db: &impl Read,
    product: Uuid,
    scheme: &str,
    name: &str,
    fingerprint: &str,
) -> Result<Option<Found>, StoreError> {
    db.one(OF_DEVICE, args![product, scheme, name, fingerprint], found).await
}

/// Licences of a product in one form whose ids lie after another, in the order of their ids.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_product(
    db: &impl Read,
    product: Uuid,
    scheme: &str,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Found>, StoreError> {
    db.all(OF_PRODUCT, args![product, scheme, after, limit], found).await
}

/// Licences of a finished batch in the order of their ids, behind one of them.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_batch(
    db: &impl Read,
    batch: Uuid,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Found>, StoreError> {
    db.all(OF_BATCH, args![batch, after, limit], found).await
}

/// Whether anything was issued or registered in this form for a product.
///
/// # Errors
/// When the database cannot be asked.
pub async fn any_of_product(db: &impl Read, product: Uuid, scheme: &str) -> Result<bool, StoreError> {
    Ok(db.one(ANY_OF_PRODUCT, args![product, scheme], first::<i64>).await?.is_some())
}

/// Whether anything was issued or registered for an installation.
///
/// # Errors
/// When the database cannot be asked.
pub async fn any_of_installation(db: &impl Read, installation: Uuid) -> Result<bool, StoreError> {
    Ok(db.one(ANY_OF_INSTALLATION, args![installation], first::<i64>).await?.is_some())
}

/// Removes up to `limit` licences of a batch that was never finished, and says how many.
///
/// # Errors
/// When the database refuses.
pub async fn delete_of_batch(tx: &Tx<'_>, batch: Uuid, limit: i64) -> Result<u64, StoreError> {
    let removed = tx.all(DELETE_OF_BATCH, args![batch, limit], terms::Found::license_of).await?;
    let count = removed.len() as u64;
    terms::remove(tx, Kind::License, removed.into_iter()).await?;
    Ok(count)
}
