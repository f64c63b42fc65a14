//! The limiter of guesses. It is asked only after a look-up found nothing, and charged only for failures: whoever has
//! a key that exists is never locked out.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use keyward_core::time::Timestamp;
use prometheus::{IntCounter, IntGauge};
use tracing::warn;

use super::Network;
use super::bounded::Bounded;
use super::{MAX_ADDRESSES, RetryAfter, plus};
use crate::config::Limits;
use crate::metrics::Metrics;

/// Counts failures per address and over all addresses.
pub struct FailureLimiter {
    rules: Limits,
    state: Mutex<State>,
    lockouts: IntCounter,
    alert: IntGauge,
}

/// What charging a failure did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was counted.
    Counted,
    /// It was the last one allowed: the address is locked out from now on.
    LocksOut(RetryAfter),
    /// The address is locked out already; nothing was counted.
    LockedOut(RetryAfter),
}

struct State {
    addresses: Bounded<Network, Record>,
    all: Everybody,
}

#[derive(Default)]
struct Record {
    /// The failures within the window.
    failures: VecDeque<Timestamp>,
    /// How many lockouts there were.
    lockouts: u32,
    /// The end of the last lockout.
    locked_until: Option<Timestamp>,
    /// The last failure, or the end of the last lockout.
    last: Option<Timestamp>,
}

/// Failures of all addresses together, in windows one after the other.
#[derive(Default)]
struct Everybody {
    start: Option<Timestamp>,
    count: u64,
    alert: bool,
}

impl FailureLimiter {
    /// A limiter with these rules, that shows in these metrics.
    pub fn new(rules: Limits, metrics: &Metrics) -> Self {
        let state = State { addresses: Bounded::new(MAX_ADDRESSES), all: Everybody::default() };
        Self {
            rules,
            state: Mutex::new(state),
            lockouts: metrics.lockouts.clone(),
            alert: metrics.failures_alert.clone(),
        }
    }

    /// How long the address is still locked out, if it is.
    pub fn check(&self, address: IpAddr, now: Timestamp) -> Option<RetryAfter> {
        self.state().addresses.get(address.into())?.locked(now, &self.rules)
    }

    /// Counts a failure. A failure during a lockout is refused and changes nothing.
    pub fn charge(&self, address: IpAddr, now: Timestamp) -> Outcome {
        let state = &mut *self.state();
        let record = state.addresses.touch(address.into());
        if let Some(wait) = record.locked(now, &self.rules) {
            return Outcome::LockedOut(wait);
        }
        if state.all.count(now, &self.rules) {
            self.alert.set(1);
            warn!(
                failures.count = state.all.count,
                "{} failed look-ups within {:?}: somebody may be guessing keys",
                state.all.count,
                self.rules.window
            );
        }
        let allowed = if state.all.alert { (self.rules.failures / 2).max(1) } else { self.rules.failures };
        match record.fail(now, allowed, &self.rules) {
            Some(wait) => {
                self.lockouts.inc();
                Outcome::LocksOut(wait)
            }
            None => Outcome::Counted,
        }
    }

    /// For a handler whose look-up found nothing: counts it, and says whether to refuse instead of answering.
    pub fn failed(&self, address: IpAddr, now: Timestamp) -> Result<(), RetryAfter> {
        match self.charge(address, now) {
            Outcome::LockedOut(wait) => Err(wait),
            Outcome::Counted | Outcome::LocksOut(_) => Ok(()),
        }
    }

    /// Whether there are so many failures that somebody may be guessing. Also takes the alert back when it is over,
    /// so it is asked before metrics are shown.
    pub fn alert(&self, now: Timestamp) -> bool {
        let state = &mut *self.state();
        state.all.turn(now, &self.rules);
        self.alert.set(i64::from(state.all.alert));
        state.all.alert
    }

    /// Forgets everything, for tests.
    pub fn reset(&self) {
        *self.state() = State { addresses: Bounded::new(MAX_ADDRESSES), all: Everybody::default() };
        self.alert.set(0);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Counters are whole at any point: a panic elsewhere must not switch the limiter off.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn locked(&self, now: Timestamp, rules: &Limits) -> Option<RetryAfter> {
        let until = self.locked_until.filter(|until| *until > now)?;
        // A longer wait than any lockout means that the clock was set back.
        (until <= plus(now, rules.max_lockout)).then(|| RetryAfter::between(now, until))
    }

    fn fail(&mut self, now: Timestamp, allowed: u32, rules: &Limits) -> Option<RetryAfter> {
        if self.last.is_some_and(|last| plus(last, rules.forget) <= now) {
            *self = Self::default();
        }
        self.failures.retain(|at| *at <= now && plus(*at, rules.window) > now);
        self.failures.push_back(now);
        self.last = Some(now);
        if self.failures.len() < allowed as usize {
            return None;
        }
        let doubled = rules.lockout.saturating_mul(1_u32.checked_shl(self.lockouts).unwrap_or(u32::MAX));
        let until = plus(now, doubled.min(rules.max_lockout));
        *self = Self {
            failures: VecDeque::new(),
            lockouts: (self.lockouts + 1).min(31),
            locked_until: Some(until),
            last: Some(until),
        };
        Some(RetryAfter::between(now, until))
    }
}

impl Everybody {
    /// Counts one; says whether it raised the alert.
    fn count(&mut self, now: Timestamp, rules: &Limits) -> bool {
        self.turn(now, rules);
        self.count += 1;
        let is_loud = self.count >= u64::from(rules.alert);
        let is_raised = is_loud && !self.alert;
        self.alert |= is_loud;
        is_raised
    }

    /// Begins a new window when the old one is over. An alert lasts until a window stays below the threshold.
    fn turn(&mut self, now: Timestamp, rules: &Limits) {
        let Some(start) = self.start else {
            self.start = Some(now);
            return;
        };
        if start <= now && now < plus(start, rules.window) {
            return;
        }
        let follows = start <= now && now < plus(plus(start, rules.window), rules.window);
        *self = Self {
            start: Some(if follows { plus(start, rules.window) } else { now }),
            count: 0,
            alert: follows && self.count >= u64::from(rules.alert),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const SPY: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    fn limiter() -> FailureLimiter {
        FailureLimiter::new(Limits::default(), &Metrics::new())
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds)
    }

    /// Ten failures at one instant; the last one locks out for so many seconds.
    fn ten(limiter: &FailureLimiter, now: Timestamp) -> u64 {
        for _ in 0..9 {
            assert_eq!(limiter.charge(SPY, now), Outcome::Counted);
        }
        let Outcome::LocksOut(RetryAfter(wait)) = limiter.charge(SPY, now) else {
            panic!("the tenth locks out")
        };
        wait
    }

    #[test]
    fn lockouts_double_to_an_hour_and_are_forgotten_after_a_day() {
        let limiter = limiter();
        let mut now = 0;
        for wanted in [60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600] {
            assert_eq!(ten(&limiter, at(now)), wanted);
            assert_eq!(limiter.check(SPY, at(now)), Some(RetryAfter(wanted)));
            assert_eq!(limiter.charge(SPY, at(now + 1)), Outcome::LockedOut(RetryAfter(wanted - 1)));
            now += i64::try_from(wanted).unwrap();
            assert_eq!(limiter.check(SPY, at(now - 1)), Some(RetryAfter(1)));
            assert_eq!(limiter.check(SPY, at(now)), None);
        }
        assert_eq!(ten(&limiter, at(now + 86_399)), 3_600, "a second before it is forgotten");
        assert_eq!(ten(&limiter, at(now + 86_399 + 3_600 + 86_400)), 60);
        assert_eq!(limiter.lockouts.get(), 11);
    }

    #[test]
    fn the_window_slides() {
        // Failures at these seconds; which one of them, counted from 1, locks out.
        let table: [(&[i64], Option<usize>); 5] = [
            (&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], Some(10)),
            (&[0, 1, 2, 3, 4, 5, 6, 7, 8, 599], Some(10)),
            (&[0, 1, 2, 3, 4, 5, 6, 7, 8, 600], None),
            (&[0, 599, 599, 599, 599, 599, 599, 599, 599, 600, 601, 602], Some(11)),
            (&[0, 60, 120, 180, 240, 300, 360, 420, 480, 601, 661, 721], None),
        ];
        for (seconds, wanted) in table {
            let limiter = limiter();
            let is_lock = |second: &i64| matches!(limiter.charge(SPY, at(*second)), Outcome::LocksOut(_));
            let found = seconds.iter().position(is_lock).map(|index| index + 1);
            assert_eq!(found, wanted, "{seconds:?}");
        }
    }

    #[test]
    fn others_are_not_locked_out_and_a_clock_set_back_locks_nobody() {
        let limiter = limiter();
        ten(&limiter, at(0));
        assert_eq!(limiter.check(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)), at(0)), None);
        assert_eq!(limiter.check(SPY, at(-100_000)), None);
        assert_eq!(limiter.failed(SPY, at(-100_000)), Ok(()));
    }

    #[test]
    fn many_failures_of_many_raise_the_alert_and_halve_the_allowance() {
        let limiter = limiter();
        for number in 0..1_000_u32 {
            assert!(!limiter.alert(at(0)), "at {number}");
            let address = IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number));
            assert_eq!(limiter.charge(address, at(0)), Outcome::Counted);
        }
        assert!(limiter.alert(at(0)));
        assert_eq!(limiter.alert.get(), 1);
        for _ in 0..4 {
            assert_eq!(limiter.failed(SPY, at(1)), Ok(()));
        }
        assert_eq!(limiter.charge(SPY, at(1)), Outcome::LocksOut(RetryAfter(60)));
        assert!(limiter.alert(at(1_199)));
        assert!(!limiter.alert(at(1_200)), "a quiet window takes it back");
        assert_eq!(limiter.alert.get(), 0);
    }
}
