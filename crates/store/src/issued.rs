//! Forms given out for a licence beside its key, and those that others took the place of.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::row::first;
use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx, Value};

/// A form that was given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub account_id: Uuid,
    /// For which licence.
    pub license_id: Uuid,
    /// Its form.
    pub scheme: String,
    /// The text, sealed.
    pub form_sealed: Vec<u8>,
    /// The look-up digest of the text.
    pub digest: Vec<u8>,
    /// Its last four characters.
    pub hint: Option<String>,
    /// The key that signed it.
    pub signing_key_id: Option<Uuid>,
    /// The device it is bound to.
    pub device: Option<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// What it says of its end.
    pub expires_at: Option<Timestamp>,
    /// When a newer form took its place.
    pub superseded_at: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "id, account_id, license_id, scheme, form_sealed, digest, hint, signing_key_id, device, issued_at,
         expires_at, superseded_at"
    };
}

statements! {
    INSERT = concat!("insert into issued (", columns!(), ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
              on conflict do nothing");
    LICENSE_BY_DIGEST = "select license_id from issued where account_id = $1 and digest = $2";
    OF_LICENSE = concat!("select ", columns!(), " from issued where license_id = $1
                         order by superseded_at is null, issued_at, serial");
    SUPERSEDE = "update issued set superseded_at = $2 where license_id = $1 and superseded_at is null";
}

fn read(row: &mut Row<'_>) -> Result<Issued, StoreError> {
    Ok(Issued {
        id: row.take()?,
        account_id: row.take()?,
        license_id: row.take()?,
        scheme: row.take()?,
        form_sealed: row.take()?,
        digest: row.take()?,
        hint: row.take()?,
        signing_key_id: row.take()?,
        device: row.take()?,
        issued_at: row.take()?,
        expires_at: row.take()?,
        superseded_at: row.take()?,
    })
}

fn values(form: &Issued) -> Vec<Value<'_>> {
    args![
        form.id,
        form.account_id,
        form.license_id,
        &form.scheme,
        &form.form_sealed,
        &form.digest,
        form.hint.as_deref(),
        form.signing_key_id,
        form.device.as_deref(),
        form.issued_at,
        form.expires_at,
        form.superseded_at,
    ]
    .to_vec()
}

/// Adds a form; `false` when the same text was given out before.
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &Tx<'_>, form: &Issued) -> Result<bool, StoreError> {
    Ok(tx.execute(INSERT, &values(form)).await? == 1)
}

/// Adds many forms and says how many: those that were given out before are left out.
///
/// # Errors
/// When the database refuses.
pub async fn insert_all(tx: &Tx<'_>, forms: &[Issued]) -> Result<u64, StoreError> {
    let rows: Vec<_> = forms.iter().map(values).collect();
    tx.execute_each(INSERT, &rows).await
}

/// The licence that a form was given out for, however old the form is.
///
/// # Errors
/// When the database cannot be asked.
pub async fn license_by_digest(
    db: &impl Read,
    account: Uuid,
    digest: &[u8; 32],
) -> Result<Option<Uuid>, StoreError> {
    db.keyed(LICENSE_BY_DIGEST, args![account, digest], first).await
}

/// The forms of a licence, the oldest first; the one that no other took the place of is the last.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_license(db: &impl Read, license: Uuid) -> Result<Vec<Issued>, StoreError> {
    db.all(OF_LICENSE, args![license], read).await
}

/// Notes that a newer form takes the place of those given out so far, and says of how many.
///
/// # Errors
/// When the database refuses.
pub async fn supersede(tx: &Tx<'_>, license: Uuid, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(SUPERSEDE, args![license, now]).await
}
