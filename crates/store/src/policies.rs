//! Policies: the rules that licences follow, kept as one JSON object each.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::row::first;
use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

/// The rules of some licences of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub account_id: Uuid,
    /// Of which product.
    pub product_id: Uuid,
    /// Its short name, unique in the product: `pro`, `30`.
    pub code: String,
    /// Its name, as people see it.
    pub name: String,
    /// The form of its licences.
    pub scheme: Option<String>,
    /// Attributes and strategies, JSON.
    pub rules: String,
    /// JSON.
    pub metadata: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

macro_rules! columns {
    () => {
        "id, account_id, product_id, code, name, scheme, rules, metadata, created_at, updated_at"
    };
}

statements! {
    INSERT = concat!("insert into policies (", columns!(), ")
              values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (product_id, code) do nothing");
    ALL_POLICIES = concat!("select ", columns!(), " from policies order by serial");
    BY_ID = concat!("select ", columns!(), " from policies where id = $1");
    BY_CODE = "select id from policies where product_id = $1 and code = $2";
    RULES = "select rules from policies where id = $1";
    LOCK = "update policies set code = code where id = $1";
    SET_NAME = "update policies set name = $2, updated_at = $3 where id = $1";
    SET_RULES = "update policies set rules = $2, updated_at = $3 where id = $1";
}

fn read(row: &mut Row<'_>) -> Result<Policy, StoreError> {
    Ok(Policy {
        id: row.take()?,
        account_id: row.take()?,
        product_id: row.take()?,
        code: row.take()?,
        name: row.take()?,
        scheme: row.take()?,
        rules: row.take()?,
        metadata: row.take()?,
        created_at: row.take()?,
        updated_at: row.take()?,
    })
}

/// Adds a policy; `false` when its code is taken in the product.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, policy: &Policy) -> Result<bool, StoreError> {
    let Policy { id, account_id, product_id, code, name, scheme, rules, metadata, created_at, updated_at } =
        policy;
    let values = args![
        *id,
        *account_id,
        *product_id,
        code,
        name,
        scheme.as_deref(),
        rules,
        metadata,
        *created_at,
        *updated_at
    ];
    Ok(tx.execute(INSERT, values).await? == 1)
}

/// All policies of all accounts, the oldest first: they are few.
///
/// # Errors
/// When the database cannot be asked.
pub async fn all(db: &impl Read) -> Result<Vec<Policy>, StoreError> {
    db.all(ALL_POLICIES, &[], read).await
}

/// A policy by id.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_id(db: &impl Read, id: Uuid) -> Result<Option<Policy>, StoreError> {
    db.one(BY_ID, args![id], read).await
}

/// The id of a product's policy by its code.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_code(db: &impl Read, product: Uuid, code: &str) -> Result<Option<Uuid>, StoreError> {
    db.one(BY_CODE, args![product, code], first).await
}

/// The rules of one policy as they are now: limits are decided on these, not on a copy in memory.
///
/// # Errors
/// When the database cannot be asked.
pub async fn rules(db: &impl Read, id: Uuid) -> Result<Option<String>, StoreError> {
    db.one(RULES, args![id], first).await
}

/// Lets one transaction at a time change a policy; `false` when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &Tx<'_>, id: Uuid) -> Result<bool, StoreError> {
    Ok(tx.execute(LOCK, args![id]).await? == 1)
}

/// Changes the name of a policy; `false` when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn set_name(tx: &Tx<'_>, id: Uuid, name: &str, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_NAME, args![id, name, now]).await? == 1)
}

/// Replaces the rules of a policy; `false` when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn set_rules(tx: &Tx<'_>, id: Uuid, rules: &str, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_RULES, args![id, rules, now]).await? == 1)
}
