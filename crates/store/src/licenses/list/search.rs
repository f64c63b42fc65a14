//! What a person looks for in one line. Of each way to find something so many licences are looked at only, however many there
//! are, and fewer for a page of one or two letters: whoever finds too many types more.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Filter, Listed, behind, listed};
use crate::imports::{self, among};
use crate::row::first;
use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Value, terms};

/// Licences that each way to find some looks at.
pub const EACH: i64 = 1_000;
/// The same for a page of what one or two letters find: much, and little is meant.
const EACH_OF_FEW_LETTERS: i64 = 250;

/// What is looked for. What is `None` is not asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sought<'a> {
    /// The beginning of a term of a licence or of its customer ([`terms`]).
    pub term: Option<&'a str>,
    /// The beginning of what a licence is for, of its customer's id or address, or of a device; or the last four characters of
    /// its key.
    pub whole: Option<&'a str>,
}

impl Sought<'_> {
    /// Whoever asks for more than a page, a file say, gets all that there is room for.
    fn each(self, limit: i64) -> i64 {
        let is_short = self.whole.is_some_and(|text| text.chars().count() < 3);
        if is_short && limit <= EACH_OF_FEW_LETTERS { EACH_OF_FEW_LETTERS } else { EACH }
    }
}

/// The licences of the first so many terms that begin so, and those of the customers of as many.
macro_rules! by_term {
    () => {
        "select serial from (select l.serial from license_terms t join licenses l on l.id = t.license_id
           where t.account_id = $1 and t.term >= $11 and t.term < $12 limit $13) one
         union all select serial from (select l.serial from user_terms t join licenses l on l.user_id = t.user_id
           where t.account_id = $1 and t.term >= $11 and t.term < $12 limit $13) two"
    };
}

/// What is wanted of the licences that some ways find, the newest first. The limit on what the ways find cuts nothing off, but it
/// lets SQLite keep their order: then no more licences are looked at than are asked for.
macro_rules! found_by {
    ($columns:literal, $number:literal, $ways:expr) => {
        concat!(
            "select ",
            $columns,
            " from (select serial from (",
            $ways,
            ") found
               group by serial order by serial desc limit $13 * ",
            $number,
            ") ways cross join licenses
             where licenses.serial = ways.serial and licenses.serial < $9
               and (cast($14 as bigint) is null or expiry >= $14 and expiry <= $15) and ",
            wanted!(),
            "
             order by ways.serial desc limit $10"
        )
    };
}

statements! {
    FOUND = page!(
        found_by!("ways.serial", "7", concat!(
            by_term!(),
            " union all select serial from (select serial from licenses
               where lower(subject) >= $18 and lower(subject) < $19 and subject is not null limit $13) three
              union all select serial from (select l.serial from users u join licenses l on l.user_id = u.id
               where u.account_id = $1 and u.external_id >= $16 and u.external_id < $17 limit $13) four
              union all select serial from (select l.serial from users u join licenses l on l.user_id = u.id
               where u.account_id = $1 and u.email >= $18 and u.email < $19 limit $13) five
              union all select serial from (select serial from licenses
               where key_hint = $20 and key_hint is not null limit $13) six
              union all select serial from (select l.serial from machines m join licenses l on l.id = m.license_id
               where m.fingerprint >= $16 and m.fingerprint < $17 limit $13) seven")),
        "l.serial desc");
    NAMES = concat!(
        "select named.id, named.name, named.metadata, u.name, u.email
         from (", found_by!("ways.serial, id, name, metadata, user_id", "2", by_term!()), ") named
           left join users u on u.id = named.user_id order by named.serial desc");
    BY_IDS = page!(
        concat!("select serial from licenses where coalesce(account_id, account_id) = $1 and id in ", among!()),
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

/// The values of a filter and a term that every statement here binds.
fn values<'a>(
    filter: &Filter<'a>,
    term: Option<&'a str>,
    above: Option<&'a str>,
    each: i64,
) -> Vec<Value<'a>> {
    let mut values = filter.values();
    values.extend(
        args![
            filter.after.map_or(i64::MAX, |after| after.serial),
            filter.limit,
            term,
            above,
            each,
            filter.expiry.map(|range| range.0),
            filter.expiry.map(|range| range.1),
        ]
        .to_vec(),
    );
    values
}

/// Licences that are found and that a filter lets through, the newest first. A filter's customer and device are not asked.
///
/// # Errors
/// When the database cannot be asked.
pub async fn search(
    db: &impl Read,
    filter: &Filter<'_>,
    sought: Sought<'_>,
) -> Result<Vec<Listed>, StoreError> {
    let Sought { term, whole } = sought;
    let small = whole.map(str::to_ascii_lowercase);
    let above = |text: Option<&str>| text.map(behind);
    let (above_term, above_whole, above_small) = (above(term), above(whole), above(small.as_deref()));
    let mut values = values(filter, term, above_term.as_deref(), sought.each(filter.limit));
    values.extend(
        args![
            whole,
            above_whole.as_deref(),
            small.as_deref(),
            above_small.as_deref(),
            whole.filter(|text| text.chars().count() == 4),
        ]
        .to_vec(),
    );
    db.all(FOUND, &values, listed).await
}

/// Licences that a term finds and that have all of these words, of their own or of their customer, the newest first: those of
/// the newest [`EACH`] that a filter lets through, up to its limit.
///
/// # Errors
/// When the database cannot be asked.
pub async fn with_words(
    db: &impl Read,
    filter: &Filter<'_>,
    term: &str,
    words: &[String],
) -> Result<Vec<Listed>, StoreError> {
    let above = behind(term);
    let wide = Filter { limit: EACH, ..filter.clone() };
    let values = values(&wide, Some(term), Some(&above), EACH);
    let holds = |named: &Named| terms::hold(&named.terms(), words);
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let named = db.fitting(NAMES, &values, Named::read, holds, limit).await?;
    let ids: Vec<Uuid> = named.iter().map(|it| it.id).collect();
    imports::each_of(db, BY_IDS, filter.account, &ids, listed).await
}

/// How a licence and its customer are called.
struct Named {
    id: Uuid,
    name: Option<String>,
    metadata: String,
    customer: Option<String>,
    email: Option<String>,
}

impl Named {
    fn read(row: &mut Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.take()?,
            name: row.take()?,
            metadata: row.take()?,
            customer: row.take()?,
            email: row.take()?,
        })
    }

    fn terms(&self) -> BTreeSet<String> {
        let mut terms = terms::of_license(self.name.as_deref(), &self.metadata);
        terms.extend(terms::of_customer(self.customer.as_deref(), self.email.as_deref()));
        terms
    }
}

/// Whether there were more for one of the ways than it looks at: then some that fit may be missing.
///
/// # Errors
/// When the database cannot be asked.
pub async fn is_cut(db: &impl Read, filter: &Filter<'_>, sought: Sought<'_>) -> Result<bool, StoreError> {
    let (Sought { term, whole }, each) = (sought, sought.each(filter.limit));
    let small = whole.map(str::to_ascii_lowercase);
    let above = |text: Option<&str>| text.map(behind);
    let (above_term, above_whole, above_small) = (above(term), above(whole), above(small.as_deref()));
    let values = args![
        filter.account,
        term,
        above_term.as_deref(),
        whole,
        above_whole.as_deref(),
        small.as_deref(),
        above_small.as_deref(),
        each,
    ];
    Ok(db.one(MOST_OF_A_WAY, values, first::<Option<i64>>).await?.flatten().is_some_and(|most| most >= each))
}
