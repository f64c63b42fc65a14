//! Counters: what lists and statistics say without counting rows.

use std::collections::BTreeMap;

use keyward_core::time::Timestamp;
use uuid::Uuid;

use crate::sql::{args, statements};
use crate::{Read, Row, StoreError, Tx, Value};

/// Writers of one counter on PostgreSQL that do not wait for each other.
const SHARDS: u8 = 8;
/// The hour that stands for all time.
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
    FOLD = "insert into stats_hourly (account_id, policy_id, name, hour, shard, value)
            select account_id, policy_id, name, hour, 0, cast(sum(value) as bigint) from stats_hourly
            where hour > 0 and hour < $1 and shard > 0 group by account_id, policy_id, name, hour
            on conflict (account_id, name, hour, policy_id, shard)
            do update set value = stats_hourly.value + excluded.value";
    CLEAR = "delete from stats_hourly where account_id = $1 and policy_id = $2 and name = $3";
    DELETE_FOLDED = "delete from stats_hourly where hour > 0 and hour < $1 and shard > 0";
}

/// Hours since 1970 of an instant.
pub const fn hour(at: Timestamp) -> i64 {
    at.seconds().div_euclid(3_600)
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

/// Lets a counter of a policy begin anew.
///
/// # Errors
/// When the database refuses.
pub async fn clear(tx: &Tx<'_>, account: Uuid, policy: Uuid, name: &str) -> Result<(), StoreError> {
    tx.execute(CLEAR, args![account, policy, name]).await.map(drop)
}

/// Puts the shards of hours before that of `now` together, so that a year of them is read as fast as a day.
///
/// # Errors
/// When the database refuses.
pub async fn fold(tx: &Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(FOLD, args![hour(now)]).await?;
    tx.execute(DELETE_FOLDED, args![hour(now)]).await.map(drop)
}
