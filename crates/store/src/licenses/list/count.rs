//! How many licences of a list there are: of so many that are looked at, up to as many as are asked for.

use keyward_core::time::Timestamp;

use super::{Filter, WINDOW};
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

/// Of those that the index leaves, so many as are wanted.
macro_rules! counted {
    ($of:literal, $limit:literal) => {
        concat!(
            "select count(*) from (select 1 from licenses where ",
            $of,
            " and ",
            wanted!(),
            " limit ",
            $limit,
            ") found"
        )
    };
}

statements! {
    COUNT_ENDS = counted!("expiry >= $9 and expiry <= $10 and (expiry < $10 or serial <= $11)", "$12");
    COUNT_ENDS_TO = "select serial, expiry from licenses where expiry >= $1 and expiry <= $2
                     order by expiry, serial limit 1 offset $3";
    COUNT_SUSPENDED = counted!("suspended_at is not null and serial >= $9", "$10");
    COUNT_SUSPENDED_TO = "select serial from licenses where suspended_at is not null
                          order by serial desc limit 1 offset $1";
    COUNT_NEWEST = counted!("serial >= $9", "$10");
    COUNT_NEWEST_TO = "select serial from licenses order by serial desc limit 1 offset $1";
}

/// Counts the licences that a filter lets through, up to its limit: of a range of ends the first [`WINDOW`], else of the
/// suspended ones or of all the newest. A filter's customer, device and place are not asked.
///
/// # Errors
/// When the database cannot be asked.
pub async fn count(db: &impl Read, filter: &Filter<'_>) -> Result<Count, StoreError> {
    let limit = filter.limit;
    let mut values = filter.values();
    let (statement, is_cut) = match filter.expiry {
        Some((from, to)) => {
            let read: Map<(i64, Timestamp)> = |row| Ok((row.take()?, row.take()?));
            let last = db.one(COUNT_ENDS_TO, args![from, to, WINDOW - 1], read).await?;
            let (serial, to) = last.unwrap_or((i64::MAX, to));
            values.extend(args![from, to, serial, limit + 1].to_vec());
            (COUNT_ENDS, last.is_some())
        }
        None => {
            let (statement, window) = match filter.state.is_some_and(super::State::is_suspended) {
                true => (COUNT_SUSPENDED, COUNT_SUSPENDED_TO),
                false => (COUNT_NEWEST, COUNT_NEWEST_TO),
            };
            let last = db.one(window, args![WINDOW - 1], first::<i64>).await?;
            values.extend(args![last.unwrap_or(i64::MIN), limit + 1].to_vec());
            (statement, last.is_some())
        }
    };
    let found = db.one(statement, &values, first::<i64>).await?.unwrap_or_default();
    Ok(Count { at_least: found.min(limit), is_more: is_cut || found > limit })
}
