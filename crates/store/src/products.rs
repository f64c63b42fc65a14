//! Products.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx};

/// What a vendor sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub account_id: Uuid,
    /// Its short name, unique in the account.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What its `tier` keys begin with.
    pub key_prefix: Option<String>,
    /// JSON.
    pub metadata: String,
    /// When it was made.
    pub created_at: Timestamp,
}

statements! {
    INSERT = "insert into products (id, account_id, code, name, key_prefix, metadata, created_at)
              values ($1, $2, $3, $4, $5, $6, $7) on conflict (account_id, code) do nothing";
    ALL_PRODUCTS = "select id, account_id, code, name, key_prefix, metadata, created_at from products
                    order by serial";
    SET_KEY_PREFIX = "update products set key_prefix = $2 where id = $1";
}

fn read(row: &mut Row<'_>) -> Result<Product, StoreError> {
    Ok(Product {
        id: row.take()?,
        account_id: row.take()?,
        code: row.take()?,
        name: row.take()?,
        key_prefix: row.take()?,
        metadata: row.take()?,
        created_at: row.take()?,
    })
}

/// Adds a product; `false` when its code is taken.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, product: &Product) -> Result<bool, StoreError> {
    let Product { id, account_id, code, name, key_prefix, metadata, created_at } = product;
    let values = args![*id, *account_id, code, name, key_prefix.as_deref(), metadata, *created_at];
    Ok(tx.execute(INSERT, values).await? == 1)
}

/// All products of all accounts, the oldest first: they are few.
///
/// # Errors
/// When the database cannot be asked.
pub async fn all(db: &impl Read) -> Result<Vec<Product>, StoreError> {
    db.all(ALL_PRODUCTS, &[], read).await
}

/// Sets what the tiered keys of a product begin with; `false` when there is no such product.
///
/// # Errors
/// When the database refuses.
pub async fn set_key_prefix(tx: &Tx<'_>, id: Uuid, prefix: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_KEY_PREFIX, args![id, prefix]).await? == 1)
}
