//! Signing keys and shared secrets of products and accounts, sealed.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub account_id: Uuid,
    /// The product it signs for; `None` is the whole account.
    pub product_id: Option<Uuid>,
    /// `ed25519`, `rsa`, `hmac`.
    pub algorithm: String,
    /// `active`, `verify_only`, `retired`.
    pub state: String,
    /// Its public half, PEM.
    pub public_key: Option<String>,
    /// Its private half or the secret, sealed; `None` when only the public half is known.
    pub private_sealed: Option<Vec<u8>>,
    /// Whether it was made elsewhere.
    pub imported: bool,
    /// When it was made or taken in.
    pub created_at: Timestamp,
    /// When it was retired.
    pub retired_at: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "id, account_id, product_id, algorithm, state, public_key, private_sealed, imported, created_at, retired_at"
    };
}

statements! {
    INSERT = concat!("insert into signing_keys (", columns!(), ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
    ALL_KEYS = concat!("select ", columns!(), " from signing_keys order by serial");
    SET_STATE = "update signing_keys set state = $2, retired_at = $3 where id = $1";
    DELETE = "delete from signing_keys where id = $1";
    LOCK_PRODUCT = "update products set metadata = metadata where id = $1";
    LOCK_ACCOUNT = "update accounts set name = name where id = $1";
}

fn read(row: &mut Row<'_>) -> Result<SigningKey, StoreError> {
    Ok(SigningKey {
        id: row.take()?,
        account_id: row.take()?,
        product_id: row.take()?,
        algorithm: row.take()?,
        state: row.take()?,
        public_key: row.take()?,
        private_sealed: row.take()?,
        imported: row.take()?,
        created_at: row.take()?,
        retired_at: row.take()?,
    })
}

/// Lets one transaction at a time decide on the keys of a product or account: the first use makes a key, once.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &Tx<'_>, account: Uuid, product: Option<Uuid>) -> Result<(), StoreError> {
    match product {
        Some(product) => tx.execute(LOCK_PRODUCT, args![product]).await.map(drop),
        None => tx.execute(LOCK_ACCOUNT, args![account]).await.map(drop),
    }
}

/// Adds a key.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, key: &SigningKey) -> Result<(), StoreError> {
    let values = args![
        key.id,
        key.account_id,
        key.product_id,
        &key.algorithm,
        &key.state,
        key.public_key.as_deref(),
        key.private_sealed.as_deref(),
        key.imported,
        key.created_at,
        key.retired_at,
    ];
    tx.execute(INSERT, values).await.map(drop)
}

/// All keys of all accounts, the oldest first: they are few.
///
/// # Errors
/// When the database cannot be asked.
pub async fn all(db: &impl Read) -> Result<Vec<SigningKey>, StoreError> {
    db.all(ALL_KEYS, &[], read).await
}

/// Changes what a key may do; `false` when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn set_state(
    tx: &Tx<'_>,
    id: Uuid,
    state: &str,
    retired_at: Option<Timestamp>,
) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_STATE, args![id, state, retired_at]).await? == 1)
}

/// Removes a key that nothing was signed with; `false` when there is none.
///
/// # Errors
/// `Database` when something refers to it.
pub async fn delete(tx: &Tx<'_>, id: Uuid) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE, args![id]).await? == 1)
}
