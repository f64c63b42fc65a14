//! What a person looks for in one line. Of each way to find something so many licences are looked at only, however many there
//! are: whoever finds too many types more.

use uuid::Uuid;

use super::{Filter, Listed, behind, listed};
use crate::row::first;
use crate::sql::{args, statements};
use crate::{Read, StoreError};

/// Licences that each way to find some looks at.
pub const EACH: i64 = 1_000;

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
                 where t.account_id = $1 and t.term >= $11 and t.term < $12 limit $20) one
               union select serial from (select l.serial from user_terms t join licenses l on l.user_id = t.user_id
                 where t.account_id = $1 and t.term >= $11 and t.term < $12 limit $20) two
               union select serial from (select serial from licenses
                 where lower(subject) >= $15 and lower(subject) < $16 and subject is not null limit $20) three
               union select serial from (select l.serial from users u join licenses l on l.user_id = u.id
                 where u.account_id = $1 and u.external_id >= $13 and u.external_id < $14 limit $20) four
               union select serial from (select l.serial from users u join licenses l on l.user_id = u.id
                 where u.account_id = $1 and u.email >= $15 and u.email < $16 limit $20) five
               union select serial from (select serial from licenses
                 where key_hint = $17 and key_hint is not null limit $20) six
               union select serial from (select l.serial from machines m join licenses l on l.id = m.license_id
                 where m.fingerprint >= $13 and m.fingerprint < $14 limit $20) seven)
             and serial < $9 and (cast($18 as bigint) is null or expiry >= $18 and expiry <= $19) and ", wanted!(),
            " order by serial desc limit $10"),
        "l.serial desc");
    MOST_OF_A_WAY = "select max(n) from (
        select count(*) as n from (select 1 from license_terms t
          where t.account_id = $1 and t.term >= $2 and t.term < $3 limit $8) one
        union all select count(*) from (select 1 from user_terms t join licenses l on l.user_id = t.user_id
          where t.account_id = $1 and t.term >= $2 and t.term < $3 limit $8) two
        union all select count(*) from (select 1 from licenses
          where lower(subject) >= $6 and lower(subject) < $7 and subject is not null limit $8) three
        union all select count(*) from (select 1 from users u join licenses l on l.user_id = u.id
          where u.account_id = $1 and u.external_id >= $4 and u.external_id < $5 limit $8) four
        union all select count(*) from (select 1 from users u join licenses l on l.user_id = u.id
          where u.account_id = $1 and u.email >= $6 and u.email < $7 limit $8) five
        union all select count(*) from (select 1 from machines m
          where m.fingerprint >= $4 and m.fingerprint < $5 limit $8) six) ways";
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

/// Whether there were more for one of the ways than it looks at: then some that fit may be missing.
///
/// # Errors
/// When the database cannot be asked.
pub async fn is_cut(
    db: &impl Read,
    account: Uuid,
    Sought { term, whole }: Sought<'_>,
) -> Result<bool, StoreError> {
    let small = whole.map(str::to_ascii_lowercase);
    let above = |text: Option<&str>| text.map(behind);
    let (above_term, above_whole, above_small) = (above(term), above(whole), above(small.as_deref()));
    let values = args![
        account,
        term,
        above_term.as_deref(),
        whole,
        above_whole.as_deref(),
        small.as_deref(),
        above_small.as_deref(),
        EACH,
    ];
    Ok(db.one(MOST_OF_A_WAY, values, first::<Option<i64>>).await?.flatten().is_some_and(|most| most >= EACH))
}
