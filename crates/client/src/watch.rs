//! Telling an application when the answer changes.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::Duration;

use keyward_core::code::Code;
use keyward_core::verdict::Access;

use crate::manager::{Inner, LicenseManager};
use crate::status::Status;

type Listener = Arc<dyn Fn(&Status) + Send + Sync>;

/// How often the clock is remembered, in seconds (system D).
const HOURLY: u64 = 3_600;

/// Who is told, and what was told last.
#[derive(Default)]
pub(crate) struct Watch {
    listeners: Vec<Listener>,
    told: Option<(Code, Access)>,
}

/// A thread that watches until this is dropped.
#[must_use = "it watches until it is dropped"]
#[derive(Debug)]
pub struct Watching(#[expect(dead_code, reason = "the thread ends when it is dropped")] Sender<()>);

impl LicenseManager {
    /// Calls `listener` whenever code or access are others than they were: after an import, a refresh, a removal, and, while
    /// [`Self::watch`] runs, when time makes the difference.
    pub fn on_change(&self, listener: impl Fn(&Status) + Send + Sync + 'static) {
        let status = self.status();
        let mut memory = self.0.memory();
        memory.watch.told.get_or_insert((status.code(), status.access()));
        memory.watch.listeners.push(Arc::new(listener));
    }

    /// Watches in a thread of its own: looks again when the answer may change, every `period` at the latest, and remembers
    /// hourly that the application runs. Where there is a server, it is asked what became of the key: hourly, or as
    /// `Server::refresh_every` says.
    pub fn watch(&self, period: Duration) -> Watching {
        let (stop, stopped) = channel();
        let inner = Arc::downgrade(&self.0);
        let mut hour = Duration::ZERO;
        #[cfg(feature = "online")]
        let mut tried = None;
        std::thread::spawn(move || {
            loop {
                let Some(manager) = upgrade(&inner) else { return };
                #[cfg(feature = "online")]
                let period = manager.refresh_if_due(&mut tried).map_or(period, |wait| wait.min(period));
                let status = manager.changed();
                let until = status.look_again().micros().saturating_sub(status.at.micros());
                drop(manager);
                let wait = Duration::from_micros(u64::try_from(until).unwrap_or(0))
                    .clamp(SHORTEST, period.max(SHORTEST));
                match stopped.recv_timeout(wait) {
                    Err(RecvTimeoutError::Timeout) => {}
                    _ => return,
                }
                hour += wait;
                if hour >= Duration::from_secs(HOURLY) {
                    hour = Duration::ZERO;
                    let Some(manager) = upgrade(&inner) else { return };
                    manager.touch();
                }
            }
        });
        Watching(stop)
    }

    /// The present status; whoever listens is told when it is another than the one before.
    pub(crate) fn changed(&self) -> Status {
        let status = self.status();
        let mut memory = self.0.memory();
        let now = (status.code(), status.access());
        let tell = memory.watch.told != Some(now);
        memory.watch.told = Some(now);
        let listeners = if tell { memory.watch.listeners.clone() } else { Vec::new() };
        // A listener may ask the manager.
        drop(memory);
        for listener in listeners {
            listener(&status);
        }
        status
    }
}

/// A thread does not ask more often than this.
const SHORTEST: Duration = Duration::from_millis(100);

fn upgrade(inner: &Weak<Inner>) -> Option<LicenseManager> {
    inner.upgrade().map(LicenseManager)
}
