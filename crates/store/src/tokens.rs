//! Tokens: who may call. Only their digests are kept.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub account_id: Uuid,
    /// What its text begins with.
    pub kind: String,
    /// What its bearer may do.
    pub role: Option<String>,
    /// A name for people.
    pub name: String,
    /// The look-up digest of its text.
    pub digest: Vec<u8>,
    /// The last four characters of its text.
    pub hint: String,
    /// The installation it is bound to (system E).
    pub installation_id: Option<Uuid>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "id, account_id, kind, role, name, digest, hint, installation_id, created_at, expires_at, revoked_at,
         last_used_at"
    };
}

/// A page through the index of what is asked for, so that few among many are found as fast.
macro_rules! before {
    ($and:literal) => {
        concat!(
            "select serial, ",
            columns!(),
            " from tokens where account_id = $1 and serial < $2",
            $and,
            " order by serial desc limit $3"
        )
    };
}

statements! {
    INSERT = concat!("insert into tokens (", columns!(), ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
    BY_DIGEST = concat!("select ", columns!(), " from tokens where digest = $1");
    BY_ID = concat!("select ", columns!(), " from tokens where id = $1");
    OF_ACCOUNT = concat!("select ", columns!(), " from tokens where account_id = $1 order by serial");
    TOKENS_BEFORE = before!("");
    TOKENS_OPEN_BEFORE = before!(" and revoked_at is null");
    TOKENS_REVOKED_BEFORE = before!(" and revoked_at is not null");
    TOKENS_OF_KIND_BEFORE = before!(" and kind = $4");
    TOKENS_OPEN_OF_KIND_BEFORE = before!(" and kind = $4 and revoked_at is null");
    TOKENS_REVOKED_OF_KIND_BEFORE = before!(" and kind = $4 and revoked_at is not null");
    NAMES = "select id, name from tokens where account_id = $1 and id in ($2, $3, $4, $5, $6, $7, $8, $9)";
    REVOKE = "update tokens set revoked_at = $2 where id = $1 and revoked_at is null";
    TOUCH = "update tokens set last_used_at = $2 where id = $1";
}

fn read(row: &mut Row<'_>) -> Result<Token, StoreError> {
    Ok(Token {
        id: row.take()?,
        account_id: row.take()?,
        kind: row.take()?,
        role: row.take()?,
        name: row.take()?,
        digest: row.take()?,
        hint: row.take()?,
        installation_id: row.take()?,
        created_at: row.take()?,
        expires_at: row.take()?,
        revoked_at: row.take()?,
        last_used_at: row.take()?,
    })
}

/// Adds a token.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, token: &Token) -> Result<(), StoreError> {
    let values = args![
        token.id,
        token.account_id,
        &token.kind,
        token.role.as_deref(),
        &token.name,
        &token.digest,
        &token.hint,
        token.installation_id,
        token.created_at,
        token.expires_at,
        token.revoked_at,
        token.last_used_at,
    ];
    tx.execute(INSERT, values).await.map(drop)
}

/// A token by the digest of its text.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_digest(db: &impl Read, digest: &[u8; 32]) -> Result<Option<Token>, StoreError> {
    db.keyed(BY_DIGEST, args![digest], read).await
}

/// A token by its id.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_id(db: &impl Read, id: Uuid) -> Result<Option<Token>, StoreError> {
    db.one(BY_ID, args![id], read).await
}

/// All tokens of an account, the oldest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_account(db: &impl Read, account: Uuid) -> Result<Vec<Token>, StoreError> {
    db.all(OF_ACCOUNT, args![account], read).await
}

/// Tokens whose names one question asks for.
const NAMES_AT_ONCE: usize = 8;

/// The names of tokens, by their ids; those that are not there are left out.
///
/// # Errors
/// When the database cannot be asked.
pub async fn names(db: &impl Read, account: Uuid, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>, StoreError> {
    let mut names = Vec::with_capacity(ids.len());
    for some in ids.chunks(NAMES_AT_ONCE) {
        // The last question is filled up with an id that nobody has.
        let id = |at: usize| some.get(at).copied().unwrap_or_default();
        let values = args![account, id(0), id(1), id(2), id(3), id(4), id(5), id(6), id(7)];
        names.extend(db.all(NAMES, values, |row| Ok((row.take()?, row.take()?))).await?);
    }
    Ok(names)
}

/// Which tokens of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    /// What their texts begin with.
    pub kind: Option<&'a str>,
    /// Whether they are revoked.
    pub revoked: Option<bool>,
}

/// The newest tokens made before the one of a serial, with their serials.
///
/// # Errors
/// When the database cannot be asked.
pub async fn before(
    db: &impl Read,
    account: Uuid,
    filter: Filter<'_>,
    before: i64,
    limit: i64,
) -> Result<Vec<(i64, Token)>, StoreError> {
    let statement = match (filter.kind, filter.revoked) {
        (None, None) => TOKENS_BEFORE,
        (None, Some(false)) => TOKENS_OPEN_BEFORE,
        (None, Some(true)) => TOKENS_REVOKED_BEFORE,
        (Some(_), None) => TOKENS_OF_KIND_BEFORE,
        (Some(_), Some(false)) => TOKENS_OPEN_OF_KIND_BEFORE,
        (Some(_), Some(true)) => TOKENS_REVOKED_OF_KIND_BEFORE,
    };
    let mut values = args![account, before, limit].to_vec();
    values.extend(filter.kind.map(Into::into));
    db.all(statement, &values, |row| Ok((row.take()?, read(row)?))).await
}

/// Revokes a token; `false` when there is none, or it is revoked.
///
/// # Errors
/// When the database refuses.
pub async fn revoke(tx: &Tx<'_>, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(REVOKE, args![id, now]).await? == 1)
}

/// Notes that a token was used.
///
/// # Errors
/// When the database refuses.
pub async fn touch(tx: &Tx<'_>, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(TOUCH, args![id, now]).await.map(drop)
}
