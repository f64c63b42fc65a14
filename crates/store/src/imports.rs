//! Moving in: what is asked and written for many licences at once, and what is removed when it was not finished.
//!
//! Licences of an import stand in a batch, and are seen when that is ready. Customers, policies and features that an import makes
//! carry its batch in their metadata ([`mark`]), attempts to validate in their user agent, so that an import which was not finished
//! leaves none of them.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::entitlements::{self, Entitlement};
use crate::row::first;
use crate::sql::{args, statements};
use crate::terms::{self, Found, Kind};
use crate::users::User;
use crate::{Read, Row, StoreError, Tx, Value};

/// Values of one look-up.
const AT_ONCE: usize = 32;

/// [`AT_ONCE`] values behind the first one.
macro_rules! among {
    () => {
        "($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
          $25, $26, $27, $28, $29, $30, $31, $32, $33)"
    };
}

pub(crate) use among;

/// A licence that is here already, seen or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: Uuid,
    /// Its product.
    pub product_id: Uuid,
    /// The rules it follows.
    pub policy_id: Uuid,
    /// What it is for.
    pub subject: Option<String>,
    /// When it ends.
    pub expiry: Option<Timestamp>,
    /// When it was first activated.
    pub first_activated_at: Option<Timestamp>,
    /// Why it is suspended.
    pub suspension_reason: Option<String>,
    /// The vendor's own id of its owner.
    pub user_external_id: Option<String>,
    /// The batch that it stands in and that is not ready: then it is not seen.
    pub unfinished: Option<Uuid>,
}

macro_rules! known {
    ($key:literal, $from:literal) => {
        concat!(
            "select ",
            $key,
            ", l.id, l.product_id, l.policy_id, l.subject, l.expiry, l.first_activated_at,
               l.suspension_reason, u.external_id, b.id from ",
            $from,
            "
             left join users u on u.id = l.user_id
             left join batches b on b.id = l.batch_id and b.ready_at is null
             where ",
            $key,
            " in ",
            among!()
        )
    };
}

/// The licences of a batch that was not finished, the next `$2` of them.
macro_rules! of_unfinished {
    ($before:literal) => {
        concat!(
            $before,
            " (select l.id from licenses l join batches b on b.id = l.batch_id
              where l.batch_id = $1 and b.ready_at is null order by l.id limit $2)"
        )
    };
}

statements! {
    BY_DIGEST = concat!(known!("l.key_digest", "licenses l"), " and l.account_id = $1");
    BY_FORM = concat!(known!("i.digest", "issued i join licenses l on l.id = i.license_id"),
              " and i.account_id = $1");
    BY_SUBJECT = concat!(known!("l.subject", "licenses l"), " and l.product_id = $1");
    OF_DEVICE = concat!("select m.fingerprint, l.name, l.id from machines m join licenses l on l.id = m.license_id
                         left join batches b on b.id = l.batch_id
                         where m.fingerprint in ", among!(), " and l.product_id = $1 and l.scheme = 'file'
                         and (l.batch_id is null or b.ready_at is not null) order by l.serial");
    ANY_LIKE = "select cast(1 as bigint) from licenses
                where account_id = $1 and (product_id = $2 or scheme in ($3, $4, $5)) limit 1";
    USERS_BY_EXTERNAL_ID = concat!("select external_id, id, email from users
                            where account_id = $1 and external_id in ", among!());
    USERS_BY_EMAIL = concat!("select email, id, external_id from users where account_id = $1 and email in ", among!());
    INSERT_USER = "insert into users (id, account_id, external_id, email, name, role, banned_at, created_at, metadata)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    INSERT_FEATURE = "insert into entitlements (id, account_id, code, name, metadata, created_at)
                      values ($1, $2, $3, $4, $6, $5) on conflict (account_id, code) do nothing";
    ADVANCE = "update batches set made = made + $2, wanted = wanted + 1
               where id = $1 and ready_at is null and wanted >= 0";
    SETTLE = "update batches set wanted = $2 where id = $1 and ready_at is null and wanted >= 0 and made = $2";
    DELETE_MACHINES = of_unfinished!("delete from machines where license_id in");
    DELETE_FORMS = of_unfinished!("delete from issued where license_id in");
    DELETE_LIMITS = of_unfinished!("delete from license_limits where license_id in");
    DELETE_POOLS = of_unfinished!("delete from device_pools where license_id in");
    DELETE_ENTITLEMENTS = of_unfinished!("delete from license_entitlements where license_id in");
    DELETE_ATTEMPTS = "delete from verifications where serial in
                       (select serial from verifications where account_id = $1 and user_agent = $2
                        order by serial desc limit $3)";
    DELETE_USERS = "delete from users where id in
                    (select u.id from users u where u.account_id = $1 and u.metadata = $2
                     and not exists (select 1 from licenses l where l.user_id = u.id)
                     and not exists (select 1 from tokens t where t.user_id = u.id)
                     order by u.serial desc limit $3)
                    returning account_id, id, name, email";
    DELETE_POLICY_FEATURES = "delete from policy_entitlements where policy_id in
                              (select p.id from policies p where p.account_id = $1 and p.metadata = $2
                               and not exists (select 1 from licenses l where l.policy_id = p.id))";
    DELETE_POLICIES = "delete from policies where account_id = $1 and metadata = $2
                       and not exists (select 1 from licenses l where l.policy_id = policies.id)";
    DELETE_FEATURES = "delete from entitlements where account_id = $1 and metadata = $2
                       and not exists (select 1 from license_entitlements l where l.entitlement_id = entitlements.id)
                       and not exists (select 1 from policy_entitlements p where p.entitlement_id = entitlements.id)";
}

/// What says that an import made something.
pub fn mark(batch: Uuid) -> String {
    format!("{{\"import\":\"{batch}\"}}")
}

/// What says so in an attempt to validate.
pub fn attempt_mark(batch: Uuid) -> String {
    format!("keyward import {batch}")
}

/// Asks for many values, a few at a time; the last ones are asked for more than once.
pub(crate) async fn each_of<K, T: Send>(
    db: &impl Read,
    sql: crate::Sql,
    first: Uuid,
    keys: &[K],
    map: crate::row::Map<T>,
) -> Result<Vec<T>, StoreError>
where
    for<'k> Value<'k>: From<&'k K>,
{
    let mut all = Vec::new();
    for keys in keys.chunks(AT_ONCE) {
        let Some(last) = keys.last() else { continue };
        let mut values = vec![Value::Id(first)];
        values.extend(keys.iter().map(Value::from));
        values.resize_with(AT_ONCE + 1, || Value::from(last));
        all.extend(db.all(sql, &values, map).await?);
    }
    Ok(all)
}

fn known(row: &mut Row<'_>) -> Result<Known, StoreError> {
    Ok(Known {
        id: row.take()?,
        product_id: row.take()?,
        policy_id: row.take()?,
        subject: row.take()?,
        expiry: row.take()?,
        first_activated_at: row.take()?,
        suspension_reason: row.take()?,
        user_external_id: row.take()?,
        unfinished: row.take()?,
    })
}

/// Whether any licence is here, seen or not, that a look-up by key, form or subject may find: one of the product, or of any
/// of these forms (one of them may be named more than once).
///
/// # Errors
/// When the database cannot be asked.
pub async fn any_like(
    db: &impl Read,
    account: Uuid,
    product: Uuid,
    [one, two, three]: [&str; 3],
) -> Result<bool, StoreError> {
    let found = db.one(ANY_LIKE, args![account, product, one, two, three], first::<i64>).await?;
    Ok(found.is_some())
}

/// The licences with these keys.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_digest(
    db: &impl Read,
    account: Uuid,
    digests: &[[u8; 32]],
) -> Result<Vec<([u8; 32], Known)>, StoreError> {
    each_of(db, BY_DIGEST, account, digests, |row| Ok((row.take()?, known(row)?))).await
}

/// The licences that these forms were given out for.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_form(
    db: &impl Read,
    account: Uuid,
    digests: &[[u8; 32]],
) -> Result<Vec<([u8; 32], Known)>, StoreError> {
    each_of(db, BY_FORM, account, digests, |row| Ok((row.take()?, known(row)?))).await
}

/// The licences of a product that are for these.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_subject(
    db: &impl Read,
    product: Uuid,
    subjects: &[String],
) -> Result<Vec<(String, Known)>, StoreError> {
    each_of(db, BY_SUBJECT, product, subjects, |row| Ok((row.take()?, known(row)?))).await
}

/// The licences of a product whose files are bound to these devices: the device, the name and the id of each, the oldest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn files_of_devices(
    db: &impl Read,
    product: Uuid,
    devices: &[String],
) -> Result<Vec<(String, Option<String>, Uuid)>, StoreError> {
    let read = |row: &mut Row<'_>| Ok((row.take()?, row.take()?, row.take()?));
    each_of(db, OF_DEVICE, product, devices, read).await
}

/// The customers with these ids of the vendor's own, with their ids and addresses.
///
/// # Errors
/// When the database cannot be asked.
pub async fn users_by_external_id(
    db: &impl Read,
    account: Uuid,
    ids: &[String],
) -> Result<Vec<(String, Uuid, Option<String>)>, StoreError> {
    let read = |row: &mut Row<'_>| Ok((row.take()?, row.take()?, row.take()?));
    each_of(db, USERS_BY_EXTERNAL_ID, account, ids, read).await
}

/// The customers with these addresses, with their ids and the vendor's own ids.
///
/// # Errors
/// When the database cannot be asked.
pub async fn users_by_email(
    db: &impl Read,
    account: Uuid,
    emails: &[String],
) -> Result<Vec<(String, Uuid, Option<String>)>, StoreError> {
    let read = |row: &mut Row<'_>| Ok((row.take()?, row.take()?, row.take()?));
    each_of(db, USERS_BY_EMAIL, account, emails, read).await
}

/// Adds customers of an import.
///
/// # Errors
/// `Conflict` when an id or address is taken.
pub async fn insert_users(tx: &Tx<'_>, users: &[User], mark: &str) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value<'_>>> = users
        .iter()
        .map(|user| {
            let User { id, account_id, external_id, email, name, role, banned_at, created_at } = user;
            args![
                *id,
                *account_id,
                external_id.as_deref(),
                email.as_deref(),
                name.as_deref(),
                role,
                *banned_at,
                *created_at,
                mark,
            ]
            .to_vec()
        })
        .collect();
    tx.execute_each(INSERT_USER, &rows).await?;
    terms::add(tx, Kind::Customer, users.iter().map(Found::customer)).await
}

/// The id of the feature with this code, made by an import when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn ensure_feature(tx: &Tx<'_>, wanted: &Entitlement, mark: &str) -> Result<Uuid, StoreError> {
    let Entitlement { id, account_id, code, name, created_at } = wanted;
    tx.execute(INSERT_FEATURE, args![*id, *account_id, code, name, *created_at, mark]).await?;
    Ok(entitlements::by_code(tx, *account_id, code).await?.unwrap_or(*id))
}

/// Notes that so many more licences of an import are there; also that none are, and that it goes on nevertheless. `false`
/// when its batch is gone, given up or ready.
///
/// # Errors
/// When the database refuses.
pub async fn advance(tx: &Tx<'_>, batch: Uuid, made: i64) -> Result<bool, StoreError> {
    Ok(tx.execute(ADVANCE, args![batch, made]).await? == 1)
}

/// Says how many licences a batch was to have, once that is known; `false` when it has another number, or was given up.
///
/// # Errors
/// When the database refuses.
pub async fn settle(tx: &Tx<'_>, batch: Uuid, made: i64) -> Result<bool, StoreError> {
    Ok(tx.execute(SETTLE, args![batch, made]).await? == 1)
}

/// Removes what belongs to the next `limit` licences of a batch that was not finished, before they go themselves.
///
/// # Errors
/// When the database refuses.
pub async fn delete_beside(tx: &Tx<'_>, batch: Uuid, limit: i64) -> Result<(), StoreError> {
    for statement in [DELETE_MACHINES, DELETE_FORMS, DELETE_LIMITS, DELETE_POOLS, DELETE_ENTITLEMENTS] {
        tx.execute(statement, args![batch, limit]).await?;
    }
    Ok(())
}

/// Removes what else an import made that was not finished, once its licences are gone: up to `limit` attempts and customers.
/// Says whether there may be more.
///
/// # Errors
/// When the database refuses.
pub async fn delete_made(tx: &Tx<'_>, account: Uuid, batch: Uuid, limit: i64) -> Result<bool, StoreError> {
    let (mark, attempt_mark) = (mark(batch), attempt_mark(batch));
    let attempts = tx.execute(DELETE_ATTEMPTS, args![account, &attempt_mark, limit]).await?;
    let users = tx.all(DELETE_USERS, args![account, &mark, limit], Found::customer_of).await?;
    let customers = users.len() as u64;
    terms::remove(tx, Kind::Customer, users.into_iter()).await?;
    tx.execute(DELETE_POLICY_FEATURES, args![account, &mark]).await?;
    if tx.execute(DELETE_POLICIES, args![account, &mark]).await? > 0 {
        crate::versions::raise(tx, crate::versions::CATALOG).await?;
    }
    tx.execute(DELETE_FEATURES, args![account, &mark]).await?;
    let full = u64::try_from(limit).unwrap_or(u64::MAX);
    Ok(attempts == full || customers == full)
}
