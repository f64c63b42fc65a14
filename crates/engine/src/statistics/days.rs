//! What happened day by day. The hours that are over are kept in memory: an overview of a month would otherwise add up every hour
//! of every policy each time that somebody looks.

use std::sync::{Mutex, PoisonError};

use keyward_core::time::{MICROS_PER_DAY, Timestamp};
use keyward_store::stats::{self, Sums};

use super::counters;
use crate::{Engine, EngineError};

const COUNTERS: [&str; 3] = [counters::ACTIVATIONS, counters::VALIDATIONS, counters::FAILED];
const HOURS_PER_DAY: i64 = 24;
const MICROS_PER_HOUR: i64 = MICROS_PER_DAY / HOURS_PER_DAY;
/// Hours that are over, but are read each time as the present one is: somebody still counts for them.
const OPEN: i64 = 1;

/// What each counter says.
type Hour = [i64; COUNTERS.len()];

/// What happened on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its first instant.
    pub at: Timestamp,
    /// Devices and domains that licences were activated on.
    pub activations: i64,
    /// Attempts to validate that were answered with yes.
    pub validations: i64,
    /// Attempts that were refused.
    pub failed: i64,
}

/// The hours that are over, as they were read last.
#[derive(Default)]
pub(crate) struct Settled(Mutex<Option<Kept>>);

#[derive(Clone)]
struct Kept {
    /// The first hour, as its number since 1970.
    first: i64,
    hours: Vec<Hour>,
    /// What the counters of all time said without the hours behind these. It changes only when somebody counts for an hour that is
    /// over, as an import does, or clears a counter.
    before: Hour,
}

impl Kept {
    /// The hour behind these.
    const fn open(&self) -> i64 {
        self.first + self.hours.len() as i64
    }
}

impl Settled {
    fn get(&self) -> Option<Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, kept: Kept) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }
}

impl Engine {
    /// The last `days` days in UTC, the oldest first, the present one included. `totals` are the counters of all time.
    pub(super) async fn by_day(&self, days: i64, totals: &Sums) -> Result<Vec<Day>, EngineError> {
        let now = self.now().micros().div_euclid(MICROS_PER_HOUR);
        let end = (now.div_euclid(HOURS_PER_DAY) + 1) * HOURS_PER_DAY;
        let first = end - days * HOURS_PER_DAY;
        let fits = |kept: &Kept| kept.first <= first && (first..=now).contains(&kept.open());
        let mut all = Vec::new();
        if let Some(kept) = self.days.get().filter(fits) {
            let read = self.read_hours(kept.open(), end).await?;
            if without(totals, &read) == kept.before {
                all.extend(kept.hours.into_iter().skip(usize::try_from(first - kept.first).unwrap_or(0)));
                all.extend(read);
            }
        }
        if all.is_empty() {
            all = self.read_hours(first, end).await?;
        }
        let (over, open) = all.split_at(usize::try_from(now - OPEN - first).unwrap_or(0));
        self.days.set(Kept { first, hours: over.to_vec(), before: without(totals, open) });
        let of_day = |(hours, number): (&[Hour], i64)| {
            let [activations, validations, failed] = sum(hours);
            let at = Timestamp::from_micros((first / HOURS_PER_DAY + number) * MICROS_PER_DAY);
            Day { at, activations, validations, failed }
        };
        Ok(all.chunks(HOURS_PER_DAY as usize).zip(0..).map(of_day).collect())
    }

    /// The hours from one on, and before another one.
    async fn read_hours(&self, first: i64, end: i64) -> Result<Vec<Hour>, EngineError> {
        let at = Timestamp::from_micros(first * MICROS_PER_HOUR);
        let mut hours = vec![Hour::default(); usize::try_from(end - first).unwrap_or(0)];
        for (counter, name) in COUNTERS.into_iter().enumerate() {
            for (hour, sum) in stats::by_hour(&self.store, self.account.id, name, at).await? {
                let place = usize::try_from(hour - first).ok();
                if let Some(hour) = place.and_then(|place| hours.get_mut(place)) {
                    hour[counter] += sum;
                }
            }
        }
        Ok(hours)
    }
}

fn sum(hours: &[Hour]) -> Hour {
    std::array::from_fn(|counter| hours.iter().map(|hour| hour[counter]).sum())
}

/// What the counters of all time say without these hours.
fn without(totals: &Sums, hours: &[Hour]) -> Hour {
    let sum = sum(hours);
    std::array::from_fn(|counter| {
        let of_it = totals.iter().filter(|((_, name), _)| name == COUNTERS[counter]);
        of_it.map(|(_, total)| total).sum::<i64>() - sum[counter]
    })
}
