//! Answers by `Idempotency-Key`: written in the transaction of the change they answer.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

/// What a key is unique in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The account.
    pub account_id: Uuid,
    /// The token's id, or `anonymous`.
    pub bearer: String,
    /// Method and route.
    pub route: String,
    /// The key itself.
    pub key: String,
}

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// SHA-256 of the body.
    pub body_digest: [u8; 32],
    /// The answer's status and text; `None` while it is being made.
    pub answer: Option<(u32, String)>,
}

statements! {
    BEGIN = "insert into idempotency (account_id, bearer, route, key, body_digest, created_at)
             values ($1, $2, $3, $4, $5, $6) on conflict (account_id, bearer, route, key) do nothing";
    GET = "select body_digest, status, answer from idempotency
           where account_id = $1 and bearer = $2 and route = $3 and key = $4";
    FINISH = "update idempotency set status = $5, answer = $6
              where account_id = $1 and bearer = $2 and route = $3 and key = $4";
    FORGET = "delete from idempotency where account_id = $1 and bearer = $2 and route = $3 and key = $4";
    DELETE_OLD = "delete from idempotency where (account_id, bearer, route, key) in
                    (select account_id, bearer, route, key from idempotency where created_at < $1
                     order by created_at limit $2)";
}

/// Takes the key; `false` when it is taken. On PostgreSQL a second transaction waits here until the first one ends.
///
/// # Errors
/// When the database refuses.
pub async fn begin(
    tx: &Tx<'_>,
    scope: &Scope,
    body_digest: &[u8; 32],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Scope { account_id, bearer, route, key } = scope;
    Ok(tx.execute(BEGIN, args![*account_id, bearer, route, key, body_digest, now]).await? == 1)
}

/// What is kept under a key.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(db: &impl Read, scope: &Scope) -> Result<Option<Kept>, StoreError> {
    let Scope { account_id, bearer, route, key } = scope;
    db.one(GET, args![*account_id, bearer, route, key], kept).await
}

fn kept(row: &mut Row<'_>) -> Result<Kept, StoreError> {
    let body_digest = row.take()?;
    let (status, text): (Option<u32>, Option<String>) = (row.take()?, row.take()?);
    Ok(Kept { body_digest, answer: status.zip(text) })
}

/// Keeps the answer.
///
/// # Errors
/// When the database refuses.
pub async fn finish(tx: &Tx<'_>, scope: &Scope, status: u16, answer: &str) -> Result<(), StoreError> {
    let Scope { account_id, bearer, route, key } = scope;
    let values = args![*account_id, bearer, route, key, u32::from(status), answer];
    tx.execute(FINISH, values).await.map(drop)
}

/// Gives a key back: its request is to be done anew when it is repeated.
///
/// # Errors
/// When the database refuses.
pub async fn forget(tx: &Tx<'_>, scope: &Scope) -> Result<(), StoreError> {
    let Scope { account_id, bearer, route, key } = scope;
    tx.execute(FORGET, args![*account_id, bearer, route, key]).await.map(drop)
}

/// Forgets what is older than `before`, so many at the most, and says how many.
///
/// # Errors
/// When the database refuses.
pub async fn delete_old(tx: &Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    tx.execute(DELETE_OLD, args![before, limit]).await
}
