//! By their end, the soonest first.

use keyward_core::time::Timestamp;

use super::{Cursor, Filter, Listed, State, WINDOW, listed};
use crate::sql::{args, statements};
use crate::{Map, Read, StoreError};

/// Within a range of ends, and behind the last one of the page before.
macro_rules! ends {
    ($from:literal, $to:literal, $end:literal, $serial:literal) => {
        concat!(
            "expiry >= ",
            $from,
            " and expiry <= ",
            $to,
            " and (expiry > ",
            $end,
            " or expiry = ",
            $end,
            " and serial > ",
            $serial,
            ")"
        )
    };
}
pub(super) use ends;

macro_rules! by_expiry {
    ($of:literal) => {
        page!(
            concat!(
                "select serial from licenses where ",
                $of,
                ends!("$11", "$12", "$13", "$9"),
                " and (expiry < $12 or serial <= $14) and ",
                wanted!(),
                " order by expiry, serial limit $10"
            ),
            "l.expiry, l.serial"
        )
    };
}

/// The last of those that a page looks at.
macro_rules! window {
    ($of:literal) => {
        concat!(
            "select serial, expiry from licenses where ",
            $of,
            ends!("$1", "$2", "$3", "$4"),
            " order by expiry, serial limit 1 offset $5"
        )
    };
}

statements! {
    BY_EXPIRY = by_expiry!("account_id = $1 and ");
    OF_SCHEME_BY_EXPIRY = by_expiry!("scheme = $2 and ");
    SUSPENDED_BY_EXPIRY = by_expiry!("account_id = $1 and suspended_at is not null and ");
    BY_EXPIRY_TO = window!("account_id = $6 and ");
    OF_SCHEME_BY_EXPIRY_TO = window!("scheme = $6 and ");
    SUSPENDED_BY_EXPIRY_TO = window!("account_id = $6 and suspended_at is not null and ");
}

pub(super) async fn page(
    db: &impl Read,
    filter: &Filter<'_>,
    (from, to): (Timestamp, Timestamp),
) -> Result<(Vec<Listed>, Option<Cursor>), StoreError> {
    let serial = filter.after.map_or(i64::MIN, |after| after.serial);
    let end = filter.after.and_then(|after| after.expiry);
    // A page begins where the one before ended: what lies before is not even looked at.
    let from = end.map_or(from, |end| end.max(from));
    // SQLite begins at what the page lies behind, not at the beginning of the range: they must be the same.
    let before = end.unwrap_or(from.plus_micros(-1));
    let mut place = args![from, to, before, serial, WINDOW - 1].to_vec();
    let (statement, window) = match (filter.state, filter.scheme) {
        (Some(State::Suspended | State::Revoked), _) => {
            place.push(filter.account.into());
            (SUSPENDED_BY_EXPIRY, SUSPENDED_BY_EXPIRY_TO)
        }
        (_, Some(scheme)) => {
            place.push(scheme.into());
            (OF_SCHEME_BY_EXPIRY, OF_SCHEME_BY_EXPIRY_TO)
        }
        (_, None) => {
            place.push(filter.account.into());
            (BY_EXPIRY, BY_EXPIRY_TO)
        }
    };
    let read: Map<(i64, Timestamp)> = |row| Ok((row.take()?, row.take()?));
    let last = db.one(window, &place, read).await?;
    let (last_serial, to) = last.unwrap_or((i64::MAX, to));
    let mut values = filter.values();
    values.extend(args![serial, filter.limit, from, to, before, last_serial].to_vec());
    let rows = db.all(statement, &values, listed).await?;
    Ok((rows, last.map(|(serial, end)| Cursor { serial, expiry: Some(end) })))
}
