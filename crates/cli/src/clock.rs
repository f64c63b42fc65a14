//! The one place where the command line asks for the time and for randomness.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keyward_core::time::Timestamp;
use rand::rngs::{StdRng, SysRng};
use rand::{SeedableRng as _, TryRng as _};

/// `--now`.
#[derive(clap::Args)]
pub(crate) struct Now {
    /// Take this instant for the present: RFC 3339, or a date
    #[arg(long, value_name = "TIME", value_parser = instant)]
    now: Option<Timestamp>,
}

impl Now {
    pub(crate) fn get(&self) -> Timestamp {
        self.now.unwrap_or_else(system)
    }

    /// The instant that was given.
    pub(crate) const fn given(&self) -> Option<Timestamp> {
        self.now
    }
}

/// The clock of the engine: the system's, or one that stands.
pub(crate) struct Clock(pub(crate) Option<Timestamp>);

impl keyward_engine::Clock for Clock {
    fn now(&self) -> Timestamp {
        self.0.unwrap_or_else(system)
    }
}

/// The clock of the server.
#[cfg(not(feature = "testkit"))]
pub(crate) type ServerClock = Running;

/// The clock of the server, which tests set.
#[cfg(feature = "testkit")]
pub(crate) type ServerClock = keyward_server::app::testkit::TestClock;

#[cfg(not(feature = "testkit"))]
pub(crate) fn server() -> Arc<ServerClock> {
    Arc::new(Running::new())
}

#[cfg(feature = "testkit")]
pub(crate) fn server() -> Arc<ServerClock> {
    Arc::new(ServerClock::new(Arc::new(Running::new())))
}

/// The system's clock, and a stopwatch that only runs forward.
pub(crate) struct Running {
    started: Instant,
}

impl Running {
    #[expect(clippy::disallowed_methods, reason = "this is where measuring begins")]
    fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl keyward_engine::Clock for Running {
    fn now(&self) -> Timestamp {
        system()
    }
}

impl keyward_server::clock::Clock for Running {
    fn stopwatch(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A date (00:00 UTC) or RFC 3339.
pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_human(text)
        .ok_or_else(|| "write a date or RFC 3339 with an offset: 2026-12-31, 2026-12-31T08:00:00Z".to_owned())
}

#[expect(clippy::disallowed_methods, reason = "this is where the present comes from")]
fn system() -> Timestamp {
    let nanos = time::UtcDateTime::now().unix_timestamp_nanos();
    Timestamp::from_micros(i64::try_from(nanos / 1_000).expect("the year is before 290,000"))
}

/// A generator seeded by the system.
pub(crate) fn generator() -> StdRng {
    let mut seed = [0; 32];
    SysRng.try_fill_bytes(&mut seed).expect("the system gives randomness");
    StdRng::from_seed(seed)
}
