//! `keyward issue pool`.

use std::num::NonZeroU64;
use std::sync::Mutex;

use clap::Args;
use keyward_core::scheme::pool::{DURATIONS, Duration};
use keyward_engine::issue::{PoolKeys, check_pool_size};

use crate::bulk::Bulk;
use crate::failure::Failure;

/// Keys of each duration unless said otherwise: as the original, 5,000 in all.
const DEFAULT_COUNT: u64 = 1_000;

#[derive(Args)]
pub(crate) struct Pool {
    /// Durations, separated by commas: 1d, 5d, 1m, 6m, 12m [default: all five]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = duration)]
    duration: Vec<Duration>,
    /// A name that stands beside every key
    #[arg(long, value_name = "NAME", default_value = "")]
    batch: String,
    #[command(flatten)]
    bulk: Bulk,
    /// Store nothing: the keys work once a server registers them
    #[arg(long)]
    offline: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let named = DURATIONS.into_iter().find(|d| d.short == text || d.days.to_string() == text);
    named.ok_or_else(|| "the durations are 1d, 5d, 1m, 6m, 12m".to_owned())
}

impl Pool {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        if !self.offline {
            return Err(Failure::new(
                "NO_SERVER",
                "pool keys are kept in a database, which is not part of this version",
                "add --offline to make keys and store nothing: they work once a server registers them",
            ));
        }
        let durations = if self.duration.is_empty() { &DURATIONS } else { self.duration.as_slice() };
        let each = self.bulk.count.map_or(DEFAULT_COUNT, NonZeroU64::get);
        let total = each.saturating_mul(durations.len() as u64);
        check_pool_size(total)?;
        let made = Mutex::new(PoolKeys::default());
        self.bulk.write(total, json, |number, rng| {
            let key = made.lock().expect("no other worker panics").next(rng)?;
            let duration = durations[(number / each) as usize];
            Ok(vec![
                ("license_key", key.as_str().to_owned()),
                ("duration_days", duration.days.to_string()),
                ("duration_label", duration.label.to_owned()),
                ("batch_id", self.batch.clone()),
            ])
        })
    }
}
