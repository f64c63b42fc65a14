//! The delay after wrong passwords and codes: each further one for the same person waits longer. Passwords are counted for a
//! person and the network that they come from, so that a stranger elsewhere keeps nobody out; codes for a person alone.
//! Known addresses and unknown ones are treated alike.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Mutex, PoisonError};

use keyward_core::time::Timestamp;
use uuid::Uuid;

use super::bounded::Bounded;
use super::{Network, RetryAfter};

/// What attempts are counted by. People are named by what was typed, so that unknown ones are treated alike.
#[derive(Clone, Copy, Debug)]
pub enum Counted<'a> {
    /// Passwords for one person from one network.
    Sender(&'a str, Network),
    /// Passwords from one network, whoever they are for: each takes a core for a moment, and memory.
    Network(Network),
    /// Passwords for one person from everywhere.
    Everybody(&'a str),
    /// Codes of one person, after the right password.
    Code(Uuid),
}

/// How many wrong ones in a row cost nothing, and how long the next one has to wait at the most.
#[derive(Clone, Copy, Debug)]
struct Patience {
    free: u32,
    /// In seconds.
    longest: i64,
}

impl Counted<'_> {
    const fn patience(self) -> Patience {
        match self {
            Self::Sender(..) | Self::Code(_) => Patience { free: 4, longest: 60 },
            Self::Network(_) => Patience { free: 30, longest: 2 },
            // More would let strangers lock somebody out.
            Self::Everybody(_) => Patience { free: 100, longest: 5 },
        }
    }
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
    state: Mutex<State>,
}

struct State {
    tries: Bounded<u64, Tries>,
    /// Those who signed in since the start: a map of its own, which wrong ones do not fill.
    known: Bounded<u64, bool>,
}

impl Default for State {
    fn default() -> Self {
        Self { tries: Bounded::new(CAPACITY), known: Bounded::new(CAPACITY) }
    }
}

#[derive(Clone, Copy, Default)]
struct Tries {
    wrong: u32,
    last: Option<Timestamp>,
    /// When it was last told that they have to wait.
    told: Option<Timestamp>,
}

impl Tries {
    /// When the next one may begin, where that is still to come.
    fn free_at(self, patience: Patience, now: Timestamp) -> Option<Timestamp> {
        let over = self.wrong.checked_sub(patience.free + 1)?;
        let wait = (1_i64 << over.min(6)).min(patience.longest);
        let free_at = self.last?.plus_seconds(wait);
        (now < free_at && !self.is_over(now)).then_some(free_at)
    }

    fn is_over(self, now: Timestamp) -> bool {
        self.last.is_none_or(|last| last.plus_seconds(FORGOTTEN) < now)
    }
}

impl Default for SignInDelays {
    fn default() -> Self {
        Self { hasher: RandomState::new(), state: Mutex::default() }
    }
}

impl SignInDelays {
    /// Begins an attempt, which counts as a wrong one until it turns out right: of many at once no more are let through than
    /// one after the other. One that has to wait changes nothing.
    ///
    /// # Errors
    /// How long the attempt has to wait.
    pub fn begin(&self, under: &[Counted<'_>], now: Timestamp) -> Result<(), RetryAfter> {
        self.with(|state| {
            let waits = under.iter().filter_map(|counted| {
                state.tries.get(self.key(*counted)).and_then(|tries| tries.free_at(counted.patience(), now))
            });
            if let Some(free_at) = waits.max() {
                return Err(RetryAfter::between(now, free_at));
            }
            for counted in under {
                let tries = state.tries.touch(self.key(*counted));
                if tries.is_over(now) {
                    tries.wrong = 0;
                }
                tries.wrong = tries.wrong.saturating_add(1);
                tries.last = Some(now);
            }
            Ok(())
        })
    }

    /// Whether a delay begins with the attempt that just turned out wrong, of which nobody was told within a minute.
    pub fn begins(&self, counted: Counted<'_>, now: Timestamp) -> bool {
        self.with(|state| {
            let tries = state.tries.touch(self.key(counted));
            let waits = tries.free_at(counted.patience(), now).is_some();
            let is_news = tries.told.is_none_or(|told| told.plus_seconds(TOLD) <= now);
            if waits && is_news {
                tries.told = Some(now);
            }
            waits && is_news
        })
    }

    /// Takes an attempt back that was not wrong, or of which nobody knows.
    pub fn withdraw(&self, under: &[Counted<'_>]) {
        self.with(|state| {
            for counted in under {
                let tries = state.tries.touch(self.key(*counted));
                tries.wrong = tries.wrong.saturating_sub(1);
            }
        });
    }

    /// Forgets the wrong ones of somebody who signed in, and remembers that he did.
    pub fn succeeded(&self, counted: Counted<'_>) {
        let key = self.key(counted);
        self.with(|state| {
            *state.tries.touch(key) = Tries::default();
            *state.known.touch(key) = true;
        });
    }

    /// Whether somebody signed in so since the start.
    pub fn knows(&self, counted: Counted<'_>) -> bool {
        self.with(|state| state.known.get(self.key(counted)).is_some())
    }

    /// Forgets everything.
    pub fn reset(&self) {
        self.with(|state| *state = State::default());
    }

    fn key(&self, counted: Counted<'_>) -> u64 {
        let person = |typed: &str| typed.trim().to_lowercase();
        match counted {
            Counted::Sender(typed, network) => self.hasher.hash_one((0_u8, person(typed), network)),
            Counted::Network(network) => self.hasher.hash_one((1_u8, network)),
            Counted::Everybody(typed) => self.hasher.hash_one((2_u8, person(typed))),
            Counted::Code(id) => self.hasher.hash_one((3_u8, id)),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    fn network(number: u8) -> Network {
        Network::from(std::net::IpAddr::from([192, 0, 2, number]))
    }

    fn sender(person: &str) -> Counted<'_> {
        Counted::Sender(person, network(1))
    }

    /// How long an attempt has to wait that begins now.
    fn wait(delays: &SignInDelays, person: &str, second: i64) -> u64 {
        delays.begin(&[sender(person)], at(second)).err().map_or(0, |wait| wait.0)
    }

    #[test]
    fn a_delay_is_told_when_it_begins_and_once_a_minute() {
        let delays = SignInDelays::default();
        let wrong = |second: i64| {
            let _ = delays.begin(&[sender("ada@example.com")], at(second));
            delays.begins(sender("ada@example.com"), at(second))
        };
        let told: Vec<bool> = [0, 0, 0, 0, 0, 1, 3, 7, 60, 61].into_iter().map(wrong).collect();
        assert_eq!(told, [false, false, false, false, true, false, false, false, true, false]);
        assert!(!delays.begins(sender("bob@example.com"), at(61)), "another person");
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
        delays.succeeded(sender("ada@example.com"));
        assert_eq!(wait(&delays, "ada@example.com", 9_000), 0);
        for _ in 0..9 {
            assert_eq!(wait(&delays, "eve@example.com", 9_000), 0, "what is withdrawn does not count");
            delays.withdraw(&[sender("eve@example.com")]);
        }
    }

    #[test]
    fn what_is_counted_by_one_thing_is_not_counted_by_another_of_the_same_text() {
        let delays = SignInDelays::default();
        let id = Uuid::from_u128(7);
        let texts =
            [format!("ada@example.com {:?}", network(1)), format!("{:?}", network(1)), id.to_string()];
        for text in &texts {
            for _ in 0..9 {
                let _ = delays.begin(&[Counted::Everybody(text), Counted::Sender(text, network(2))], at(0));
            }
        }
        for counted in [sender("ada@example.com"), Counted::Network(network(1)), Counted::Code(id)] {
            assert_eq!(delays.begin(&[counted], at(0)), Ok(()), "{counted:?}");
        }
    }

    #[test]
    fn one_that_has_to_wait_changes_nothing() {
        let delays = SignInDelays::default();
        let all = [sender("ada@example.com"), Counted::Network(network(1))];
        for number in 0..31 {
            let other = format!("{number}@example.com");
            delays.begin(&[sender(&other), all[1]], at(0)).unwrap();
        }
        for second in [0, 0, 0] {
            assert_eq!(delays.begin(&all, at(second)), Err(RetryAfter(1)));
        }
        assert_eq!(delays.begin(&all, at(1)), Ok(()));
        assert_eq!(delays.begin(&all, at(2)), Err(RetryAfter(1)), "two seconds now");
        for second in 3..6 {
            assert_eq!(delays.begin(&all[..1], at(second)), Ok(()), "three more of her own are free");
        }
        assert!(!delays.knows(all[0]));
        delays.succeeded(all[0]);
        assert!(delays.knows(all[0]) && !delays.knows(sender("bob@example.com")));
    }
}
