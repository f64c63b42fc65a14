//! Time, as this crate is given it.

use std::time::Duration;

use keyward_core::time::Timestamp;

/// Two clocks in one: the wall, which tests set, and a stopwatch that only runs forward.
pub trait Clock: Send + Sync + 'static {
    /// What time it is.
    fn now(&self) -> Timestamp;

    /// The time since some fixed start, for measuring.
    fn stopwatch(&self) -> Duration;
}
