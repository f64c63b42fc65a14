//! By the order in which licences were made, through the index of what is asked for.

use super::{Cursor, Filter, Listed, State, WINDOW, listed};
use crate::row::first;
use crate::sql::{args, statements};
use crate::{Read, Sql, StoreError, Value};

macro_rules! made {
    ($of:literal) => {
        page!(
            concat!(
                "select serial from licenses where ",
                $of,
                "serial > $9 and serial <= $11 and ",
                wanted!(),
                " order by serial limit $10"
            ),
            "l.serial"
        )
    };
}

macro_rules! newest {
    ($of:literal) => {
        page!(
            concat!(
                "select serial from licenses where ",
                $of,
                "serial < $9 and serial >= $11 and ",
                wanted!(),
                " order by serial desc limit $10"
            ),
            "l.serial desc"
        )
    };
}

/// The last of those that a page looks at.
macro_rules! made_to {
    ($of:literal) => {
        concat!("select serial from licenses where ", $of, "serial > $1 order by serial limit 1 offset $2")
    };
}

macro_rules! newest_to {
    ($of:literal) => {
        concat!(
            "select serial from licenses where ",
            $of,
            "serial < $1 order by serial desc limit 1 offset $2"
        )
    };
}

statements! {
    MADE = made!("");
    MADE_OF_USER = made!("user_id = $8 and ");
    MADE_OF_INSTALLATION = made!("installation_id = $5 and ");
    MADE_OF_POLICY = made!("policy_id = $4 and ");
    MADE_SUSPENDED = made!("suspended_at is not null and ");
    MADE_OF_PRODUCT = made!("product_id = $3 and ");
    MADE_OF_SCHEME = made!("scheme = $2 and ");
    NEWEST = newest!("");
    NEWEST_OF_USER = newest!("user_id = $8 and ");
    NEWEST_OF_INSTALLATION = newest!("installation_id = $5 and ");
    NEWEST_OF_POLICY = newest!("policy_id = $4 and ");
    NEWEST_SUSPENDED = newest!("suspended_at is not null and ");
    NEWEST_OF_PRODUCT = newest!("product_id = $3 and ");
    NEWEST_OF_SCHEME = newest!("scheme = $2 and ");
    MADE_TO = made_to!("");
    MADE_TO_OF_USER = made_to!("user_id = $3 and ");
    MADE_TO_OF_INSTALLATION = made_to!("installation_id = $3 and ");
    MADE_TO_OF_POLICY = made_to!("policy_id = $3 and ");
    MADE_TO_SUSPENDED = made_to!("suspended_at is not null and ");
    MADE_TO_OF_PRODUCT = made_to!("product_id = $3 and ");
    MADE_TO_OF_SCHEME = made_to!("scheme = $3 and ");
    NEWEST_TO = newest_to!("");
    NEWEST_TO_OF_USER = newest_to!("user_id = $3 and ");
    NEWEST_TO_OF_INSTALLATION = newest_to!("installation_id = $3 and ");
    NEWEST_TO_OF_POLICY = newest_to!("policy_id = $3 and ");
    NEWEST_TO_SUSPENDED = newest_to!("suspended_at is not null and ");
    NEWEST_TO_OF_PRODUCT = newest_to!("product_id = $3 and ");
    NEWEST_TO_OF_SCHEME = newest_to!("scheme = $3 and ");
}

/// The statements of an index: oldest first, newest first, and the ends of their windows.
type Index = [Sql; 4];

const ALL_OF_THEM: Index = [MADE, NEWEST, MADE_TO, NEWEST_TO];
const OF_USER: Index = [MADE_OF_USER, NEWEST_OF_USER, MADE_TO_OF_USER, NEWEST_TO_OF_USER];
const OF_INSTALLATION: Index =
    [MADE_OF_INSTALLATION, NEWEST_OF_INSTALLATION, MADE_TO_OF_INSTALLATION, NEWEST_TO_OF_INSTALLATION];
const OF_POLICY: Index = [MADE_OF_POLICY, NEWEST_OF_POLICY, MADE_TO_OF_POLICY, NEWEST_TO_OF_POLICY];
const SUSPENDED: Index = [MADE_SUSPENDED, NEWEST_SUSPENDED, MADE_TO_SUSPENDED, NEWEST_TO_SUSPENDED];
const OF_PRODUCT: Index = [MADE_OF_PRODUCT, NEWEST_OF_PRODUCT, MADE_TO_OF_PRODUCT, NEWEST_TO_OF_PRODUCT];
const OF_SCHEME: Index = [MADE_OF_SCHEME, NEWEST_OF_SCHEME, MADE_TO_OF_SCHEME, NEWEST_TO_OF_SCHEME];

/// The index that leaves the fewest, and what is looked for in it.
fn index<'a>(filter: &Filter<'a>) -> (Index, Option<Value<'a>>) {
    match *filter {
        Filter { user: Some(id), .. } => (OF_USER, Some(id.into())),
        Filter { installation: Some(id), .. } => (OF_INSTALLATION, Some(id.into())),
        Filter { state: Some(State::Suspended | State::Revoked), .. } => (SUSPENDED, None),
        Filter { policy: Some(id), .. } => (OF_POLICY, Some(id.into())),
        Filter { product: Some(id), .. } => (OF_PRODUCT, Some(id.into())),
        Filter { scheme: Some(scheme), .. } => (OF_SCHEME, Some(scheme.into())),
        _ => (ALL_OF_THEM, None),
    }
}

pub(super) async fn page(
    db: &impl Read,
    filter: &Filter<'_>,
) -> Result<(Vec<Listed>, Option<Cursor>), StoreError> {
    let ([made, newest, made_to, newest_to], key) = index(filter);
    let (statement, window, start, end) = match filter.newest_first {
        false => (made, made_to, i64::MIN, i64::MAX),
        true => (newest, newest_to, i64::MAX, i64::MIN),
    };
    let start = filter.after.map_or(start, |after| after.serial);
    let mut place = args![start, WINDOW - 1].to_vec();
    place.extend(key);
    let last = db.one(window, &place, first::<i64>).await?;
    let mut values = filter.values();
    values.extend([start.into(), filter.limit.into(), last.unwrap_or(end).into()]);
    let rows = db.all(statement, &values, listed).await?;
    Ok((rows, last.map(|serial| Cursor { serial, expiry: None })))
}
