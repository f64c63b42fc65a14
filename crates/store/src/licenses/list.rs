//! Lists of licences: page by page, by the order they were made in or by their end. Nothing is counted, no page reads those
//! before it, and a page looks at so many licences only, however few of them are wanted.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use super::{Found, found};
use crate::{Read, Row, StoreError, Value};

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
    /// Of this customer.
    pub user: Option<Uuid>,
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
    /// The newest first, where no customer, device or end is asked for.
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
    /// Not suspended, and activated before.
    Used,
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
            Self::Used => "used",
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

/// Licences that a page looks at.
pub const WINDOW: i64 = 2_000;

/// What each kind of page asks. A statement's `$n is null` comes after its type is known. The account is wrapped, because
/// SQLite would otherwise walk through an index of the account, where all licences are, instead of that of the ends.
macro_rules! wanted {
    () => {
        "coalesce(account_id, account_id) = $1 and (scheme = $2 or $2 is null) and (product_id = $3 or $3 is null)
         and (policy_id = $4 or $4 is null) and (installation_id = $5 or $5 is null)
         and (user_id = $8 or $8 is null)
         and case cast($6 as text)
               when 'active' then suspended_at is null and (expiry is null or expiry >= $7)
               when 'running' then suspended_at is null
               when 'ended' then suspended_at is null or suspension_reason = 'auto'
               when 'unused' then suspended_at is null and first_activated_at is null
               when 'used' then suspended_at is null and first_activated_at is not null
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
            "select ", $crate::licenses::columns_of_found!(), ",
               coalesce(l.key_hint, (select i.hint from issued i where i.license_id = l.id
                                     order by i.superseded_at is null desc, i.serial desc limit 1)),
               (select min(m.fingerprint) from machines m where m.license_id = l.id)
             from licenses l left join users u on u.id = l.user_id left join batches b on b.id = l.batch_id
             where l.serial in (", $chosen, ") order by ", $order
        )
    };
}

// Below the macros that they use.
mod by_expiry;
mod by_serial;
mod count;
mod of_others;
mod search;

#[cfg(feature = "testing")]
pub(crate) use by_expiry::ALL as ALL_BY_EXPIRY;
#[cfg(feature = "testing")]
pub(crate) use by_serial::ALL as ALL_BY_SERIAL;
#[cfg(feature = "testing")]
pub(crate) use count::ALL as ALL_COUNTS;
pub use count::{Count, Counted, count};
#[cfg(feature = "testing")]
pub(crate) use of_others::ALL as ALL_OF_OTHERS;
#[cfg(feature = "testing")]
pub(crate) use search::ALL as ALL_SEARCHES;
pub use search::{EACH, Sought, is_cut, search, with_words};

fn listed(row: &mut Row<'_>) -> Result<Listed, StoreError> {
    Ok(Listed { found: found(row)?, hint: row.take()?, device: row.take()? })
}

/// Behind everything that begins with a text.
fn behind(text: &str) -> String {
    format!("{text}\u{10ffff}")
}

impl<'a> Filter<'a> {
    /// The values that [`wanted`](macro@wanted) binds.
    fn values(&self) -> Vec<Value<'a>> {
        let Filter { account, scheme, product, policy, installation, user, now, .. } = *self;
        let state = self.state.map(State::as_str);
        vec![
            account.into(),
            scheme.into(),
            product.into(),
            policy.into(),
            installation.into(),
            state.into(),
            now.into(),
            user.into(),
        ]
    }
}

/// Part of a list.
#[derive(Clone, Debug)]
pub struct Part {
    /// The licences.
    pub rows: Vec<Listed>,
    /// The last one that was looked at, where there are more behind it although there was room for them.
    pub looked_to: Option<Cursor>,
}

/// The next licences of a list: those of the next [`WINDOW`] that are wanted. Of a customer or a device all are looked at.
///
/// # Errors
/// When the database cannot be asked.
pub async fn list(db: &impl Read, filter: &Filter<'_>) -> Result<Part, StoreError> {
    let (rows, window) = match (filter.device.or(filter.customer), filter.expiry) {
        (Some(_), _) => (of_others::all(db, filter).await?, None),
        (None, Some(range)) => by_expiry::page(db, filter, range).await?,
        (None, None) => by_serial::page(db, filter).await?,
    };
    let is_full = rows.len() as i64 >= filter.limit;
    Ok(Part { rows, looked_to: window.filter(|_| !is_full) })
}
