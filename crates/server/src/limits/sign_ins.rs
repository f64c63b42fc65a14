//! The delay after wrong passwords and codes: each further one for the same person waits longer. Passwords are counted for a
//! person and the network that they come from, so that a stranger elsewhere keeps nobody out; codes for a person alone.
//! Known addresses and unknown ones are treated alike.

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
const CAPACITY: usize = 100_000;

/// Wrong passwords and codes in a row, by whom they were for.
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
    /// Begins an attempt, which counts as a wrong one until it turns out right: of many at once no more are let through than
    /// one after the other.
    ///
    /// # Errors
    /// How long the attempt has to wait.
    pub fn begin(&self, person: &str, now: Timestamp) -> Result<(), RetryAfter> {
        self.with(|all| {
            let tries = all.touch(self.key(person));
            if tries.is_over(now) {
                tries.wrong = 0;
            }
            if let Some(free_at) = tries.free_at().filter(|free_at| now < *free_at) {
                return Err(RetryAfter::between(now, free_at));
            }
            tries.wrong = tries.wrong.saturating_add(1);
            tries.last = Some(now);
            Ok(())
        })
    }

    /// Takes an attempt back of which nobody knows whether it was right.
    pub fn withdraw(&self, person: &str) {
        self.with(|all| {
            let tries = all.touch(self.key(person));
            tries.wrong = tries.wrong.saturating_sub(1);
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

    /// How long an attempt has to wait that begins now.
    fn wait(delays: &SignInDelays, person: &str, second: i64) -> u64 {
        delays.begin(person, at(second)).err().map_or(0, |wait| wait.0)
    }

    #[test]
    fn each_wrong_one_waits_longer_and_a_right_one_forgets() {
        let delays = SignInDelays::default();
        let (mut waits, mut now) = (Vec::new(), 100);
        for _ in 0..14 {
            let seconds = wait(&delays, "Ada@example.com", now);
            waits.push(seconds);
            now += i64::try_from(seconds).unwrap();
            if seconds > 0 {
                assert_eq!(wait(&delays, " ada@example.com", now - 1), 1);
                assert_eq!(wait(&delays, " ada@example.com", now), 0);
            }
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(wait(&delays, "ada@example.com", now), 60);
        assert_eq!(wait(&delays, "bob@example.com", now), 0, "another person");
        assert_eq!(wait(&delays, "ada@example.com", now + 3_601), 0, "an hour later");
        for _ in 0..9 {
            wait(&delays, "ada@example.com", 9_000);
        }
        delays.succeeded("ada@example.com");
        assert_eq!(wait(&delays, "ada@example.com", 9_000), 0);
        for _ in 0..9 {
            assert_eq!(wait(&delays, "eve@example.com", 9_000), 0, "what is withdrawn does not count");
            delays.withdraw("eve@example.com");
        }
    }
}
