//! The time guard: the highest time that this device has seen, and whether its clock lies behind it.
//!
//! The ledger only goes up, from the clock, from licences, from answers of a server and from the times of our own files. A
//! clock that lies further behind than the tolerance is called turned back. A clock that was wrong in the future and then
//! set right looks the same; the vendor's recovery code says what time it is, and the ledger goes on from there.

use keyward_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Where a time was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// On this device's clock.
    #[default]
    Clock,
    /// In a licence that the vendor sealed.
    License,
    /// In the answer of a server.
    Server,
    /// As the time of a file of ours.
    File,
}

impl Seen {
    /// For a sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clock => "the application already ran on",
            Self::License => "the licence was made on",
            Self::Server => "the server answered on",
            Self::File => "the licence's files were changed on",
        }
    }
}

/// What is remembered of time; in microseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Ledger {
    highest: Option<i64>,
    seen: Seen,
    /// How often the vendor, or a server, set it right.
    corrections: u32,
    /// Times of files up to here are from before it was set right.
    forgiven: Option<i64>,
}

impl Ledger {
    /// The highest time that was seen.
    pub(crate) fn highest(&self) -> Option<Timestamp> {
        self.highest.map(Timestamp::from_micros)
    }

    /// Where it was seen.
    pub(crate) const fn seen(&self) -> Seen {
        self.seen
    }

    /// Takes a time in. Answers whether it was the highest.
    pub(crate) fn observe(&mut self, seen: Seen, at: Timestamp) -> bool {
        let forgiven = seen == Seen::File && self.forgiven.is_some_and(|until| at.micros() <= until);
        let higher = !forgiven && self.highest.is_none_or(|highest| at.micros() > highest);
        if higher {
            (self.highest, self.seen) = (Some(at.micros()), seen);
        }
        higher
    }

    /// Whether the clock lies further behind than the tolerance, in microseconds.
    pub(crate) fn is_behind(&self, now: Timestamp, tolerance: i64) -> bool {
        self.highest.is_some_and(|highest| now.micros() < highest.saturating_sub(tolerance))
    }

    /// The number that a refusal shows: another for each device, highest time and correction, so that a code for it works
    /// once. Eight digits at the most.
    pub(crate) fn number(&self, device: &str) -> u32 {
        let mut hash = Sha256::new();
        hash.update(b"keyward/recovery-number");
        hash.update(self.corrections.to_be_bytes());
        hash.update(self.highest.unwrap_or_default().to_be_bytes());
        hash.update(device);
        let digest: [u8; 32] = hash.finalize().into();
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) % 100_000_000
    }

    /// Sets it right: this is the time, says somebody who is believed.
    pub(crate) fn correct(&mut self, seen: Seen, at: Timestamp) {
        self.forgiven = self.forgiven.max(self.highest);
        self.corrections = self.corrections.saturating_add(1);
        (self.highest, self.seen) = (Some(at.micros()), seen);
    }

    /// Joins what two copies remember. A copy from before a correction no longer counts.
    pub(crate) fn join(&mut self, other: &Self) {
        if other.corrections > self.corrections {
            *self = other.clone();
        } else if other.corrections == self.corrections {
            if let Some(at) = other.highest() {
                self.observe(other.seen, at);
            }
            self.forgiven = self.forgiven.max(other.forgiven);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn exactly_the_tolerance_behind_is_not_behind() {
        let mut ledger = Ledger::default();
        ledger.observe(Seen::Clock, at(10 * DAY));
        let tolerance = DAY * 1_000_000;
        assert!(!ledger.is_behind(at(9 * DAY), tolerance));
        assert!(ledger.is_behind(at(9 * DAY).plus_micros(-1), tolerance));
    }

    #[test]
    fn a_copy_from_before_a_correction_does_not_raise_it_again() {
        let mut old = Ledger::default();
        old.observe(Seen::Clock, at(9_000 * DAY));
        let mut ledger = old.clone();
        let number = ledger.number("D");
        ledger.correct(Seen::License, at(10 * DAY));
        assert_ne!(ledger.number("D"), number, "a code works once");
        ledger.join(&old);
        assert_eq!(ledger.highest(), Some(at(10 * DAY)));
        ledger.observe(Seen::File, at(9_000 * DAY));
        assert_eq!(ledger.highest(), Some(at(10 * DAY)), "a file that was written under the wrong clock");
        old.join(&ledger);
        assert_eq!(old, ledger);
    }
}
