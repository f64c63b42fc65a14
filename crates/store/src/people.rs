//! The people of the console: users with a role other than `user`, who sign in with a password.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// His id: that of a user.
    pub id: Uuid,
    /// Whose account he works for.
    pub account_id: Uuid,
    /// His address, by which he signs in.
    pub email: String,
    /// His name.
    pub name: Option<String>,
    /// What he may do.
    pub role: String,
    /// The hash of his password (PHC string format).
    pub password_hash: Option<String>,
    /// The sealed secret of his second factor.
    pub totp_sealed: Option<Vec<u8>>,
    /// When he was locked out.
    pub banned_at: Option<Timestamp>,
    /// When he came.
    pub created_at: Timestamp,
}

macro_rules! columns {
    () => {
        "id, account_id, email, name, role, password_hash, totp_sealed, banned_at, created_at"
    };
}

statements! {
    PUT = "insert into users (id, account_id, email, name, role, password_hash, created_at, metadata)
           values ($1, $2, $3, $4, $5, $6, $7, '{}')
           on conflict (account_id, email) do update
             set name = coalesce(excluded.name, users.name), role = excluded.role,
                 password_hash = excluded.password_hash, totp_sealed = null, totp_step = null, banned_at = null
             where users.role = 'user'
           returning id";
    BY_ID = concat!("select ", columns!(), " from users where id = $1 and role <> 'user'");
    BY_EMAIL = concat!("select ", columns!(), " from users where account_id = $1 and email = $2 and role <> 'user'");
    OF_ACCOUNT = concat!("select ", columns!(), " from users where account_id = $1 and role <> 'user' order by serial");
    ANY = "select id from users where account_id = $1 and role <> 'user' limit 1";
    SET_PASSWORD = "update users set password_hash = $2 where id = $1 and role <> 'user'";
    SET_TOTP = "update users set totp_sealed = $2, totp_step = null where id = $1 and role <> 'user'";
    USE_STEP = "update users set totp_step = $2 where id = $1 and (totp_step is null or totp_step < $2)";
    SET_ROLE = "update users set role = $3 where id = $1 and role = $2 and role <> 'user'";
    // That they are no customers is what the index of people is found by.
    LOCK_ADMINS = "update users set role = role
                   where account_id = $1 and role <> 'user' and role = 'admin' and banned_at is null
                   returning id";
}

fn read(row: &mut Row<'_>) -> Result<Person, StoreError> {
    Ok(Person {
        id: row.take()?,
        account_id: row.take()?,
        email: row.take::<Option<String>>()?.unwrap_or_default(),
        name: row.take()?,
        role: row.take()?,
        password_hash: row.take()?,
        totp_sealed: row.take()?,
        banned_at: row.take()?,
        created_at: row.take()?,
    })
}

/// Adds somebody, or makes a customer of this address one of the people; `None` when he is one already. The id is that of
/// the row.
///
/// # Errors
/// When the database refuses.
pub async fn put(tx: &Tx<'_>, person: &Person) -> Result<Option<Uuid>, StoreError> {
    let values = args![
        person.id,
        person.account_id,
        &person.email,
        person.name.as_deref(),
        &person.role,
        person.password_hash.as_deref(),
        person.created_at,
    ];
    tx.one(PUT, values, crate::row::first).await
}

/// Somebody by his id.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_id(db: &impl Read, id: Uuid) -> Result<Option<Person>, StoreError> {
    db.one(BY_ID, args![id], read).await
}

/// Somebody by his address.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_email(db: &impl Read, account: Uuid, email: &str) -> Result<Option<Person>, StoreError> {
    db.one(BY_EMAIL, args![account, email], read).await
}

/// Everybody, in the order in which they came.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_account(db: &impl Read, account: Uuid) -> Result<Vec<Person>, StoreError> {
    db.all(OF_ACCOUNT, args![account], read).await
}

/// Whether there is anybody.
///
/// # Errors
/// When the database cannot be asked.
pub async fn any(db: &impl Read, account: Uuid) -> Result<bool, StoreError> {
    Ok(db.one(ANY, args![account], crate::row::first::<Uuid>).await?.is_some())
}

/// Changes the hash of a password; without one nobody knows it. `false` when there is no such person.
///
/// # Errors
/// When the database refuses.
pub async fn set_password(tx: &Tx<'_>, id: Uuid, hash: Option<&str>) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_PASSWORD, args![id, hash]).await? == 1)
}

/// Sets or drops the sealed secret of the second factor; `false` when there is no such person.
///
/// # Errors
/// When the database refuses.
pub async fn set_totp(tx: &Tx<'_>, id: Uuid, sealed: Option<&[u8]>) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_TOTP, args![id, sealed]).await? == 1)
}

/// Uses up a step of the second factor; `false` when it, or a later one, was used before.
///
/// # Errors
/// When the database refuses.
pub async fn use_step(tx: &Tx<'_>, id: Uuid, step: i64) -> Result<bool, StoreError> {
    Ok(tx.execute(USE_STEP, args![id, step]).await? == 1)
}

/// Changes what somebody may do; `false` when there is no such person, or he may something else than before by now.
///
/// # Errors
/// When the database refuses.
pub async fn set_role(tx: &Tx<'_>, id: Uuid, before: &str, role: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_ROLE, args![id, before, role]).await? == 1)
}

/// The administrators who can sign in; until the transaction ends nobody else takes their role away.
///
/// # Errors
/// When the database refuses.
pub async fn lock_admins(tx: &Tx<'_>, account: Uuid) -> Result<Vec<Uuid>, StoreError> {
    tx.all(LOCK_ADMINS, args![account], crate::row::first).await
}
