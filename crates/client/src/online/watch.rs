//! Asking the server from time to time, while somebody watches.

use std::time::Duration;

use keyward_core::time::Timestamp;

use super::said::micros;
use crate::manager::LicenseManager;

/// After a failure it is tried again in this part of the usual time.
const SOONER: i64 = 4;

impl LicenseManager {
    /// Asks the server when it is time, by the time of its last answer and of the last try. Answers for how long there is
    /// nothing to ask; `None` without a server, or a key that was activated.
    pub(crate) fn refresh_if_due(&self, tried: &mut Option<Timestamp>) -> Option<Duration> {
        let inner = &self.0;
        let server = inner.server.as_ref()?;
        let answer = inner.state().answer?;
        let now = inner.clock.now();
        // Twice in a lease at least, however short it is.
        let lease = answer.lease_until.saturating_sub(answer.at);
        let period = micros(server.refresh_every).min(lease / 2).max(SHORTEST);
        // A clock that was turned back tells nothing of how long it is.
        let left = |since: i64, time: i64| {
            let passed = now.micros().saturating_sub(since);
            if (0..time).contains(&passed) { time - passed } else { 0 }
        };
        let sooner = (period / SOONER).max(SHORTEST);
        let wait = left(answer.at, period).max(tried.map_or(0, |tried| left(tried.micros(), sooner)));
        let wait = if wait > 0 {
            wait
        } else {
            *tried = Some(now);
            // What became of it stands in the status.
            if self.refresh().is_ok() { period } else { sooner }
        };
        Some(Duration::from_micros(wait.unsigned_abs()))
    }
}

/// A server is not asked more often, in microseconds.
const SHORTEST: i64 = 100_000;
