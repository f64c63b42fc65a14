//! How many licences are in a state: of so many that are looked at, up to as many as are asked for. Where it can, this looks at
//! an index alone.

use keyward_core::time::Timestamp;
use uuid::Uuid;

use super::WINDOW;
use crate::row::first;
use crate::sql::{args, statements};
use crate::{Map, Read, StoreError};

/// A number of licences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// So many there are at least.
    pub at_least: i64,
    /// Whether there may be more.
    pub is_more: bool,
}

impl Count {
    /// Exactly so many.
    pub const fn exactly(number: i64) -> Self {
        Self { at_least: number, is_more: false }
    }
}

/// Which licences are counted, as [`State`](super::State) has them.
#[derive(Clone, Copy, Debug)]
pub enum Counted {
    /// Active ones, of those that were made last.
    Active(Timestamp),
    /// Running ones whose end lies between these two instants, both included.
    Running(Timestamp, Timestamp),
    /// Ended ones whose end lies between these two instants.
    Ended(Timestamp, Timestamp),
    /// Suspended ones, of those that were made last.
    Suspended,
}

/// Of those that an index leaves, so many as are wanted. Nothing else of a licence is asked than what these indexes have.
macro_rules! counted {
    ($which:expr, $limit:literal) => {
        concat!(
            "select count(*) from (select 1 from licenses where ",
            $which,
            " and (batch_id is null
                   or exists (select 1 from batches where batches.id = batch_id and ready_at is not null))
              limit ",
            $limit,
            ") found"
        )
    };
}

macro_rules! of_ends {
    ($which:literal) => {
        counted!(
            concat!(
                "account_id = $1 and expiry >= $2 and expiry <= $3 and (expiry < $3 or serial <= $4) and ",
                $which
            ),
            "$5"
        )
    };
}

/// The account is wrapped, because SQLite would otherwise walk through all that it has.
macro_rules! of_newest {
    ($which:literal) => {
        counted!(concat!("coalesce(account_id, account_id) = $1 and serial >= $2 and ", $which), "$3")
    };
}

statements! {
    COUNT_RUNNING = of_ends!("suspended_at is null");
    COUNT_ENDED = of_ends!("(suspended_at is null or suspension_reason = 'auto')");
    COUNT_ENDS_TO = "select serial, expiry from licenses where account_id = $1 and expiry >= $2 and expiry <= $3
                     order by expiry, serial limit 1 offset $4";
    COUNT_SUSPENDED = of_newest!("suspended_at is not null and coalesce(suspension_reason, '') not in ('revoked', 'auto')");
    COUNT_SUSPENDED_TO = "select serial from licenses where suspended_at is not null
                          order by serial desc limit 1 offset $1";
    COUNT_ACTIVE = of_newest!("suspended_at is null and (expiry is null or expiry >= $4)");
    COUNT_NEWEST_TO = "select serial from licenses order by serial desc limit 1 offset $1";
}

/// Counts licences up to a limit: of a range of ends the first [`WINDOW`], else of the suspended ones or of all the newest.
///
/// # Errors
/// When the database cannot be asked.
pub async fn count(db: &impl Read, account: Uuid, counted: Counted, limit: i64) -> Result<Count, StoreError> {
    let statement = match counted {
        Counted::Active(_) => COUNT_ACTIVE,
        Counted::Running(..) => COUNT_RUNNING,
        Counted::Ended(..) => COUNT_ENDED,
        Counted::Suspended => COUNT_SUSPENDED,
    };
    let newest = async |window, values: &[_]| {
        let last = db.one(window, args![WINDOW - 1], first::<i64>).await?;
        let mut all = args![account, last.unwrap_or(i64::MIN), limit + 1].to_vec();
        all.extend_from_slice(values);
        Ok::<_, StoreError>((all, last.is_some()))
    };
    let (values, is_cut) = match counted {
        Counted::Running(from, to) | Counted::Ended(from, to) => {
            let read: Map<(i64, Timestamp)> = |row| Ok((row.take()?, row.take()?));
            let last = db.one(COUNT_ENDS_TO, args![account, from, to, WINDOW - 1], read).await?;
            let (serial, to) = last.unwrap_or((i64::MAX, to));
            (args![account, from, to, serial, limit + 1].to_vec(), last.is_some())
        }
        Counted::Active(now) => newest(COUNT_NEWEST_TO, args![now]).await?,
        Counted::Suspended => newest(COUNT_SUSPENDED_TO, &[]).await?,
    };
    let found = db.one(statement, &values, first::<i64>).await?.unwrap_or_default();
    Ok(Count { at_least: found.min(limit), is_more: is_cut || found > limit })
}
