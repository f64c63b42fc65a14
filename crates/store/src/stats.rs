//! Counters: what lists and statistics say without counting rows.

use std::collections::BTreeMap;

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx, Value};

/// Writers of one counter on PostgreSQL that do not wait for each other.
const SHARDS: u8 = 8;
/// The hour that stands for all time; instants before 1970-01-01T02:00:00Z count as of the hour after it.
const TOTAL: i64 = 0;

/// A change of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Its name.
    pub name: &'static str,
    /// The hour, or `None` for the sum over all time.
    pub at: Option<Timestamp>,
    /// By how much.
    pub by: i64,
}

impl Change {
    /// Of the sum over all time.
    pub const fn total(name: &'static str, by: i64) -> Self {
        Self { name, at: None, by }
    }

    /// Of the hour of an instant.
    pub const fn hourly(name: &'static str, at: Timestamp, by: i64) -> Self {
        Self { name, at: Some(at), by }
    }
}

/// Sums by policy and name.
pub type Sums = BTreeMap<(Uuid, String), i64>;

statements! {
    ADD = "insert into stats_hourly (account_id, policy_id, name, hour, shard, value) values ($1, $2, $3, $4, $5, $6)
           on conflict (account_id, name, hour, policy_id, shard)
           do update set value = stats_hourly.value + excluded.value";
    TOTALS = "select policy_id, name, cast(sum(value) as bigint) from stats_hourly
              where account_id = $1 and hour = 0 group by policy_id, name";
    SINCE = "select policy_id, name, cast(sum(value) as bigint) from stats_hourly
             where account_id = $1 and name = $2 and hour >= $3 group by policy_id, name";
    BY_HOUR = "select hour, cast(sum(value) as bigint) from stats_hourly
               where account_id = $1 and name = $2 and hour >= $3 group by hour order by hour";
    CLEAR = "delete from stats_hourly where account_id = $1 and policy_id = $2 and name = $3";
    TAKE_SHARDS = "delete from stats_hourly where hour > 0 and hour < $1 and shard > 0
                   returning account_id, policy_id, name, hour, value";
}

/// Hours since 1970 of an instant.
pub const fn hour(at: Timestamp) -> i64 {
    let hour = at.seconds().div_euclid(3_600);
    if hour > TOTAL { hour } else { TOTAL + 1 }
}

/// Changes counters of a policy. `id` spreads the writers: that of the licence.
///
/// # Errors
/// When the database refuses.
pub async fn add(
    tx: &Tx<'_>,
    account: Uuid,
    policy: Uuid,
    id: Uuid,
    changes: &[Change],
) -> Result<(), StoreError> {
    let shard = i64::from(id.as_bytes()[15] % SHARDS);
    // Always in the same order, so that two transactions never wait for each other in a circle.
    let mut changes = changes.to_vec();
    changes.sort_unstable();
    let row = |change: &Change| -> Vec<Value<'static>> {
        let hour = change.at.map_or(TOTAL, hour);
        args![account, policy, change.name, hour, shard, change.by].to_vec()
    };
    let rows: Vec<_> = changes.iter().map(row).collect();
    tx.execute_each(ADD, &rows).await.map(drop)
}

fn sum(row: &mut Row<'_>) -> Result<((Uuid, String), i64), StoreError> {
    Ok(((row.take()?, row.take()?), row.take()?))
}

/// All sums over all time.
///
/// # Errors
/// When the database cannot be asked.
pub async fn totals(db: &impl Read, account: Uuid) -> Result<Sums, StoreError> {
    Ok(db.all(TOTALS, args![account], sum).await?.into_iter().collect())
}

/// The sums of one counter since the hour of an instant, that hour included.
///
/// # Errors
/// When the database cannot be asked.
pub async fn since(db: &impl Read, account: Uuid, name: &str, at: Timestamp) -> Result<Sums, StoreError> {
    Ok(db.all(SINCE, args![account, name, hour(at)], sum).await?.into_iter().collect())
}

/// One counter of all policies, hour by hour since that of an instant: hours since 1970 with their sums, none for those
/// without any.
///
/// # Errors
/// When the database cannot be asked.
pub async fn by_hour(
    db: &impl Read,
    account: Uuid,
    name: &str,
    since: Timestamp,
) -> Result<Vec<(i64, i64)>, StoreError> {
    db.all(BY_HOUR, args![account, name, hour(since)], |row| Ok((row.take()?, row.take()?))).await
}

/// Lets a counter of a policy begin anew.
///
/// # Errors
/// When the database refuses.
pub async fn clear(tx: &Tx<'_>, account: Uuid, policy: Uuid, name: &str) -> Result<(), StoreError> {
    tx.execute(CLEAR, args![account, policy, name]).await.map(drop)
}

/// Account, policy, name and hour of a counter.
type Counter = (Uuid, Uuid, String, i64);

/// Puts the shards of hours before that of `now` together, so that a year of them is read as fast as a day.
///
/// # Errors
/// When the database refuses.
pub async fn fold(tx: &Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    // What is deleted is what is added: a change that another transaction makes meanwhile is in both or in neither.
    let taken = tx.all(TAKE_SHARDS, args![hour(now)], shard).await?;
    let mut sums = BTreeMap::<Counter, i64>::new();
    for (counter, value) in taken {
        let sum = sums.entry(counter).or_default();
        *sum = sum.saturating_add(value);
    }
    let rows: Vec<_> = sums
        .iter()
        .map(|((account, policy, name, hour), sum)| {
            args![*account, *policy, name, *hour, 0_i64, *sum].to_vec()
        })
        .collect();
    tx.execute_each(ADD, &rows).await.map(drop)
}

fn shard(row: &mut Row<'_>) -> Result<(Counter, i64), StoreError> {
    Ok(((row.take()?, row.take()?, row.take()?, row.take()?), row.take()?))
}
