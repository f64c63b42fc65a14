//! What tells a server to stop: the first word drains, the second ends at once.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Words to stop.
pub struct Stop(mpsc::UnboundedReceiver<()>);

impl Stop {
    /// Each word sent on the other end is one to stop. When that end is dropped, no more come.
    pub fn channel() -> (mpsc::UnboundedSender<()>, Self) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (sender, Self(receiver))
    }

    /// SIGTERM, SIGINT, and SIGHUP, which a closed terminal sends.
    pub fn signals() -> io::Result<Self> {
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let mut hangup = signal(SignalKind::hangup())?;
        let (sender, stop) = Self::channel();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                    _ = hangup.recv() => {}
                    () = sender.closed() => return,
                }
                let _ = sender.send(());
            }
        });
        Ok(stop)
    }

    pub(super) async fn word(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}
