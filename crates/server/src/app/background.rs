//! What the server does between requests: looks for changes of others, seals the audit log, sweeps, and measures itself.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use keyward_engine::{Engine, EngineError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::{info, warn};

use super::App;
use crate::checkpoint_file;
use crate::health::ReadyCheck;

/// How often other nodes' changes are looked for: seen within a second, with room for a slow look.
const LOOK: Duration = Duration::from_millis(250);
/// How often entries are sealed.
const SEAL: Duration = Duration::from_millis(400);
/// How often a checkpoint may be due.
const CHECKPOINT: Duration = Duration::from_secs(5);
/// How often the stock is counted for the metrics.
const MEASURE: Duration = Duration::from_secs(5);
/// A batch that somebody is making grows in this time.
const BATCH_GROWS: Duration = Duration::from_secs(60);
/// How often what is old is removed.
const SWEEP: Duration = Duration::from_secs(3_600);

/// How long tasks may take to end what they are at when the server stops.
const ENDING: Duration = Duration::from_secs(5);

/// Tasks that run until it is stopped.
pub struct Background {
    /// Tasks end after their round when it is gone.
    going: watch::Sender<()>,
    tasks: JoinSet<()>,
    recorder: tokio::task::JoinHandle<()>,
    engine: Arc<Engine>,
}

impl Background {
    /// Starts everything.
    pub fn start(app: &App) -> Self {
        let engine = Arc::clone(app.engine());
        let recorder = {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move { engine.run_recorder().await })
        };
        let mut tasks = JoinSet::new();
        let (going, stop) = watch::channel(());
        // SQLite's own counter of commits is never negative.
        let seen = Arc::new(AtomicI64::new(-1));
        tasks.spawn(every(app, &stop, LOOK, "look", move |app| {
            let seen = Arc::clone(&seen);
            async move {
                // SQLite says cheaply whether anybody committed at all.
                let version = app.engine().store().data_version()?;
                if version.is_none_or(|version| seen.load(Ordering::Relaxed) != version) {
                    app.engine().refresh().await?;
                    // Only now: a look that failed is repeated.
                    seen.store(version.unwrap_or(-1), Ordering::Relaxed);
                }
                Ok(())
            }
        }));
        tasks.spawn(every(app, &stop, SEAL, "seal", |app| async move {
            app.engine().seal_audit().await.map(drop)
        }));
        tasks.spawn(every(app, &stop, CHECKPOINT, "checkpoint", |app| async move {
            if let Some(checkpoint) = app.engine().checkpoint(false).await? {
                info!(audit.seq = checkpoint.seq, "signed the audit log up to entry {}", checkpoint.seq);
                if let Some(file) = &app.config().audit.checkpoint_file
                    && let Err(error) = checkpoint_file::append(file, &checkpoint)
                {
                    warn!("the checkpoint could not be written to {}: {error}", file.display());
                }
            }
            Ok(())
        }));
        tasks.spawn(every(app, &stop, MEASURE, "measure", |app| async move { measure(&app).await }));
        tasks.spawn(remove_left_batches(Arc::clone(&engine)));
        let keep_days = i64::from(app.config().audit.keep_days);
        tasks.spawn(every(app, &stop, SWEEP, "sweep", move |app| async move {
            app.engine().sweep(keep_days).await?;
            app.engine().sweep_installations(&app.config().dialects.lk.product).await.map(drop)
        }));
        Self { going, tasks, recorder, engine }
    }

    /// Stops, after what waits is written down and sealed.
    ///
    /// A database that takes nothing any more holds it up for a few seconds at the most.
    pub async fn stop(mut self) {
        if timeout(ENDING, self.engine.flush_recorder()).await.is_err() {
            let recorded = self.engine.recorded();
            let waiting = recorded.waiting + recorded.held;
            warn!(
                recorder.depth = waiting,
                "{waiting} attempts to validate could not be written down at the end"
            );
        }
        // A task that is broken off may have handed in a change that is written after the last entry was sealed.
        drop(self.going);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(ENDING, ended).await.is_err() {
            self.tasks.shutdown().await;
        }
        let seal = async {
            self.engine.seal_audit().await?;
            self.engine.leave_sealing().await
        };
        match timeout(ENDING, seal).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                warn!(error.code = error.code(), "the audit log could not be sealed at the end: {error}");
            }
            Err(_) => warn!("the audit log could not be sealed at the end in time; the next start does it"),
        }
        self.recorder.abort();
    }
}

/// Removes, once, what commands began to make and left: what does not grow in a minute. A command may be making some right
/// now.
async fn remove_left_batches(engine: Arc<Engine>) {
    let looked_at = match engine.unfinished_batches().await {
        Ok(batches) if !batches.is_empty() => batches,
        _ => return,
    };
    tokio::time::sleep(BATCH_GROWS).await;
    match engine.remove_left_batches(&looked_at).await {
        Ok(0) => {}
        Ok(removed) => {
            info!(batch.count = removed, "removed {removed} batches of licences that were never finished");
        }
        Err(error) => {
            warn!(error.code = error.code(), "unfinished batches could not be removed: {error}");
        }
    }
}

/// Asks the database; for `/health/ready`.
pub fn ready(app: &App) -> ReadyCheck {
    let app = app.clone();
    Arc::new(move || {
        let app = app.clone();
        Box::pin(async move { vec![("database", app.engine().ping().await.is_ok())] })
    })
}

/// Runs work from time to time. What fails is tried again at the next time, and said once until it works again.
fn every<W, F>(
    app: &App,
    stop: &watch::Receiver<()>,
    period: Duration,
    name: &'static str,
    mut work: W,
) -> impl Future<Output = ()> + use<W, F>
where
    W: FnMut(App) -> F + Send,
    F: Future<Output = Result<(), EngineError>> + Send,
{
    let (app, mut stop) = (app.clone(), stop.clone());
    async move {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let failing = AtomicBool::new(false);
        loop {
            tokio::select! {
                biased;
                _ = stop.changed() => return,
                _ = ticks.tick() => {}
            }
            match work(app.clone()).await {
                Ok(()) => failing.store(false, Ordering::Relaxed),
                Err(error) if !failing.swap(true, Ordering::Relaxed) => {
                    warn!(
                        error.code = error.code(),
                        task.name = name,
                        "the task {name} failed, and is tried again: {error}"
                    );
                }
                Err(_) => {}
            }
        }
    }
}

async fn measure(app: &App) -> Result<(), EngineError> {
    let (engine, metrics) = (app.engine(), app.metrics());
    let before = app.clock().stopwatch();
    let answered = engine.ping().await;
    metrics.database_up.set(i64::from(answered.is_ok()));
    answered?;
    metrics.database_latency.observe(app.clock().stopwatch().saturating_sub(before).as_secs_f64());
    let (oldest, unsealed) = engine.audit_state().await?;
    metrics.audit_unsealed.set(unsealed);
    let age = oldest.map_or(0, |oldest| app.clock().now().micros() - oldest.micros());
    metrics.audit_chain_age.set(age.max(0) as f64 / 1e6);
    if let Some(product) = engine.catalog().product(&app.config().dialects.pool.product) {
        let statistics = engine.statistics(product.id).await?;
        for policy in &statistics.by_policy {
            metrics.set_pool_stock(&policy.code, policy.available);
        }
        metrics.activation_rate.set(statistics.activation_rate() / 100.0);
    }
    Ok(())
}
