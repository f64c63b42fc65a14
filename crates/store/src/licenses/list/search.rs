//! What a person looks for in one line. Of each way to find something so many licences are looked at only, however many there
//! are: whoever finds too many types more.

use super::{Filter, Listed, behind, listed};
use crate::sql::{args, statements};
use crate::{Read, StoreError};

/// Licences that each way to find some looks at.
const EACH: i64 = 500;

/// What is looked for. What is `None` is not asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sought<'a> {
    /// The beginning of a term of a licence or of its customer ([`terms`](crate::terms)).
    pub term: Option<&'a str>,
    /// The beginning of what a licence is for, of its customer's id or address, or of a device; or the last four characters of
    /// its key.
    pub whole: Option<&'a str>,
}

statements! {
    FOUND = page!(
        concat!(
            "select serial from licenses where serial in (
               select serial from (select l.serial from license_terms t join licenses l on l.id = t.license_id
                 where t.account_id = $1 and t.term >= $10 and t.term < $11 limit $19) one
               union select serial from (select l.serial from user_terms t join licenses l on l.user_id = t.user_id
                 where t.account_id = $1 and t.term >= $10 and t.term < $11 limit $19) two
               union select serial from (select serial from licenses
                 where lower(subject) >= $14 and lower(subject) < $15 and subject is not null limit $19) three
               union select serial from (select l.serial from users u join licenses l on l.user_id = u.id
                 where u.account_id = $1 and u.external_id >= $12 and u.external_id < $13 limit $19) four
               union select serial from (select l.serial from users u join licenses l on l.user_id = u.id
                 where u.account_id = $1 and u.email >= $14 and u.email < $15 limit $19) five
               union select serial from (select serial from licenses
                 where key_hint = $16 and key_hint is not null limit $19) six
               union select serial from (select l.serial from machines m join licenses l on l.id = m.license_id
                 where m.fingerprint >= $12 and m.fingerprint < $13 limit $19) seven)
             and serial < $8 and (cast($17 as bigint) is null or expiry >= $17 and expiry <= $18) and ", wanted!(),
            " order by serial desc limit $9"),
        "l.serial desc");
}

/// Licences that are found and that a filter lets through, the newest first. A filter's customer and device are not asked.
///
/// # Errors
/// When the database cannot be asked.
pub async fn search(
    db: &impl Read,
    filter: &Filter<'_>,
    Sought { term, whole }: Sought<'_>,
) -> Result<Vec<Listed>, StoreError> {
    let before = filter.after.map_or(i64::MAX, |after| after.serial);
    let small = whole.map(str::to_ascii_lowercase);
    let above = |text: Option<&str>| text.map(behind);
    let (above_term, above_whole, above_small) = (above(term), above(whole), above(small.as_deref()));
    let mut values = filter.values();
    values.extend(
        args![
            before,
            filter.limit,
            term,
            above_term.as_deref(),
            whole,
            above_whole.as_deref(),
            small.as_deref(),
            above_small.as_deref(),
            whole.filter(|text| text.chars().count() == 4),
            filter.expiry.map(|range| range.0),
            filter.expiry.map(|range| range.1),
            EACH,
        ]
        .to_vec(),
    );
    db.all(FOUND, &values, listed).await
}
