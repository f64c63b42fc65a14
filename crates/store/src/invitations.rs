//! Invitations: links that let somebody choose a password, once. Only digests of their secrets are kept; those of links that
//! are over for a while, too, to tell them from links that nobody made.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: Uuid,
    /// To whose account.
    pub account_id: Uuid,
    /// The look-up digest of its secret.
    pub digest: Vec<u8>,
    /// For whom; without it, whoever opens it chooses an address.
    pub email: Option<String>,
    /// What he may do then.
    pub role: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// The person of the console who made it.
    pub invited_by: Option<Uuid>,
}

macro_rules! columns {
    () => {
        "id, account_id, digest, email, role, created_at, expires_at, invited_by"
    };
}

statements! {
    INSERT = concat!("insert into invitations (", columns!(), ") values ($1, $2, $3, $4, $5, $6, $7, $8)");
    BY_DIGEST = concat!("select ", columns!(), " from invitations
              where digest = $1 and used_at is null and expires_at > $2");
    WAS = concat!("select ", columns!(), " from invitations where digest = $1");
    WAITING = concat!("select ", columns!(), " from invitations
              where account_id = $1 and used_at is null and expires_at > $2 order by serial desc limit $3");
    WITHDRAW = concat!("update invitations set used_at = $3
              where account_id = $1 and id = $2 and used_at is null and expires_at > $3 returning ", columns!());
    TAKE = concat!("update invitations set used_at = $2
              where digest = $1 and used_at is null and expires_at > $2 returning ", columns!());
    END_OF_EMAIL = "update invitations set used_at = $3 where account_id = $1 and email = $2 and used_at is null";
    END_OPEN = "update invitations set used_at = $2 where account_id = $1 and email is null and used_at is null";
    DELETE_OLD = "delete from invitations where expires_at <= $1";
}

fn read(row: &mut Row<'_>) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: row.take()?,
        account_id: row.take()?,
        digest: row.take()?,
        email: row.take()?,
        role: row.take()?,
        created_at: row.take()?,
        expires_at: row.take()?,
        invited_by: row.take()?,
    })
}

/// Adds an invitation.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, invitation: &Invitation) -> Result<(), StoreError> {
    let Invitation { id, account_id, digest, email, role, created_at, expires_at, invited_by } = invitation;
    let values =
        args![*id, *account_id, digest, email.as_deref(), role, *created_at, *expires_at, *invited_by];
    tx.execute(INSERT, values).await.map(drop)
}

/// One that is good now.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_digest(
    db: &impl Read,
    digest: &[u8; 32],
    now: Timestamp,
) -> Result<Option<Invitation>, StoreError> {
    db.one(BY_DIGEST, args![digest, now], read).await
}

/// The newest ones that are good now: so many at the most.
///
/// # Errors
/// When the database cannot be asked.
pub async fn waiting(
    db: &impl Read,
    account: Uuid,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Invitation>, StoreError> {
    db.all(WAITING, args![account, now, limit], read).await
}

/// Ends one that is good now, by its id.
///
/// # Errors
/// When the database refuses.
pub async fn withdraw(
    tx: &Tx<'_>,
    account: Uuid,
    id: Uuid,
    now: Timestamp,
) -> Result<Option<Invitation>, StoreError> {
    tx.one(WITHDRAW, args![account, id, now], read).await
}

/// Whether there is or was one, good or not, as long as it is remembered.
///
/// # Errors
/// When the database cannot be asked.
pub async fn was(db: &impl Read, digest: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(db.one(WAS, args![digest], read).await?.is_some())
}

/// Uses one that is good now: it is over then.
///
/// # Errors
/// When the database refuses.
pub async fn take(tx: &Tx<'_>, digest: &[u8; 32], now: Timestamp) -> Result<Option<Invitation>, StoreError> {
    tx.one(TAKE, args![digest, now], read).await
}

/// Ends those for an address, and says how many.
///
/// # Errors
/// When the database refuses.
pub async fn end_of_email(
    tx: &Tx<'_>,
    account: Uuid,
    email: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(END_OF_EMAIL, args![account, email, now]).await
}

/// Ends those that name no address, and says how many.
///
/// # Errors
/// When the database refuses.
pub async fn end_open(tx: &Tx<'_>, account: Uuid, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(END_OPEN, args![account, now]).await
}

/// Forgets those whose time was over then, and says how many.
///
/// # Errors
/// When the database refuses.
pub async fn delete_old(tx: &Tx<'_>, before: Timestamp) -> Result<u64, StoreError> {
    tx.execute(DELETE_OLD, args![before]).await
}
