//! Names of requests: UUIDs of version 7 from the clock, a counter and a seed.

use std::sync::atomic::{AtomicU64, Ordering};

use keyward_core::time::Timestamp;
use uuid::{Builder, Uuid};

/// Makes request ids without a lock. They are unique, and no secrets: whoever knows one may guess the next.
pub struct RequestIds {
    seed: [u64; 2],
    count: AtomicU64,
}

impl RequestIds {
    /// The seed keeps ids of several processes apart.
    pub const fn new(seed: [u64; 2]) -> Self {
        Self { seed, count: AtomicU64::new(0) }
    }

    /// A new id.
    pub fn next(&self, now: Timestamp) -> Uuid {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let [first, second] = self.seed.map(|seed| mixed(seed.wrapping_add(count)));
        let mut tail = [0; 10];
        tail[..8].copy_from_slice(&first.to_be_bytes());
        tail[8..].copy_from_slice(&second.to_be_bytes()[..2]);
        Builder::from_unix_timestamp_millis(now.millis().max(0).unsigned_abs(), &tail).into_uuid()
    }
}

/// The finaliser of `SplitMix64` (Steele, Lea, Flood 2014): different numbers stay different.
const fn mixed(number: u64) -> u64 {
    let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_of_version_7_and_differ() {
        let ids = RequestIds::new([1, 2]);
        let now = Timestamp::from_millis(0x0123_4567_89ab);
        let made: HashSet<_> = (0..10_000).map(|_| ids.next(now)).collect();
        assert_eq!(made.len(), 10_000);
        for id in made {
            assert_eq!(id.get_version_num(), 7);
            assert!(id.to_string().starts_with("01234567-89ab-7"), "{id}");
        }
    }
}
