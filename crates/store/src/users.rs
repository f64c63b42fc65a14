//! Users: customers, and later the people of the console.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: Uuid,
    /// Whose customer it is.
    pub account_id: Uuid,
    /// The vendor's own id of the customer (system C's `user_id`).
    pub external_id: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// `user`, or a role of the console.
    pub role: String,
    /// When it was banned.
    pub banned_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

macro_rules! columns {
    () => {
        "id, account_id, external_id, email, name, role, banned_at, created_at"
    };
}

statements! {
    INSERT = concat!("insert into users (", columns!(), ", metadata) values ($1, $2, $3, $4, $5, $6, $7, $8, '{}')
              on conflict do nothing");
    BY_ID = concat!("select ", columns!(), " from users where id = $1");
    BY_EXTERNAL_ID = concat!("select ", columns!(), " from users where account_id = $1 and external_id = $2");
    BY_EMAIL = concat!("select ", columns!(), " from users where account_id = $1 and email = $2");
    NEWEST_CUSTOMERS = concat!("select serial, ", columns!(), " from users
              where coalesce(account_id, account_id) = $1 and role = 'user' and serial < $2
              order by serial desc limit $3");
    FOUND_CUSTOMERS = concat!("select serial, ", columns!(), " from users where role = 'user' and serial in (
                select serial from (select serial from users where account_id = $1
                  and external_id >= $3 and external_id < $4 order by external_id limit $2) one
                union select serial from (select serial from users where account_id = $1
                  and email >= $3 and email < $4 order by email limit $2) two
                union select serial from (select serial from users where account_id = $1
                  and email >= $5 and email < $6 order by email limit $2) three
                union select serial from (select serial from users where account_id = $1 and name is not null
                  and lower(name) >= $5 and lower(name) < $6 order by lower(name) limit $2) four)
              order by serial desc limit $2");
    SET_BANNED = "update users set banned_at = $2 where id = $1";
    SET_EMAIL = "update users set email = $2 where id = $1";
}

fn read(row: &mut Row<'_>) -> Result<User, StoreError> {
    Ok(User {
        id: row.take()?,
        account_id: row.take()?,
        external_id: row.take()?,
        email: row.take()?,
        name: row.take()?,
        role: row.take()?,
        banned_at: row.take()?,
        created_at: row.take()?,
    })
}

/// Adds a user; `false` when its external id or e-mail address is taken.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, user: &User) -> Result<bool, StoreError> {
    let User { id, account_id, external_id, email, name, role, banned_at, created_at } = user;
    let values = args![
        *id,
        *account_id,
        external_id.as_deref(),
        email.as_deref(),
        name.as_deref(),
        role,
        *banned_at,
        *created_at
    ];
    Ok(tx.execute(INSERT, values).await? == 1)
}

/// A user by id.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_id(db: &impl Read, id: Uuid) -> Result<Option<User>, StoreError> {
    db.one(BY_ID, args![id], read).await
}

/// A user by the vendor's own id.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_external_id(db: &impl Read, account: Uuid, id: &str) -> Result<Option<User>, StoreError> {
    db.one(BY_EXTERNAL_ID, args![account, id], read).await
}

/// A user by e-mail address.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_email(db: &impl Read, account: Uuid, email: &str) -> Result<Option<User>, StoreError> {
    db.one(BY_EMAIL, args![account, email], read).await
}

fn with_serial(row: &mut Row<'_>) -> Result<(i64, User), StoreError> {
    Ok((row.take()?, read(row)?))
}

/// The newest customers made before the one of a serial, with their serials, the newest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn customers_before(
    db: &impl Read,
    account: Uuid,
    serial: i64,
    limit: i64,
) -> Result<Vec<(i64, User)>, StoreError> {
    db.all(NEWEST_CUSTOMERS, args![account, serial, limit], with_serial).await
}

/// Customers whose own id, address or name begins so, with their serials: so many at the most, whoever else there is.
///
/// # Errors
/// When the database cannot be asked.
pub async fn customers_like(
    db: &impl Read,
    account: Uuid,
    beginning: &str,
    limit: i64,
) -> Result<Vec<(i64, User)>, StoreError> {
    let small = beginning.to_ascii_lowercase();
    let behind = |text: &str| format!("{text}\u{10ffff}");
    let (above, small_above) = (behind(beginning), behind(&small));
    let values = args![account, limit, beginning, &above, &small, &small_above];
    db.all(FOUND_CUSTOMERS, values, with_serial).await
}

/// Bans a user or lifts the ban; `false` when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn set_banned(tx: &Tx<'_>, id: Uuid, at: Option<Timestamp>) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_BANNED, args![id, at]).await? == 1)
}

/// Changes a user's e-mail address; `false` when there is no such user.
///
/// # Errors
/// `Conflict` when it is taken.
pub async fn set_email(tx: &Tx<'_>, id: Uuid, email: Option<&str>) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_EMAIL, args![id, email]).await? == 1)
}
