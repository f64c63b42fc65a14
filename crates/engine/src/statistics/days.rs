//! What happened day by day. The days that are over are kept in memory: an overview of a month would otherwise add up every hour
//! of every policy each time that somebody looks.

use std::sync::{Mutex, PoisonError};

use keyward_core::time::{MICROS_PER_DAY, Timestamp};
use keyward_store::stats::{self, Sums};

use super::counters;
use crate::{Engine, EngineError};

const COUNTERS: [&str; 3] = [counters::ACTIVATIONS, counters::VALIDATIONS, counters::FAILED];
const HOURS_PER_DAY: i64 = 24;
/// Days, the present one included, that are read each time: those that somebody still counts for.
const OPEN: i64 = 2;

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

/// The days that are over, as they were read last.
#[derive(Default)]
pub(crate) struct Settled(Mutex<Option<Kept>>);

#[derive(Clone)]
struct Kept {
    /// The first day, as its number since 1970.
    first: i64,
    days: Vec<Day>,
    /// What the counters of all time said without the days behind these. It changes only when somebody counts for a day that is
    /// over, as an import does, or clears a counter.
    before: [i64; COUNTERS.len()],
}

impl Kept {
    /// The day behind these.
    const fn open(&self) -> i64 {
        self.first + self.days.len() as i64
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
        let today = self.now().micros().div_euclid(MICROS_PER_DAY);
        let first = today - days + 1;
        let fits = |kept: &Kept| kept.first <= first && (first..=today).contains(&kept.open());
        let mut all = Vec::new();
        if let Some(kept) = self.days.get().filter(fits) {
            let read = self.read_days(kept.open(), today).await?;
            if without(totals, &read) == kept.before {
                all.extend(kept.days.into_iter().skip(usize::try_from(first - kept.first).unwrap_or(0)));
                all.extend(read);
            }
        }
        if all.is_empty() {
            all = self.read_days(first, today).await?;
        }
        let (over, open) = all.split_at(all.len().saturating_sub(OPEN as usize));
        self.days.set(Kept { first, days: over.to_vec(), before: without(totals, open) });
        Ok(all)
    }

    async fn read_days(&self, first: i64, last: i64) -> Result<Vec<Day>, EngineError> {
        let at = |day: i64| Timestamp::from_micros(day * MICROS_PER_DAY);
        let none = |day| Day { at: at(day), activations: 0, validations: 0, failed: 0 };
        let mut days: Vec<Day> = (first..=last).map(none).collect();
        for name in COUNTERS {
            for (hour, sum) in stats::by_hour(&self.store, self.account.id, name, at(first)).await? {
                let place = usize::try_from(hour.div_euclid(HOURS_PER_DAY) - first).ok();
                let Some(day) = place.and_then(|place| days.get_mut(place)) else { continue };
                match name {
                    counters::ACTIVATIONS => day.activations += sum,
                    counters::VALIDATIONS => day.validations += sum,
                    _ => day.failed += sum,
                }
            }
        }
        Ok(days)
    }
}

/// What the counters of all time say without these days.
fn without(totals: &Sums, days: &[Day]) -> [i64; COUNTERS.len()] {
    let total = |wanted: &str| -> i64 {
        totals.iter().filter(|((_, name), _)| name == wanted).map(|(_, sum)| sum).sum()
    };
    let sum = |of: fn(&Day) -> i64| -> i64 { days.iter().map(of).sum() };
    let [activations, validations, failed] = COUNTERS.map(total);
    [
        activations - sum(|day| day.activations),
        validations - sum(|day| day.validations),
        failed - sum(|day| day.failed),
    ]
}
