//! The delay after wrong passwords: each further one for the same address of a person waits longer, whoever sends it. Known
//! addresses and unknown ones are treated alike.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Mutex, PoisonError};

use keyward_core::time::Timestamp;

use super::RetryAfter;
use super::bounded::Bounded;

/// Wrong ones in a row without a delay.
const FREE: u32 = 4;
/// The longest delay, in seconds: more would let strangers lock honest people out.
const LONGEST: i64 = 60;
/// After so many seconds without a wrong one all is forgotten.
const FORGOTTEN: i64 = 3_600;
/// So many are remembered.
const CAPACITY: usize = 20_000;

/// Wrong passwords in a row, by the address that they were for.
pub struct SignInDelays {
    hasher: RandomState,
    tries: Mutex<Bounded<u64, Tries>>,
}

#[derive(Clone, Copy, Default)]
struct Tries {
    wrong: u32,
    last: Option<Timestamp>,
}

impl Tries {
    fn free_at(self) -> Option<Timestamp> {
        let over = self.wrong.checked_sub(FREE + 1)?;
        Some(self.last?.plus_seconds((1_i64 << over.min(6)).min(LONGEST)))
    }

    fn is_over(self, now: Timestamp) -> bool {
        self.last.is_none_or(|last| last.plus_seconds(FORGOTTEN) < now)
    }
}

impl Default for SignInDelays {
    fn default() -> Self {
        Self { hasher: RandomState::new(), tries: Mutex::new(Bounded::new(CAPACITY)) }
    }
}

impl SignInDelays {
    /// How long the next attempt has to wait; `None` when it has not.
    pub fn wait(&self, person: &str, now: Timestamp) -> Option<RetryAfter> {
        let tries = self.with(|tries| tries.get(self.key(person)).copied().unwrap_or_default());
        let free_at = tries.free_at().filter(|_| !tries.is_over(now))?;
        (now < free_at).then(|| RetryAfter::between(now, free_at))
    }

    /// Notes a wrong password or code.
    pub fn failed(&self, person: &str, now: Timestamp) {
        self.with(|all| {
            let tries = all.touch(self.key(person));
            if tries.is_over(now) {
                tries.wrong = 0;
            }
            tries.wrong = tries.wrong.saturating_add(1);
            tries.last = Some(now);
        });
    }

    /// Forgets the wrong ones of somebody who signed in.
    pub fn succeeded(&self, person: &str) {
        self.with(|tries| *tries.touch(self.key(person)) = Tries::default());
    }

    /// Forgets everything.
    pub fn reset(&self) {
        self.with(|tries| *tries = Bounded::new(CAPACITY));
    }

    fn key(&self, person: &str) -> u64 {
        self.hasher.hash_one(person.trim().to_lowercase())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Bounded<u64, Tries>) -> T) -> T {
        act(&mut self.tries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn each_wrong_one_waits_longer_and_a_right_one_forgets() {
        let delays = SignInDelays::default();
        let mut waits = Vec::new();
        for _ in 0..14 {
            delays.failed("Ada@example.com", at(100));
            waits.push(delays.wait(" ada@example.com", at(100)).map_or(0, |wait| wait.0));
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        assert_eq!(delays.wait("ada@example.com", at(159)), Some(RetryAfter(1)));
        assert_eq!(delays.wait("ada@example.com", at(160)), None);
        assert_eq!(delays.wait("bob@example.com", at(100)), None, "another person");
        delays.failed("ada@example.com", at(100 + 3_601));
        assert_eq!(delays.wait("ada@example.com", at(100 + 3_601)), None, "an hour later");
        for _ in 0..9 {
            delays.failed("ada@example.com", at(9_000));
        }
        delays.succeeded("ada@example.com");
        assert_eq!(delays.wait("ada@example.com", at(9_000)), None);
    }
}
