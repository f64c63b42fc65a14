//! Users: customers, and later the people of the console.

use std::iter;

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::terms::{self, Found, Kind};
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

/// Customers that each way to find some looks at.
const EACH: i64 = 500;

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
                union select serial from (select u.serial from user_terms t join users u on u.id = t.user_id
                  where t.account_id = $1 and t.term >= $7 and t.term < $8 order by t.term limit $2) four)
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
    let is_new = tx.execute(INSERT, values).await? == 1;
    if is_new {
        terms::add(tx, Kind::Customer, iter::once(Found::customer(user))).await?;
    }
    Ok(is_new)
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

/// Customers whose own id or address begins so, or a word of whose name does, with their serials: so many at the most, whoever else
/// there is.
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
    let words = terms::words(beginning);
    // The longest word is looked up, and the others must be there, too.
    let word = words.iter().max_by_key(|word| word.len()).map(String::as_str);
    let above_word = word.map(behind);
    let values = args![account, EACH, beginning, &above, &small, &small_above, word, above_word.as_deref(),];
    let mut found = db.all(FOUND_CUSTOMERS, values, with_serial).await?;
    found.retain(|(_, user)| is_like(user, beginning, &small, &words));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// Whether a customer's own id or address begins so, or each word is the beginning of one of the name's or address's.
fn is_like(user: &User, beginning: &str, small: &str, words: &[String]) -> bool {
    let own = terms::of_customer(user.name.as_deref(), user.email.as_deref());
    let email = user.email.as_deref().unwrap_or_default();
    user.external_id.as_deref().is_some_and(|id| id.starts_with(beginning))
        || email.starts_with(beginning)
        || email.starts_with(small)
        || !words.is_empty() && terms::hold(&own, words)
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
    let Some(user) = by_id(tx, id).await? else { return Ok(false) };
    terms::remove(tx, Kind::Customer, iter::once(Found::customer(&user))).await?;
    tx.execute(SET_EMAIL, args![id, email]).await?;
    let user = User { email: email.map(str::to_owned), ..user };
    terms::add(tx, Kind::Customer, iter::once(Found::customer(&user))).await?;
    Ok(true)
}
