//! Everything that is logged by any thread, kept while a test listens.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use keyward_server::config::{Log, LogFormat, LogLevel};
use keyward_server::logs::subscriber;

static BEGUN: Once = Once::new();
static IS_KEPT: AtomicBool = AtomicBool::new(false);
static KEPT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Ear;

impl io::Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if IS_KEPT.load(Ordering::Relaxed) {
            KEPT.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to listen, on every thread. Also keeps the first thread to pass a line that nobody reads from switching it off
/// for the tests that read log lines.
pub(crate) fn listen() {
    BEGUN.call_once(|| {
        let log = Log { format: LogFormat::Text, level: LogLevel::parse("trace").expect("a level") };
        tracing::subscriber::set_global_default(subscriber(&log, false, || Ear))
            .expect("nobody else listens");
    });
}

/// Keeps lines from now on.
pub(crate) fn keep() {
    listen();
    IS_KEPT.store(true, Ordering::Relaxed);
}

/// Everything kept so far, of all tests that run.
pub(crate) fn kept() -> String {
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&kept).into_owned()
}
