//! Good attempts, and refusals of those who are refused all the time, added up by licence and minute until they are written.

use std::collections::{BTreeMap, HashMap};

use keyward_core::code::Code;
use keyward_core::time::Timestamp;
use keyward_store::stats;
use uuid::Uuid;

use super::Attempt;
use crate::Front;

/// Sums that are held at the most; each takes some hundred bytes, and as much again while they are written.
const MOST: usize = 524_288;
/// So few are written at once, so that whoever looks on sees what was asked just now.
const FEW: usize = 256;

/// What is added up together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) license: Uuid,
    pub(super) front: Front,
    pub(super) code: Code,
    pub(super) reason: Option<&'static str>,
    pub(super) valid: bool,
}

/// The attempts of a minute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sum {
    pub(super) key: Key,
    /// When the minute began.
    pub(super) minute: Timestamp,
    pub(super) count: u32,
}

/// Good and failed attempts by what counts them, and the hour.
pub(super) type Counted = BTreeMap<(Uuid, i64), (i64, i64)>;

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// It is the first one since all were taken.
    First,
    /// It is one of several.
    One,
    /// There is no room for it.
    Full,
}

/// What is to be written.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) counted: Counted,
    /// By licence: neighbours in the index are written together.
    pub(super) sums: Vec<Sum>,
}

#[derive(Default)]
pub(super) struct Sums {
    minutes: BTreeMap<Timestamp, HashMap<Key, u32>>,
    counted: Counted,
}

impl Sums {
    pub(super) fn is_empty(&self) -> bool {
        self.minutes.is_empty() && self.counted.is_empty()
    }

    fn len(&self) -> usize {
        self.minutes.values().map(HashMap::len).sum()
    }

    pub(super) fn add(&mut self, attempt: &Attempt) -> Added {
        let Some(license) = attempt.license else { return Added::One };
        let Attempt { front, code, reason, valid, .. } = *attempt;
        let key = Key { license, front, code, reason, valid };
        let minute = Timestamp::from_seconds(attempt.at.seconds().div_euclid(60) * 60);
        let is_first = self.is_empty();
        let is_full = self.len() >= MOST;
        let sums = self.minutes.entry(minute).or_default();
        match sums.get_mut(&key) {
            Some(count) => *count += 1,
            None if is_full => return Added::Full,
            None => _ = sums.insert(key, 1),
        }
        self.count(attempt);
        if is_first { Added::First } else { Added::One }
    }

    /// Only counts it.
    pub(super) fn count(&mut self, attempt: &Attempt) -> Added {
        let is_first = self.is_empty();
        if let Some(under) = attempt.counted_under {
            let (good, failed) = self.counted.entry((under, stats::hour(attempt.at))).or_default();
            *(if attempt.valid { good } else { failed }) += 1;
        }
        if is_first { Added::First } else { Added::One }
    }

    /// Takes what is to be written now: all counters, and the sums of minutes that are over; those of this one only when they
    /// are very many, or all are wanted, and of good attempts when they are few.
    pub(super) fn take(&mut self, now: Timestamp, all: bool) -> Taken {
        let count = self.len();
        let minute = Timestamp::from_seconds(now.seconds().div_euclid(60) * 60);
        let mut running =
            if all || count >= MOST { BTreeMap::new() } else { self.minutes.split_off(&minute) };
        let mut over = std::mem::take(&mut self.minutes);
        if count <= FEW {
            // Refusals are here because they are many: each of them at once would be a row again.
            for (minute, counts) in &mut running {
                over.entry(*minute).or_default().extend(counts.extract_if(|key, _| key.valid));
            }
            running.retain(|_, counts| !counts.is_empty());
        }
        self.minutes = running;
        let mut sums: Vec<Sum> = Vec::new();
        for (minute, counts) in over {
            sums.extend(counts.into_iter().map(|(key, count)| Sum { key, minute, count }));
        }
        sums.sort_unstable_by_key(|sum| (sum.key.license, sum.minute));
        Taken { counted: std::mem::take(&mut self.counted), sums }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_800_000_000;

    fn attempt(license: u128, second: i64) -> Attempt {
        Attempt {
            license: Some(Uuid::from_u128(license)),
            counted_under: Some(Uuid::nil()),
            at: Timestamp::from_seconds(NOON + second),
            front: Front::Pool,
            code: Code::Valid,
            reason: None,
            valid: true,
            address: None,
            origin: None,
            user_agent: None,
        }
    }

    /// Licences and counts that are taken, and what the counters count.
    fn take(sums: &mut Sums, second: i64, all: bool) -> (Vec<(u128, u32)>, i64) {
        let Taken { counted, sums } = sums.take(Timestamp::from_seconds(NOON + second), all);
        let taken = sums.iter().map(|sum| (sum.key.license.as_u128(), sum.count)).collect();
        (taken, counted.values().map(|(good, _)| good).sum())
    }

    #[test]
    fn few_are_taken_at_once_and_only_the_first_calls() {
        let mut sums = Sums::default();
        let added: Vec<_> = [2, 1, 2].map(|license| sums.add(&attempt(license, 0))).into();
        assert_eq!(added, [Added::First, Added::One, Added::One]);
        assert_eq!(take(&mut sums, 0, false), (vec![(1, 1), (2, 2)], 3));
        assert!(sums.is_empty());
        assert_eq!(sums.add(&attempt(2, 1)), Added::First);
    }

    #[test]
    fn many_are_held_until_their_minute_is_over_or_all_are_wanted() {
        let mut sums = Sums::default();
        let many = FEW as u128 + 1;
        (0..many).for_each(|license| _ = sums.add(&attempt(license, 0)));
        assert_eq!(take(&mut sums, 59, false), (vec![], many as i64), "counters wait for nothing");
        sums.add(&attempt(7, 60));
        let (over, counted) = take(&mut sums, 60, false);
        assert_eq!((over.len() as u128, counted), (many, 1));
        assert_eq!(take(&mut sums, 61, false), (vec![(7, 1)], 0));
        (0..many).for_each(|license| _ = sums.add(&attempt(license, 62)));
        assert_eq!(take(&mut sums, 63, true).0.len() as u128, many);
        assert!(sums.is_empty());
    }

    #[test]
    fn refusals_wait_until_their_minute_is_over_however_few_they_are() {
        let mut sums = Sums::default();
        let refused = |second: i64| Attempt { valid: false, code: Code::AlreadyUsed, ..attempt(1, second) };
        for second in [0, 30] {
            sums.add(&refused(second));
            sums.add(&attempt(2, second));
            assert_eq!(take(&mut sums, second, false).0, [(2, 1)]);
        }
        assert_eq!(take(&mut sums, 59, false).0, []);
        assert_eq!(take(&mut sums, 60, false).0, [(1, 2)]);
        assert!(sums.is_empty());
        sums.add(&refused(61));
        assert_eq!(take(&mut sums, 61, true).0, [(1, 1)], "all are wanted");
    }

    #[test]
    fn what_is_only_counted_leaves_no_sum() {
        let mut sums = Sums::default();
        let counted: Vec<_> = [1, 2].map(|license| sums.count(&attempt(license, 0))).into();
        assert_eq!(counted, [Added::First, Added::One]);
        assert_eq!(take(&mut sums, 0, false), (vec![], 2));
        assert!(sums.is_empty());
    }

    #[test]
    fn memory_is_bounded_and_what_has_a_sum_still_counts() {
        let mut sums = Sums::default();
        (0..MOST as u128).for_each(|license| _ = sums.add(&attempt(license, 0)));
        assert_eq!(sums.add(&attempt(MOST as u128, 0)), Added::Full);
        assert_eq!(sums.add(&attempt(5, 0)), Added::One);
        let (taken, counted) = take(&mut sums, 0, false);
        assert_eq!((taken.len(), counted), (MOST, MOST as i64 + 1));
        assert_eq!(taken[5], (5, 2));
    }
}
