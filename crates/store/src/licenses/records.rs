//! Licences that are for somebody named (system A's clients), page by page, the newest first.

use uuid::Uuid;

use super::{Found, found};
use crate::sql::{args, statements};
use crate::{Read, Row, StoreError};

/// Whom a licence is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The number of its row.
    pub serial: i64,
    /// Whom it is for.
    pub subject: String,
}

statements! {
    BY_SERIAL = found!("l.serial = $1 and l.product_id = $2 and l.scheme = $3 and l.subject is not null");
    BEFORE = concat!(
        found!("l.product_id = $1 and l.scheme = $2 and l.subject is not null and l.serial < $3"),
        " order by l.serial desc limit $4"
    );
    SUBJECTS_BEFORE = "select serial, subject from licenses
                       where product_id = $1 and scheme = $2 and subject is not null and serial < $3
                       order by serial desc limit $4";
}

fn subject(row: &mut Row<'_>) -> Result<Subject, StoreError> {
    Ok(Subject { serial: row.take()?, subject: row.take()? })
}

/// A licence of a product by the number of its row.
///
/// # Errors
/// When the database cannot be asked.
pub async fn record_by_serial(
    db: &impl Read,
    product: Uuid,
    scheme: &str,
    serial: i64,
) -> Result<Option<Found>, StoreError> {
    db.one(BY_SERIAL, args![serial, product, scheme], found).await
}

/// Licences of a product whose rows are older than one, the newest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn records_before(
    db: &impl Read,
    product: Uuid,
    scheme: &str,
    serial: i64,
    limit: i64,
) -> Result<Vec<Found>, StoreError> {
    db.all(BEFORE, args![product, scheme, serial, limit], found).await
}

/// Whom the licences of a product are for whose rows are older than one, the newest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn subjects_before(
    db: &impl Read,
    product: Uuid,
    scheme: &str,
    serial: i64,
    limit: i64,
) -> Result<Vec<Subject>, StoreError> {
    db.all(SUBJECTS_BEFORE, args![product, scheme, serial, limit], subject).await
}
