//! The delay after wrong passwords and codes: each further one for the same person waits longer. Passwords are counted for a
//! person and the network that they come from, so that a stranger elsewhere keeps nobody out; codes for a person alone.
//! Known addresses and unknown ones are treated alike.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Mutex, PoisonError};

use keyward_core::time::Timestamp;

use super::RetryAfter;
use super::bounded::Bounded;

/// How many wrong ones in a row cost nothing, and how long the next one has to wait at the most.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    free: u32,
    /// In seconds.
    longest: i64,
}

impl Patience {
    /// With whoever is known: one who sends from one network, or a code after the right password.
    pub const SENDER: Self = Self { free: 4, longest: 60 };
    /// With one network, whoever it is for: each attempt takes a core for a moment, and memory.
    pub const NETWORK: Self = Self { free: 30, longest: 2 };
    /// With all senders for one person together: more would let strangers lock him out.
    pub const EVERYBODY: Self = Self { free: 100, longest: 5 };
}

/// After so many seconds without a wrong one all is forgotten.
const FORGOTTEN: i64 = 3_600;
/// A delay is told once in so many seconds.
const TOLD: i64 = 60;
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
    /// When it was last told that they have to wait.
    told: Option<Timestamp>,
    /// Whether somebody signed in.
    is_known: bool,
}

impl Tries {
    fn free_at(self, patience: Patience) -> Option<Timestamp> {
        let over = self.wrong.checked_sub(patience.free + 1)?;
        Some(self.last?.plus_seconds((1_i64 << over.min(6)).min(patience.longest)))
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
    pub fn begin(&self, person: &str, patience: Patience, now: Timestamp) -> Result<(), RetryAfter> {
        self.with(|all| {
            let tries = all.touch(self.key(person));
            if tries.is_over(now) {
                tries.wrong = 0;
            }
            if let Some(free_at) = tries.free_at(patience).filter(|free_at| now < *free_at) {
                return Err(RetryAfter::between(now, free_at));
            }
            tries.wrong = tries.wrong.saturating_add(1);
            tries.last = Some(now);
            Ok(())
        })
    }

    /// Begins an attempt that counts under several, or under none of them.
    ///
    /// # Errors
    /// How long the attempt has to wait.
    pub fn begin_all(&self, under: &[(&str, Patience)], now: Timestamp) -> Result<(), RetryAfter> {
        for (place, (person, patience)) in under.iter().enumerate() {
            if let Err(wait) = self.begin(person, *patience, now) {
                under[..place].iter().for_each(|(person, _)| self.withdraw(person));
                return Err(wait);
            }
        }
        Ok(())
    }

    /// Whether somebody signed in as this one since the start.
    pub fn knows(&self, person: &str) -> bool {
        self.with(|all| all.get(self.key(person)).is_some_and(|tries| tries.is_known))
    }

    /// Whether a delay begins with the attempt that just turned out wrong, of which nobody was told within a minute.
    pub fn begins(&self, person: &str, patience: Patience, now: Timestamp) -> bool {
        self.with(|all| {
            let tries = all.touch(self.key(person));
            let waits = tries.free_at(patience).is_some_and(|free_at| now < free_at);
            let is_news = tries.told.is_none_or(|told| told.plus_seconds(TOLD) <= now);
            if waits && is_news {
                tries.told = Some(now);
            }
            waits && is_news
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
        self.with(|tries| *tries.touch(self.key(person)) = Tries { is_known: true, ..Tries::default() });
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
        delays.begin(person, Patience::SENDER, at(second)).err().map_or(0, |wait| wait.0)
    }

    #[test]
    fn a_delay_is_told_when_it_begins_and_once_a_minute() {
        let delays = SignInDelays::default();
        let wrong = |second: i64| {
            let _ = delays.begin("ada@example.com", Patience::SENDER, at(second));
            delays.begins("ada@example.com", Patience::SENDER, at(second))
        };
        let told: Vec<bool> = [0, 0, 0, 0, 0, 1, 3, 7, 60, 61].into_iter().map(wrong).collect();
        assert_eq!(told, [false, false, false, false, true, false, false, false, true, false]);
        assert!(!delays.begins("bob@example.com", Patience::SENDER, at(61)), "another person");
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
