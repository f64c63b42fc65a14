//! What a server is told from outside: to stop, where the first word drains and the second ends at once, and to read its
//! certificate again.

use std::fs;
use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tracing::info;

/// Words of one kind.
struct Words(mpsc::UnboundedReceiver<()>);

impl Words {
    fn channel() -> (mpsc::UnboundedSender<()>, Self) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (sender, Self(receiver))
    }

    async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// Words to stop.
pub struct Stop(Words);

impl Stop {
    /// Each word sent on the other end is one to stop. When that end is dropped, no more come.
    pub fn channel() -> (mpsc::UnboundedSender<()>, Self) {
        let (sender, words) = Words::channel();
        (sender, Self(words))
    }

    pub(super) async fn word(&mut self) {
        self.0.next().await;
    }
}

/// Words to read the certificate again.
pub struct Reload(Words);

impl Reload {
    /// Each word sent on the other end is one to read it. When that end is dropped, no more come.
    pub fn channel() -> (mpsc::UnboundedSender<()>, Self) {
        let (sender, words) = Words::channel();
        (sender, Self(words))
    }

    pub(super) async fn word(&mut self) {
        self.0.next().await;
    }
}

/// Where no certificate is configured a word is answered in the log, for whoever expects more of it.
pub async fn nothing_to_reload(mut reload: Reload) {
    loop {
        reload.word().await;
        info!(
            "nothing to read again: no certificate is configured, and a changed configuration needs a restart"
        );
    }
}

/// SIGTERM and SIGINT stop. SIGHUP stops a server that was started from a terminal, which sends it when it is closed; any
/// other, which nobody's terminal is behind (a service, a container, `nohup`, `setsid`), reads its certificate again.
pub fn signals() -> io::Result<(Stop, Reload)> {
    // Before it is awaited here: from then on nothing shows what the parent wanted.
    let hangup_stops = has_terminal() && !ignores_hangup();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hangup = signal(SignalKind::hangup())?;
    let ((stops, stop), (reloads, reload)) = (Stop::channel(), Reload::channel());
    tokio::spawn(async move {
        loop {
            let words = tokio::select! {
                _ = terminate.recv() => &stops,
                _ = interrupt.recv() => &stops,
                _ = hangup.recv() => if hangup_stops { &stops } else { &reloads },
                () = stops.closed() => return,
            };
            let _ = words.send(());
        }
    });
    Ok((stop, reload))
}

/// Whether a terminal controls this process: only then there is one whose end it must follow.
fn has_terminal() -> bool {
    fs::File::open("/dev/tty").is_ok()
}

/// Whether the parent said that a closed terminal is no matter, as `nohup` does. Known on Linux.
fn ignores_hangup() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| is_ignored_hangup(&status))
}

/// SIGHUP is the first signal, and so the lowest bit of the mask.
fn is_ignored_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::is_ignored_hangup;

    #[test]
    fn an_ignored_hangup_is_the_lowest_bit() {
        let status = |mask: &str| format!("Name:\tkeyward\nSigBlk:\t0000000000000001\nSigIgn:\t{mask}\n");
        assert!(is_ignored_hangup(&status("0000000000001001")));
        assert!(!is_ignored_hangup(&status("0000000000001000")));
        assert!(!is_ignored_hangup("Name:\tkeyward\nSigIgn:\n"));
    }
}
