//! Attempts to validate: not chained, kept for a while.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Map, Read, Row, StoreError, Tx, Value};

/// An attempt, or the sum of several good ones within a minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Whose licences were asked for.
    pub account_id: Uuid,
    /// The licence, when there is one.
    pub license_id: Option<Uuid>,
    /// When; of a sum, its minute.
    pub at: Timestamp,
    /// Through which front.
    pub front: String,
    /// The verdict's code.
    pub code: String,
    /// A name below the code.
    pub reason: Option<String>,
    /// How many attempts.
    pub count: i64,
    /// From where.
    pub address: Option<String>,
    /// What the caller says it is.
    pub origin: Option<String>,
    /// The caller's program.
    pub user_agent: Option<String>,
}

/// What the reason of an attempt says that was answered with yes although its code alone would be a no.
pub const ALLOWED: &str = "ALLOWED";

/// Attempts that a page looks at.
const WINDOW: i64 = 5_000;

/// Which attempts are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Whose licences were asked for.
    pub account: Uuid,
    /// On this licence alone.
    pub license: Option<Uuid>,
    /// Answered with yes, or with no; `None` is both.
    pub granted: Option<bool>,
    /// Not before.
    pub from: Timestamp,
    /// Before.
    pub to: Timestamp,
    /// Behind this one.
    pub after: Option<Place>,
    /// So many at the most.
    pub limit: i64,
}

/// A place in a list of attempts.
pub type Place = (Timestamp, i64);

/// Part of a list.
#[derive(Clone, Debug)]
pub struct Part {
    /// The attempts with their places, the newest first.
    pub rows: Vec<(Place, Verification)>,
    /// The last one that was looked at, where there may be more behind it although there was room for them.
    pub looked_to: Option<Place>,
}

macro_rules! columns {
    () => {
        "account_id, license_id, at, front, code, reason, count, address, origin, user_agent"
    };
}

// What is wanted of the attempts between two places.
macro_rules! wanted {
    () => {
        "at >= $2 and at < $3 and (at < $4 or at = $4 and serial < $5) and (at > $6 or serial >= $7)
         and account_id = $1
         and coalesce(cast($8 as bigint) = case when code in ('VALID', 'GRACE_PERIOD', 'TRIAL') or reason = 'ALLOWED' then 1 else 0 end, true)
         order by at desc, serial desc limit $9"
    };
}

statements! {
    INSERT = concat!("insert into verifications (", columns!(), ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
    OF_LICENSE = concat!("select ", columns!(), " from verifications where license_id = $1
                  order by at desc, serial desc limit $2");
    LATEST = concat!("select ", columns!(), " from verifications where account_id = $1
              order by serial desc limit $2");
    ATTEMPTS = concat!("select serial, ", columns!(), " from verifications where ", wanted!());
    ATTEMPTS_ON = concat!("select serial, ", columns!(), " from verifications where license_id = $10 and ", wanted!());
    ATTEMPTS_TO = "select at, serial from verifications
               where at >= $1 and at < $2 and (at < $3 or at = $3 and serial < $4)
               order by at desc, serial desc limit 1 offset $5";
    ATTEMPTS_ON_TO = "select at, serial from verifications
               where license_id = $6 and at >= $1 and at < $2 and (at < $3 or at = $3 and serial < $4)
               order by at desc, serial desc limit 1 offset $5";
    DELETE_OLD = "delete from verifications where serial in
                  (select serial from verifications where at < $1 order by at limit $2)";
}

fn read(row: &mut Row<'_>) -> Result<Verification, StoreError> {
    Ok(Verification {
        account_id: row.take()?,
        license_id: row.take()?,
        at: row.take()?,
        front: row.take()?,
        code: row.take()?,
        reason: row.take()?,
        count: row.take()?,
        address: row.take()?,
        origin: row.take()?,
        user_agent: row.take()?,
    })
}

fn values(attempt: &Verification) -> Vec<Value<'_>> {
    let Verification { account_id, license_id, at, front, code, reason, count, address, origin, user_agent } =
        attempt;
    args![
        *account_id,
        *license_id,
        *at,
        front,
        code,
        reason.as_deref(),
        *count,
        address.as_deref(),
        origin.as_deref(),
        user_agent.as_deref(),
    ]
    .to_vec()
}

/// Writes attempts down.
///
/// # Errors
/// When the database refuses.
pub async fn insert_all(tx: &Tx<'_>, attempts: &[Verification]) -> Result<(), StoreError> {
    let rows: Vec<_> = attempts.iter().map(values).collect();
    tx.execute_each(INSERT, &rows).await.map(drop)
}

/// The newest attempts on a licence.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_license(db: &impl Read, license: Uuid, limit: i64) -> Result<Vec<Verification>, StoreError> {
    db.all(OF_LICENSE, args![license, limit], read).await
}

/// The newest attempts of an account.
///
/// # Errors
/// When the database cannot be asked.
pub async fn latest(db: &impl Read, account: Uuid, limit: i64) -> Result<Vec<Verification>, StoreError> {
    db.all(LATEST, args![account, limit], read).await
}

/// The next attempts of a list, the newest first: those of the next 5,000 that are wanted.
///
/// # Errors
/// When the database cannot be asked.
pub async fn page(db: &impl Read, filter: &Filter) -> Result<Part, StoreError> {
    let Filter { account, license, granted, from, to, after, limit } = *filter;
    let (at, serial) = after.unwrap_or((to, i64::MAX));
    // Those of the pages before are not even looked at.
    let to = to.min(at.plus_micros(1));
    let place: Map<Place> = |row| Ok((row.take()?, row.take()?));
    let window = WINDOW - 1;
    let last = match license {
        Some(id) => db.one(ATTEMPTS_ON_TO, args![from, to, at, serial, window, id], place).await?,
        None => db.one(ATTEMPTS_TO, args![from, to, at, serial, window], place).await?,
    };
    // Where the window ends, or the whole range does.
    let end = last.unwrap_or((from, i64::MIN));
    let granted = granted.map(i64::from);
    let found = |row: &mut Row<'_>| -> Result<(Place, Verification), StoreError> {
        let serial = row.take()?;
        let attempt = read(row)?;
        Ok(((attempt.at, serial), attempt))
    };
    let rows = match license {
        Some(id) => {
            let values = args![account, end.0, to, at, serial, end.0, end.1, granted, limit, id];
            db.all(ATTEMPTS_ON, values, found).await?
        }
        None => {
            let values = args![account, end.0, to, at, serial, end.0, end.1, granted, limit];
            db.all(ATTEMPTS, values, found).await?
        }
    };
    let is_full = rows.len() as i64 >= limit;
    Ok(Part { rows, looked_to: last.filter(|_| !is_full) })
}

/// Removes up to `limit` attempts older than `before`, and says how many.
///
/// # Errors
/// When the database refuses.
pub async fn delete_old(tx: &Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    tx.execute(DELETE_OLD, args![before, limit]).await
}
