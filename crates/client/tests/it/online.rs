//! The manager and servers that are not what they should be: dead, slow, mad, lying about who they are or what time it is.
//! How it gets on with a real one, the server's own tests show.

mod answers;
mod clocks;
mod fake;
mod lease;
mod proxy;
mod secrets;
mod slow;
mod trust;
mod usage;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use keyward_client::clock::Clock;
use keyward_client::online::Server;
use keyward_client::{LicenseManager, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

/// 2027-01-15T08:00:00Z, in seconds.
const START: i64 = 1_800_000_000;
const DAY: i64 = 86_400;
const KEY: &str = "ABCDEFGHJKMN";
const TOKEN: &str = "kw_the-token-of-the-installation";

/// A clock set by hand, in microseconds.
#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn set(&self, seconds: i64) {
        self.set_micros(seconds * 1_000_000);
    }

    fn set_micros(&self, micros: i64) {
        self.0.store(micros, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// A device with a clock and a directory of its own.
struct Device {
    directory: TempDir,
    clock: Hands,
}

impl Device {
    fn new() -> Self {
        let clock = Hands(Arc::new(AtomicI64::new(START * 1_000_000)));
        Self { directory: TempDir::new().expect("a directory"), clock }
    }

    fn manager(&self, server: Server) -> LicenseManager {
        self.open(Some(server))
    }

    fn open(&self, server: Option<Server>) -> LicenseManager {
        let mut builder = LicenseManager::builder("pool")
            .data_directory(self.directory.path())
            .file_times(false)
            .clock(self.clock.clone());
        if let Some(server) = server {
            builder = builder.server(server);
        }
        builder.open().expect("it opens")
    }
}

/// What the pool answers to an activation.
fn activated(days: i64) -> Value {
    json!({
        "success": true, "license_key": KEY, "duration_days": days, "duration_label": "x",
        "activation_date": "2027-01-15T08:00:00", "expiration_date": date(START + days * DAY),
    })
}

/// A date as system B writes it.
fn date(seconds: i64) -> String {
    Timestamp::from_seconds(seconds).to_python().expect("a date")
}
