//! Takes a certificate that was renewed, without a restart.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info};

use super::files::Mark;
use super::{Offered, Tls};
use crate::metrics::Metrics;
use crate::serve::Reload;

impl Tls {
    /// How often both files are looked at.
    pub const LOOK: Duration = Duration::from_secs(2);

    /// Looks at both files from time to time, and reads them when they changed, or at a word. New connections get what was
    /// read; those that there are go on. What cannot be used is said once, and the certificate before it stays in use.
    ///
    /// A change is taken when two looks saw the same: of files that are being written one may be new and the other old.
    pub async fn watch(self, look: Duration, metrics: Arc<Metrics>, mut reload: Reload) {
        metrics.tls_certificate_expiry.set(self.ends().seconds());
        let mut tried = self.0.offered.load().mark.clone();
        let mut last = tried.clone();
        let mut looks = interval(look);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_asked = tokio::select! {
                () = reload.word() => true,
                _ = looks.tick() => false,
            };
            let Some(seen) = self.off_the_workers(Tls::mark).await else { continue };
            let is_settled = seen == last;
            last = seen;
            if is_asked || is_settled && last != tried {
                tried = last.clone();
                self.reload(&metrics).await;
            }
        }
    }

    async fn reload(&self, metrics: &Metrics) {
        let read = |tls: &Self| Offered::read(&tls.0.certificate, &tls.0.key);
        let certificate = self.0.certificate.display();
        match self.off_the_workers(read).await {
            Some(Ok(offered)) => {
                let ends = offered.ends;
                self.0.offered.store(Arc::new(offered));
                metrics.tls_certificate_expiry.set(ends.seconds());
                info!(
                    tls.ends = %ends,
                    "read the certificate in {certificate} again: new connections get it, and it ends at {ends}"
                );
            }
            Some(Err(error)) => {
                metrics.tls_reload_failures.inc();
                let ends = self.ends();
                error!(
                    tls.ends = %ends,
                    "the new certificate is not used: {error}. The one before stays in use until a restart, and ends at \
                     {ends}"
                );
            }
            None => {}
        }
    }

    fn mark(&self) -> Mark {
        Mark::of(&self.0.certificate, &self.0.key)
    }

    /// Files may be on a slow disk. `None` when the server ends.
    async fn off_the_workers<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Option<T> {
        let tls = self.clone();
        tokio::task::spawn_blocking(move || look(&tls)).await.ok()
    }
}
