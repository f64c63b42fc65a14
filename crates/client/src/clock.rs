//! Where the present and chance come from: the one place that asks for them, and what tests put in its stead.

use keyward_core::time::Timestamp;

/// A clock.
pub trait Clock: Send + Sync {
    /// The present.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the present comes from")]
    fn now(&self) -> Timestamp {
        of_system(std::time::SystemTime::now())
    }
}

/// What fills bytes with chance.
pub type Chance = dyn Fn(&mut [u8]) -> std::io::Result<()> + Send + Sync;

/// The system's own generator.
#[expect(clippy::disallowed_methods, reason = "this is where chance comes from")]
pub(crate) fn system_chance(bytes: &mut [u8]) -> std::io::Result<()> {
    getrandom::fill(bytes).map_err(std::io::Error::other)
}

/// An instant of the system, in microseconds since 1970, also before it.
pub(crate) fn of_system(time: std::time::SystemTime) -> Timestamp {
    let micros = |since: std::time::Duration| i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(match time.duration_since(std::time::UNIX_EPOCH) {
        Ok(since) => micros(since),
        Err(before) => -micros(before.duration()),
    })
}
