//! The documented limit of system C: so many requests a minute, whatever they ask. A fixed window from the first
//! request on, as the limiter of that system counts.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use keyward_core::time::Timestamp;

use super::Network;
use super::bounded::Bounded;
use super::{MAX_ADDRESSES, RetryAfter, plus};

/// Counts every request per address.
pub struct RequestLimiter {
    allowed: u32,
    window: Duration,
    addresses: Mutex<Bounded<Network, Window>>,
}

#[derive(Default)]
struct Window {
    start: Option<Timestamp>,
    count: u32,
}

impl RequestLimiter {
    /// So many requests a minute.
    pub fn per_minute(allowed: u32) -> Self {
        let addresses = Mutex::new(Bounded::new(MAX_ADDRESSES));
        Self { allowed, window: Duration::from_secs(60), addresses }
    }

    /// Counts a request, or says when the next one is allowed.
    pub fn check(&self, address: IpAddr, now: Timestamp) -> Result<(), RetryAfter> {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let window = addresses.touch(address.into());
        let running = window.start.filter(|start| *start <= now && now < plus(*start, self.window));
        let Some(start) = running else {
            *window = Window { start: Some(now), count: 1 };
            return Ok(());
        };
        if window.count >= self.allowed {
            return Err(RetryAfter::between(now, plus(start, self.window)));
        }
        window.count += 1;
        Ok(())
    }

    /// Forgets everything, for tests.
    pub fn reset(&self) {
        *self.addresses.lock().unwrap_or_else(PoisonError::into_inner) = Bounded::new(MAX_ADDRESSES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_pass_in_a_minute_and_the_next_minute_starts_afresh() {
        let limiter = RequestLimiter::per_minute(10);
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        // The second of each request, and what it is told.
        let mut table: Vec<(i64, Option<u64>)> = (0..10).map(|second| (second, None)).collect();
        table.extend([(10, Some(50)), (59, Some(1)), (60, None), (61, None)]);
        for (second, wanted) in table {
            let told = limiter.check(address, Timestamp::from_seconds(second));
            assert_eq!(told.err().map(|wait| wait.0), wanted, "at {second}");
        }
        assert_eq!(limiter.check(address, Timestamp::from_seconds(-5)), Ok(()), "the clock was set back");
    }
}
