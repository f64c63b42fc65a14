//! Lists of licences: page by page, by the order they were made in or by their end. Nothing is counted, and no page reads
//! those before it.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use super::{Found, columns_of_found, found};
use crate::sql::{args, statements};
use crate::{Read, Row, StoreError};

/// Which licences are wanted. What is `None` is not asked.
#[derive(Clone, Debug)]
pub struct Filter<'a> {
    /// Whose they are.
    pub account: Uuid,
    /// Of which form.
    pub scheme: Option<&'a str>,
    /// Of which product.
    pub product: Option<Uuid>,
    /// Under which policy.
    pub policy: Option<Uuid>,
    /// Of which installation.
    pub installation: Option<Uuid>,
    /// In which state, now.
    pub state: Option<State>,
    /// The present.
    pub now: Timestamp,
    /// Whose end lies between these two instants, both included: then they are sorted by it.
    pub expiry: Option<(Timestamp, Timestamp)>,
    /// Owned by a customer whose external id or e-mail address begins so.
    pub customer: Option<&'a str>,
    /// Running on a device whose fingerprint begins so.
    pub device: Option<&'a str>,
    /// Whose name or subject, or whose customer's id or address, begins so, or whose key ends with these four characters.
    pub word: Option<&'a str>,
    /// The newest first, where nothing is looked for by a word, a device, a customer or an end.
    pub newest_first: bool,
    /// Behind this one.
    pub after: Option<Cursor>,
    /// So many at the most.
    pub limit: i64,
}

/// What state a licence is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not suspended, and not past its end.
    Active,
    /// Not suspended, whatever its end.
    Running,
    /// Not suspended, or only because it expired.
    Ended,
    /// Not suspended, and never activated.
    Unused,
    /// Suspended for a while.
    Suspended,
    /// Revoked.
    Revoked,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Running => "running",
            Self::Ended => "ended",
            Self::Unused => "unused",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }
}

/// A place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The end of the licence, in a list that is sorted by it.
    pub expiry: Option<Timestamp>,
    /// Its serial number.
    pub serial: i64,
}

/// A licence of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The licence.
    pub found: Found,
    /// The last four characters of its key, or of its newest form.
    pub hint: Option<String>,
    /// A device it runs on.
    pub device: Option<String>,
}

/// What each kind of page asks. A statement's `$n is null` comes after its type is known. The account is wrapped, because
/// SQLite would otherwise walk through an index of the account, where all licences are, instead of that of the ends.
macro_rules! wanted {
    () => {
        "coalesce(account_id, account_id) = $1 and (scheme = $2 or $2 is null) and (product_id = $3 or $3 is null)
         and (policy_id = $4 or $4 is null) and (installation_id = $5 or $5 is null)
         and case cast($6 as text)
               when 'active' then suspended_at is null and (expiry is null or expiry >= $7)
               when 'running' then suspended_at is null
               when 'ended' then suspended_at is null or suspension_reason = 'auto'
               when 'unused' then suspended_at is null and first_activated_at is null
               when 'suspended' then suspended_at is not null
                                     and coalesce(suspension_reason, '') not in ('revoked', 'auto')
               when 'revoked' then suspension_reason = 'revoked'
               else true end
         and (batch_id is null
              or exists (select 1 from batches where batches.id = batch_id and ready_at is not null))"
    };
}

/// The rows of a page: they are chosen first, and only then is read what stands elsewhere.
macro_rules! page {
    ($chosen:expr, $order:literal) => {
        concat!(
            "select ", columns_of_found!(), ",
               coalesce(l.key_hint, (select i.hint from issued i where i.license_id = l.id
                                     order by i.superseded_at is null desc, i.serial desc limit 1)),
               (select min(m.fingerprint) from machines m where m.license_id = l.id)
             from licenses l left join users u on u.id = l.user_id left join batches b on b.id = l.batch_id
             where l.serial in (", $chosen, ") order by ", $order
        )
    };
}

/// Within the range of ends, and behind the last of the page before.
macro_rules! ends {
    () => {
        "expiry >= $10 and expiry <= $11 and (expiry > $12 or expiry = $12 and serial > $8)"
    };
}

/// Owned by a customer whose id or address begins so; `$` is the number of the beginning, behind it stand the end of the
/// range, and both in small letters for the address.
macro_rules! customers {
    ($from:literal, $to:literal, $small:literal, $small_to:literal) => {
        concat!(
            "select id from users where account_id = $1 and external_id >= ",
            $from,
            " and external_id < ",
            $to,
            "
             union select id from users where account_id = $1 and email >= ",
            $from,
            " and email < ",
            $to,
            "
             union select id from users where account_id = $1 and email >= ",
            $small,
            " and email < ",
            $small_to
        )
    };
}

statements! {
    BY_SERIAL = page!(
        concat!("select serial from licenses where serial > $8 and ", wanted!(), " order by serial limit $9"),
        "l.serial");
    NEWEST = page!(
        concat!("select serial from licenses where serial < $8 and ", wanted!(), " order by serial desc limit $9"),
        "l.serial desc");
    NEWEST_OF_INSTALLATION = page!(
        concat!("select serial from licenses where installation_id = $5 and serial < $8 and ", wanted!(),
                " order by serial desc limit $9"),
        "l.serial desc");
    BY_EXPIRY = page!(
        concat!("select serial from licenses where ", ends!(), " and ", wanted!(),
                " order by expiry, serial limit $9"),
        "l.expiry, l.serial");
    OF_SCHEME_BY_EXPIRY = page!(
        concat!("select serial from licenses where scheme = $2 and ", ends!(), " and ", wanted!(),
                " order by expiry, serial limit $9"),
        "l.expiry, l.serial");
    FOUND = page!(
        concat!(
            "select serial from licenses where serial in (
               select serial from licenses where lower(name) >= $14 and lower(name) < $15 and name is not null
               union select serial from licenses
                 where lower(subject) >= $14 and lower(subject) < $15 and subject is not null
               union select serial from licenses where user_id in (",
            customers!("$13", "$16", "$14", "$15"), ")
               union select serial from licenses where length($13) = 4 and key_hint = $13
               union select l.serial from machines m join licenses l on l.id = m.license_id
                 where cast($13 as text) is null and m.fingerprint >= $17 and m.fingerprint < $18
               union select serial from licenses
                 where cast($13 as text) is null and cast($17 as text) is null and user_id in (",
            customers!("$19", "$20", "$21", "$22"), "))
             and (cast($17 as text) is null
                  or id in (select license_id from machines where fingerprint >= $17 and fingerprint < $18))
             and (cast($19 as text) is null or user_id in (", customers!("$19", "$20", "$21", "$22"), "))
             and (cast($10 as bigint) is null and serial > $8 or ", ends!(), ") and ", wanted!(), "
             order by case when cast($10 as bigint) is null then 0 else expiry end, serial limit $9"),
        "case when cast($10 as bigint) is null then 0 else l.expiry end, l.serial");
    OF_INSTALLATION = page!(
        concat!("select serial from licenses where installation_id = $5 and serial > $8 and ", wanted!(),
                " order by serial limit $9"),
        "l.serial");
}

fn listed(row: &mut Row<'_>) -> Result<Listed, StoreError> {
    Ok(Listed { found: found(row)?, hint: row.take()?, device: row.take()? })
}

/// Behind everything that begins with a text.
fn behind(text: &str) -> String {
    format!("{text}\u{10ffff}")
}

/// A page of licences.
///
/// # Errors
/// When the database cannot be asked.
pub async fn list(db: &impl Read, filter: &Filter<'_>) -> Result<Vec<Listed>, StoreError> {
    let Filter { account, scheme, product, policy, installation, now, limit, .. } = *filter;
    let state = filter.state.map(State::as_str);
    let serial = filter.after.map_or(i64::MIN, |after| after.serial);
    let end = filter.after.and_then(|after| after.expiry);
    // A page begins where the one before ended: what lies before is not even looked at.
    let range = filter.expiry.map(|(from, to)| (end.map_or(from, |end| end.max(from)), to));
    let before = end.unwrap_or(Timestamp::from_micros(i64::MIN));
    if filter.word.is_some() || filter.device.is_some() || filter.customer.is_some() {
        let small = |text: Option<&str>| text.map(str::to_ascii_lowercase);
        let (word, customer) = (small(filter.word), small(filter.customer));
        let above = |text: Option<&str>| text.map(behind);
        return db
            .all(
                FOUND,
                args![
                    account,
                    scheme,
                    product,
                    policy,
                    installation,
                    state,
                    now,
                    serial,
                    limit,
                    range.map(|range| range.0),
                    range.map(|range| range.1),
                    before,
                    filter.word,
                    word.as_deref(),
                    above(word.as_deref()).as_deref(),
                    above(filter.word).as_deref(),
                    filter.device,
                    above(filter.device).as_deref(),
                    filter.customer,
                    above(filter.customer).as_deref(),
                    customer.as_deref(),
                    above(customer.as_deref()).as_deref(),
                ],
                listed,
            )
            .await;
    }
    match (range, scheme, installation) {
        (Some((from, to)), scheme, _) => {
            let statement = if scheme.is_some() { OF_SCHEME_BY_EXPIRY } else { BY_EXPIRY };
            let values = args![
                account,
                scheme,
                product,
                policy,
                installation,
                state,
                now,
                serial,
                limit,
                from,
                to,
                before,
            ];
            db.all(statement, values, listed).await
        }
        (None, _, installation) => {
            let statement = match (filter.newest_first, installation.is_some()) {
                (false, false) => BY_SERIAL,
                (false, true) => OF_INSTALLATION,
                (true, false) => NEWEST,
                (true, true) => NEWEST_OF_INSTALLATION,
            };
            let first = if filter.newest_first { i64::MAX } else { i64::MIN };
            let serial = filter.after.map_or(first, |after| after.serial);
            let values = args![account, scheme, product, policy, installation, state, now, serial, limit];
            db.all(statement, values, listed).await
        }
    }
}
