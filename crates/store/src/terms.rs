//! Words by which licences and customers are found. They are written in the transaction that writes what they come from.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use uuid::Uuid;

use crate::licenses::License;
use crate::row::first;
use crate::sql::{args, statements};
use crate::users::User;
use crate::{Read, Row, StoreError, Tx, Value};

/// Terms of one licence or customer at the most: what a stranger writes shall not fill the index.
const MOST: usize = 40;
/// Characters of a term at the most.
const LONGEST: usize = 100;
/// Members of a licence's metadata that hold a name: a company (system E) and the customer of a file (system D).
const NAMES: [&str; 2] = ["company", "issuedTo"];

statements! {
    ADD_OF_LICENSE = "insert into license_terms (account_id, term, license_id) values ($1, $2, $3)
                      on conflict do nothing";
    DROP_OF_LICENSE = "delete from license_terms where account_id = $1 and term = $2 and license_id = $3";
    COUNT_OF_LICENSES = "select count(*) from (select license_id from license_terms
                         where account_id = $1 and term >= $2 and term < $3 limit $4) few";
    ADD_OF_USER = "insert into user_terms (account_id, term, user_id) values ($1, $2, $3) on conflict do nothing";
    DROP_OF_USER = "delete from user_terms where account_id = $1 and term = $2 and user_id = $3";
    COUNT_OF_USERS = "select count(*) from (select user_id from user_terms
                      where account_id = $1 and term >= $2 and term < $3 limit $4) few";
    BACKLOG = "select serial from search_backlog where name = $1";
    ADVANCE = "update search_backlog set serial = $2 where name = $1";
    CAUGHT_UP = "delete from search_backlog where name = $1";
    OLD_LICENSES = "update licenses set updated_at = updated_at where serial in
                    (select serial from licenses where serial <= $1 order by serial desc limit $2)
                    returning serial, account_id, id, name, metadata";
    OLD_USERS = "update users set name = name where serial in
                 (select serial from users where serial <= $1 order by serial desc limit $2)
                 returning serial, account_id, id, name, email";
}

/// The words of a text as they are looked for: in small letters, without accents.
pub fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let words = folded.split(|it: char| !it.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(shortened).collect()
}

/// A text in small letters, without accents, and with single spaces.
pub fn fold(text: &str) -> String {
    let plain: String = match text.is_ascii() {
        true => text.to_ascii_lowercase(),
        false => text.nfkd().filter(|it| !is_combining_mark(*it)).flat_map(char::to_lowercase).collect(),
    };
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The term of a pair of the metadata: `key:value`, also of a value that is not whole.
pub fn pair(key: &str, value: &str) -> String {
    shortened(&format!("{}:{}", fold(key), fold(value)))
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// What a licence is found by: the words of its names first, and its metadata as far as there is room.
pub fn of_license(name: Option<&str>, metadata: &str) -> BTreeSet<String> {
    let object = match metadata.len() {
        0..=2 => None,
        _ => serde_json::from_str::<serde_json::Map<String, Json>>(metadata).ok(),
    };
    let object = object.unwrap_or_default();
    let names = NAMES.iter().filter_map(|key| object.get(*key)).flat_map(scalars);
    let mut terms: BTreeSet<String> =
        name.map(str::to_owned).into_iter().chain(names).flat_map(|name| words(&name)).take(MOST).collect();
    let pairs =
        object.iter().flat_map(|(key, value)| scalars(value).into_iter().map(move |it| pair(key, &it)));
    for pair in pairs {
        if terms.len() >= MOST {
            break;
        }
        terms.insert(pair);
    }
    terms
}

/// A value that somebody can type, or those of a list.
fn scalars(value: &Json) -> Vec<String> {
    match value {
        Json::String(text) => vec![text.clone()],
        Json::Number(_) | Json::Bool(_) => vec![value.to_string()],
        Json::Array(values) => {
            values.iter().filter(|it| !it.is_array()).take(MOST).flat_map(scalars).collect()
        }
        Json::Null | Json::Object(_) => Vec::new(),
    }
}

/// What a customer is found by: the words of the name, and those of the address.
pub fn of_customer(name: Option<&str>, email: Option<&str>) -> BTreeSet<String> {
    name.into_iter().chain(email).flat_map(words).take(MOST).collect()
}

/// The range of terms that begin so.
fn range(beginning: &str) -> (String, String) {
    (beginning.to_owned(), format!("{beginning}\u{10ffff}"))
}

/// Whether each of these words is the beginning of a term.
pub fn hold(terms: &BTreeSet<String>, words: &[String]) -> bool {
    words.iter().all(|word| terms.range(word.clone()..).next().is_some_and(|term| term.starts_with(word)))
}

/// How many licences and customers have a term that begins so: up to `limit` of each are counted.
///
/// # Errors
/// When the database cannot be asked.
pub async fn count(db: &impl Read, account: Uuid, beginning: &str, limit: i64) -> Result<i64, StoreError> {
    let (from, to) = range(beginning);
    let mut all = 0;
    for statement in [COUNT_OF_LICENSES, COUNT_OF_USERS] {
        all += db.one(statement, args![account, &from, &to, limit], first::<i64>).await?.unwrap_or(0);
    }
    Ok(all)
}

/// A licence or customer whose terms are written or removed.
pub(crate) struct Found {
    pub(crate) account: Uuid,
    pub(crate) id: Uuid,
    pub(crate) terms: BTreeSet<String>,
}

impl Found {
    pub(crate) fn license(license: &License) -> Self {
        let License { account_id, id, name, metadata, .. } = license;
        Self { account: *account_id, id: *id, terms: of_license(name.as_deref(), metadata) }
    }

    pub(crate) fn customer(user: &User) -> Self {
        let User { account_id, id, name, email, .. } = user;
        Self { account: *account_id, id: *id, terms: of_customer(name.as_deref(), email.as_deref()) }
    }

    /// Reads a licence's account, id, name and metadata.
    pub(crate) fn license_of(row: &mut Row<'_>) -> Result<Self, StoreError> {
        let (account, id): (Uuid, Uuid) = (row.take()?, row.take()?);
        let (name, metadata): (Option<String>, String) = (row.take()?, row.take()?);
        Ok(Self { account, id, terms: of_license(name.as_deref(), &metadata) })
    }

    /// Reads a customer's account, id, name and address.
    pub(crate) fn customer_of(row: &mut Row<'_>) -> Result<Self, StoreError> {
        let (account, id): (Uuid, Uuid) = (row.take()?, row.take()?);
        let (name, email): (Option<String>, Option<String>) = (row.take()?, row.take()?);
        Ok(Self { account, id, terms: of_customer(name.as_deref(), email.as_deref()) })
    }
}

/// Whose terms a statement writes.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    License,
    Customer,
}

/// Lets these be found.
pub(crate) async fn add(
    tx: &Tx<'_>,
    kind: Kind,
    found: impl Iterator<Item = Found>,
) -> Result<(), StoreError> {
    let statement = match kind {
        Kind::License => ADD_OF_LICENSE,
        Kind::Customer => ADD_OF_USER,
    };
    each(tx, statement, found).await
}

/// Lets these be found no more.
pub(crate) async fn remove(
    tx: &Tx<'_>,
    kind: Kind,
    found: impl Iterator<Item = Found>,
) -> Result<(), StoreError> {
    let statement = match kind {
        Kind::License => DROP_OF_LICENSE,
        Kind::Customer => DROP_OF_USER,
    };
    each(tx, statement, found).await
}

async fn each(
    tx: &Tx<'_>,
    statement: crate::Sql,
    found: impl Iterator<Item = Found>,
) -> Result<(), StoreError> {
    let mut rows: Vec<(Uuid, String, Uuid)> =
        found.flat_map(|it| it.terms.into_iter().map(move |term| (it.account, term, it.id))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    // In the order of the index: neighbours are written one after the other, and everybody locks in the same order.
    rows.sort_unstable();
    let values: Vec<Vec<Value<'_>>> =
        rows.iter().map(|(account, term, id)| args![*account, term, *id].to_vec()).collect();
    tx.execute_each(statement, &values).await.map(drop)
}

/// Writes the terms of the next `limit` licences and as many customers that were there before terms were written; `false` when
/// all have theirs.
///
/// # Errors
/// When the database refuses.
pub async fn catch_up(tx: &Tx<'_>, limit: i64) -> Result<bool, StoreError> {
    next(
        tx,
        ("licenses", Kind::License),
        OLD_LICENSES,
        |row| Ok((row.take()?, Found::license_of(row)?)),
        limit,
    )
    .await?;
    next(tx, ("users", Kind::Customer), OLD_USERS, |row| Ok((row.take()?, Found::customer_of(row)?)), limit)
        .await?;
    behind(tx).await
}

/// Whether there are licences or customers that have no terms yet.
///
/// # Errors
/// When the database cannot be asked.
pub async fn behind(db: &impl Read) -> Result<bool, StoreError> {
    Ok(db.one(BACKLOG, args!["licenses"], first::<i64>).await?.is_some()
        || db.one(BACKLOG, args!["users"], first::<i64>).await?.is_some())
}

async fn next(
    tx: &Tx<'_>,
    (name, kind): (&str, Kind),
    statement: crate::Sql,
    read: crate::Map<(i64, Found)>,
    limit: i64,
) -> Result<(), StoreError> {
    let Some(from) = tx.one(BACKLOG, args![name], first::<i64>).await? else { return Ok(()) };
    // Locked, so that nobody changes them between reading them and writing their terms.
    let found = tx.all(statement, args![from, limit], read).await?;
    match found.iter().map(|(serial, _)| serial).min() {
        Some(serial) => tx.execute(ADVANCE, args![name, serial - 1]).await?,
        None => tx.execute(CAUGHT_UP, args![name]).await?,
    };
    add(tx, kind, found.into_iter().map(|(_, found)| found)).await
}
