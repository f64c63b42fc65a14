//! Time, as this crate is given it.

use std::time::Duration;

/// Two clocks in one: the wall, which tests set, and a stopwatch that only runs forward.
pub trait Clock: keyward_engine::Clock {
    /// The time since some fixed start, for measuring.
    fn stopwatch(&self) -> Duration;
}
