//! Limits per address, and per person who signs in. Memory is bounded; time is an argument.

mod bounded;
mod failures;
mod requests;
mod sign_ins;

pub use failures::{FailureLimiter, Outcome};
pub use keyward_core::network::Network;
pub use requests::RequestLimiter;
pub use sign_ins::{Counted, SignInDelays};

use std::time::Duration;

use keyward_core::time::Timestamp;

/// How many addresses a limiter remembers; beyond, those not seen for longest are forgotten.
const MAX_ADDRESSES: usize = 100_000;

/// After how many seconds it is worth asking again; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter(pub u64);

impl RetryAfter {
    pub(crate) fn between(now: Timestamp, then: Timestamp) -> Self {
        let micros = then.micros().saturating_sub(now.micros()).max(1);
        Self(micros.unsigned_abs().div_ceil(1_000_000))
    }
}

fn plus(instant: Timestamp, duration: Duration) -> Timestamp {
    instant.plus_micros(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
}
