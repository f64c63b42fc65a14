//! Sessions of browsers. Only digests of their secrets are kept.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: Uuid,
    /// Whose account it is in.
    pub account_id: Uuid,
    /// The look-up digest of its cookie.
    pub digest: Vec<u8>,
    /// The digest of its CSRF token.
    pub csrf_digest: Vec<u8>,
    /// Who signed in.
    pub user_id: Option<Uuid>,
    /// With which token it was opened.
    pub token_id: Option<Uuid>,
    /// From where.
    pub address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_seen_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Whether it waits for the second factor, and lets nobody in until then.
    pub pending: bool,
}

macro_rules! columns {
    () => {
        "id, account_id, digest, csrf_digest, user_id, token_id, address, user_agent, created_at, last_seen_at,
         expires_at, pending"
    };
}

statements! {
    INSERT = concat!("insert into sessions (", columns!(), ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
    BY_DIGEST = concat!("select ", columns!(), " from sessions where digest = $1 and expires_at > $2");
    TOUCH = "update sessions set last_seen_at = $2, expires_at = $3 where id = $1 and expires_at > $2";
    DELETE = "delete from sessions where id = $1";
    OF_USER = concat!("select ", columns!(), " from sessions where user_id = $1 and expires_at > $2 order by serial desc");
    DELETE_OF_USER = "delete from sessions where user_id = $1 and id <> $2";
    DELETE_OF_TOKEN = "delete from sessions where token_id = $1";
    DELETE_EXPIRED = "delete from sessions where expires_at <= $1";
}

fn read(row: &mut Row<'_>) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.take()?,
        account_id: row.take()?,
        digest: row.take()?,
        csrf_digest: row.take()?,
        user_id: row.take()?,
        token_id: row.take()?,
        address: row.take()?,
        user_agent: row.take()?,
        created_at: row.take()?,
        last_seen_at: row.take()?,
        expires_at: row.take()?,
        pending: row.take()?,
    })
}

/// Opens a session.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, session: &Session) -> Result<(), StoreError> {
    let values = args![
        session.id,
        session.account_id,
        &session.digest,
        &session.csrf_digest,
        session.user_id,
        session.token_id,
        session.address.as_deref(),
        session.user_agent.as_deref(),
        session.created_at,
        session.last_seen_at,
        session.expires_at,
        session.pending,
    ];
    tx.execute(INSERT, values).await.map(drop)
}

/// A session that is good now, by the digest of its cookie.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_digest(
    db: &impl Read,
    digest: &[u8; 32],
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    db.one(BY_DIGEST, args![digest, now], read).await
}

/// Notes that a session was used, and until when it is good from now on. One that is over stays over.
///
/// # Errors
/// When the database refuses.
pub async fn touch(tx: &Tx<'_>, id: Uuid, now: Timestamp, expires_at: Timestamp) -> Result<(), StoreError> {
    tx.execute(TOUCH, args![id, now, expires_at]).await.map(drop)
}

/// Ends a session; `false` when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn delete(tx: &Tx<'_>, id: Uuid) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE, args![id]).await? == 1)
}

/// Sessions of somebody that are good now, the newest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_user(db: &impl Read, user: Uuid, now: Timestamp) -> Result<Vec<Session>, StoreError> {
    db.all(OF_USER, args![user, now], read).await
}

/// Ends all sessions of somebody but one, and says how many; the nil id stands for none.
///
/// # Errors
/// When the database refuses.
pub async fn delete_of_user(tx: &Tx<'_>, user: Uuid, but: Uuid) -> Result<u64, StoreError> {
    tx.execute(DELETE_OF_USER, args![user, but]).await
}

/// Ends the sessions that were opened with a token, and says how many.
///
/// # Errors
/// When the database refuses.
pub async fn delete_of_token(tx: &Tx<'_>, token: Uuid) -> Result<u64, StoreError> {
    tx.execute(DELETE_OF_TOKEN, args![token]).await
}

/// Removes sessions whose time is over, and says how many.
///
/// # Errors
/// When the database refuses.
pub async fn delete_expired(tx: &Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(DELETE_EXPIRED, args![now]).await
}
