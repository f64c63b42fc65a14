//! `keyward issue pool`.

use std::num::NonZeroU64;
use std::sync::Mutex;

use clap::Args;
use keyward_core::scheme::pool::{DURATIONS, Duration};
use keyward_core::time::Timestamp;
use keyward_engine::Policy;
use keyward_engine::issue::{PoolKeys, check_pool_size};
use keyward_engine::license::PoolRequest;

use crate::bulk::{Bulk, Row};
use crate::clock::Now;
use crate::database::{DatabaseArgs, Opened};
use crate::failure::Failure;
use crate::output;

/// Keys of each duration unless said otherwise: as the original, 5,000 in all.
const DEFAULT_COUNT: u64 = 1_000;

#[derive(Args)]
pub(crate) struct Pool {
    /// Durations, separated by commas: 1d, 5d, 1m, 6m, 12m [default: all five]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = duration)]
    duration: Vec<Duration>,
    /// A name that stands beside every key [default: the time of day; nothing with --offline]
    #[arg(long, value_name = "NAME")]
    batch: Option<String>,
    #[command(flatten)]
    bulk: Bulk,
    /// Store nothing: the keys work once a server registers them
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    now: Now,
}

/// One of the five durations, by its short name or its days.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let named = DURATIONS.into_iter().find(|d| d.short == text || d.days.to_string() == text);
    named.ok_or_else(|| "the durations are 1d, 5d, 1m, 6m, 12m".to_owned())
}

impl Pool {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let durations = if self.duration.is_empty() { &DURATIONS } else { self.duration.as_slice() };
        let each = self.bulk.count.map_or(DEFAULT_COUNT, NonZeroU64::get);
        let total = each.saturating_mul(durations.len() as u64);
        check_pool_size(total)?;
        if !self.offline {
            let alone = total == 1 && !json && !self.bulk.is_shaped();
            return if alone { self.store_one(durations) } else { self.store(durations, each, total, json) };
        }
        let made = Mutex::new(PoolKeys::default());
        let batch = self.batch.as_deref().unwrap_or_default();
        self.bulk.write(total, json, |number, rng| {
            let key = made.lock().expect("no other worker panics").next(rng)?;
            let duration = durations[(number / each) as usize];
            Ok(row(key.as_str(), &duration.days.to_string(), duration.label, batch))
        })
    }

    /// Makes the keys in the database. They are seen once all of them are written to the table, too.
    fn store(&self, durations: &[Duration], each: u64, total: u64, json: bool) -> Result<(), Failure> {
        let mut sink = self.bulk.sink(total, json)?;
        let made = self.database.change(self.now.given(), async |opened: &Opened| {
            let request = self.request(opened, durations, each);
            let name = request.name.clone();
            let mut left = total;
            let part = |keys: &[String], policy: &Policy| -> Result<(), Failure> {
                let (days, label) = (&policy.row.code, &policy.row.name);
                let rows: Vec<Row> = keys.iter().map(|key| row(key, days, label, &name)).collect();
                sink.write(&rows)?;
                left = left.saturating_sub(keys.len() as u64);
                if left == 0 { sink.settle() } else { Ok(()) }
            };
            let batch =
                opened.engine.issue_pool(&opened.caller, &request, part).await.map_err(nothing_stored)?;
            Ok((batch, name))
        });
        let (batch, name) = made?;
        sink.finish()?;
        output::tell(format_args!("made {} pool keys as batch {name} ({})", batch.count, batch.id));
        Ok(())
    }
}

impl Pool {
    /// A single key that nobody asked to have in a table: the key alone on standard output, what it is on standard error.
    fn store_one(&self, durations: &[Duration]) -> Result<(), Failure> {
        self.database.change(self.now.given(), async |opened: &Opened| {
            let request = self.request(opened, durations, 1);
            let mut made = Vec::new();
            let part = |keys: &[String], _: &Policy| -> Result<(), Failure> {
                made.extend_from_slice(keys);
                Ok(())
            };
            let batch = opened.engine.issue_pool(&opened.caller, &request, part).await?;
            for key in made {
                output::print(format_args!("{key}\n"))?;
            }
            for duration in durations {
                output::tell(format_args!(
                    "a key for {} days from its first activation, in the batch {} ({})",
                    duration.days, request.name, batch.id
                ));
            }
            Ok(())
        })
    }

    fn request(&self, opened: &Opened, durations: &[Duration], each: u64) -> PoolRequest {
        PoolRequest {
            id: None,
            product: opened.config.dialects.pool.product.clone(),
            policies: durations.iter().map(|duration| duration.days.to_string()).collect(),
            each,
            name: self.batch.clone().unwrap_or_else(|| batch_name(opened.engine.now())),
        }
    }
}

/// Keys that nobody read are of no use.
fn nothing_stored(failure: Failure) -> Failure {
    if failure.is_closed_pipe() {
        let remedy = "write the keys to a file with --out";
        return Failure::new("FILE", "the reader of the keys has gone, so none of them was stored", remedy);
    }
    failure
}

fn row(key: &str, days: &str, label: &str, batch: &str) -> Row {
    vec![
        ("license_key", key.to_owned()),
        ("duration_days", days.to_owned()),
        ("duration_label", label.to_owned()),
        ("batch_id", batch.to_owned()),
    ]
}

/// Tells this batch from others: `pool-20261231-235959`.
fn batch_name(now: Timestamp) -> String {
    let digits: String = now.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    let (date, time) = digits.split_at_checked(8).unwrap_or((&digits, ""));
    format!("pool-{date}-{time}")
}
