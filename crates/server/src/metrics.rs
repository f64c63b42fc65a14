//! What Prometheus reads: one typed handle a metric.

mod page;
mod route;

pub(crate) use page::described;
pub use page::{Page, TokenCheck};
pub(crate) use route::{MethodLabel, RouteMetrics};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use keyward_engine::Recorded;
use keyward_store::DoorMetrics;
use prometheus::core::Collector;
use prometheus::{
    Encoder as _, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry, TextEncoder,
};

/// From a tenth of a millisecond, which an answer from memory takes, to the time-outs.
const SECONDS: &[f64] =
    &[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// All metrics.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    routes: ArcSwap<HashMap<Box<str>, Arc<RouteMetrics>>>,
    refusals: IntCounterVec,
    rate_limit_hits: IntCounterVec,
    /// `keyward_panics_total`: handlers that panicked; each answered with an internal error.
    pub panics: IntCounter,
    /// `keyward_lockouts_total`
    pub lockouts: IntCounter,
    /// `keyward_failures_alert`: 1 while there are so many failures that somebody may be guessing.
    pub failures_alert: IntGauge,
    /// `keyward_database_up`: 1 or 0.
    pub database_up: IntGauge,
    /// `keyward_database_latency_seconds`
    pub database_latency: Histogram,
    pool_stock: IntGaugeVec,
    /// `keyward_activation_rate`: used keys of the pool, from 0 to 1.
    pub activation_rate: Gauge,
    /// `keyward_bypass_attempts_total`: a used key, tried for another device.
    pub bypass_attempts: IntCounter,
    /// Attempts to validate that wait to be written, and that are added up.
    recorder: [IntGauge; 2],
    /// Attempts that were written, and that were dropped.
    recorded: Followed<2>,
    /// `keyward_audit_unsealed`: entries that the chain does not cover yet.
    pub audit_unsealed: IntGauge,
    /// `keyward_audit_chain_age_seconds`: the age of the oldest of them.
    pub audit_chain_age: Gauge,
    /// `keyward_tls_certificate_expiry_timestamp_seconds`: when the certificate in use ends; 0 without TLS.
    pub tls_certificate_expiry: IntGauge,
    /// `keyward_tls_reload_failures_total`: changes of the certificate's files that could not be used.
    pub tls_reload_failures: IntCounter,
    /// Jobs, and commits that they shared.
    writer: Followed<2>,
    writer_queue: IntGauge,
}

/// Counters of what is counted elsewhere.
struct Followed<const N: usize> {
    counters: [IntCounter; N],
    seen: Mutex<[u64; N]>,
}

impl<const N: usize> Followed<N> {
    fn new(counters: [IntCounter; N]) -> Self {
        Self { counters, seen: Mutex::new([0; N]) }
    }

    fn set(&self, now: [u64; N]) {
        // Two who look at the same time must not count the same twice.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for ((counter, seen), now) in self.counters.iter().zip(&mut *seen).zip(now) {
            counter.inc_by(now.saturating_sub(*seen));
            *seen = now;
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// New metrics in a registry of their own.
    pub fn new() -> Self {
        let registry = Registry::new();
        let r = &registry;
        Self {
            requests: add(
                r,
                IntCounterVec::new(
                    opts("http_requests_total", "Requests answered."),
                    &["route", "method", "code"],
                ),
            ),
            durations: add(
                r,
                HistogramVec::new(
                    histogram("http_request_duration_seconds", "Time to answer.", SECONDS),
                    &["route"],
                ),
            ),
            routes: ArcSwap::default(),
            refusals: add(
                r,
                IntCounterVec::new(opts("refusals_total", "Questions answered with no."), &["front", "code"]),
            ),
            rate_limit_hits: add(
                r,
                IntCounterVec::new(opts("rate_limit_hits_total", "Requests answered with 429."), &["front"]),
            ),
            panics: add(r, IntCounter::with_opts(opts("panics_total", "Handlers that panicked."))),
            lockouts: add(
                r,
                IntCounter::with_opts(opts("lockouts_total", "Addresses locked out for guessing.")),
            ),
            failures_alert: add(
                r,
                IntGauge::with_opts(opts("failures_alert", "Whether somebody may be guessing keys.")),
            ),
            database_up: add(r, IntGauge::with_opts(opts("database_up", "Whether the database answers."))),
            database_latency: add(
                r,
                Histogram::with_opts(histogram(
                    "database_latency_seconds",
                    "Time the database takes.",
                    SECONDS,
                )),
            ),
            pool_stock: add(
                r,
                IntGaugeVec::new(opts("pool_stock", "Unused keys of the pool."), &["duration"]),
            ),
            activation_rate: add(
                r,
                Gauge::with_opts(opts("activation_rate", "Used keys of the pool, from 0 to 1.")),
            ),
            bypass_attempts: add(
                r,
                IntCounter::with_opts(opts("bypass_attempts_total", "Used keys tried for another device.")),
            ),
            recorder: [
                add(
                    r,
                    IntGauge::with_opts(opts(
                        "recorder_depth",
                        "Attempts to validate that wait to be written.",
                    )),
                ),
                add(
                    r,
                    IntGauge::with_opts(opts(
                        "recorder_held",
                        "Attempts to validate added up in memory until their minute is over.",
                    )),
                ),
            ],
            recorded: Followed::new([
                add(
                    r,
                    IntCounter::with_opts(opts(
                        "recorder_written_total",
                        "Attempts to validate written down.",
                    )),
                ),
                add(
                    r,
                    IntCounter::with_opts(opts(
                        "recorder_dropped_total",
                        "Attempts to validate not written down because the database took nothing.",
                    )),
                ),
            ]),
            audit_unsealed: add(
                r,
                IntGauge::with_opts(opts("audit_unsealed", "Audit entries not yet sealed.")),
            ),
            audit_chain_age: add(
                r,
                Gauge::with_opts(opts(
                    "audit_chain_age_seconds",
                    "Age of the oldest audit entry not yet sealed.",
                )),
            ),
            tls_certificate_expiry: add(
                r,
                IntGauge::with_opts(opts(
                    "tls_certificate_expiry_timestamp_seconds",
                    "When the certificate of the server ends; 0 without TLS.",
                )),
            ),
            tls_reload_failures: add(
                r,
                IntCounter::with_opts(opts(
                    "tls_reload_failures_total",
                    "Changes of the certificate or its key that could not be used.",
                )),
            ),
            writer: Followed::new([
                add(r, IntCounter::with_opts(opts("writer_jobs_total", "Changes written."))),
                add(r, IntCounter::with_opts(opts("writer_commits_total", "Commits that they shared."))),
            ]),
            writer_queue: add(r, IntGauge::with_opts(opts("writer_queue", "Jobs that wait for the writer."))),
            registry,
        }
    }

    /// A front answered with no.
    pub fn refused(&self, front: &str, code: &str) {
        self.refusals.with_label_values(&[front, code]).inc();
    }

    /// A front answered with 429.
    pub(crate) fn rate_limited(&self, front: &str) {
        self.rate_limit_hits.with_label_values(&[front]).inc();
    }

    /// So many unused keys of that duration are left in the pool.
    pub fn set_pool_stock(&self, duration: &str, keys: i64) {
        self.pool_stock.with_label_values(&[duration]).set(keys);
    }

    /// What the door for writes has done so far.
    pub fn set_writer(&self, door: &DoorMetrics) {
        self.writer_queue.set(i64::try_from(door.waiting()).unwrap_or(i64::MAX));
        self.writer.set([door.jobs(), door.commits()]);
    }

    /// How the record of attempts fares.
    pub fn set_recorded(&self, now: Recorded) {
        for (gauge, now) in self.recorder.iter().zip([now.waiting, now.held]) {
            gauge.set(i64::try_from(now).unwrap_or(i64::MAX));
        }
        self.recorded.set([now.written, now.dropped]);
    }

    /// Everything, in the text format.
    pub fn render(&self) -> String {
        let mut out = Vec::new();
        // Writing to memory fails for no metric that was registered.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// The metrics of a route, whose labels are looked up once. Routes are those of the code, so there are few.
    pub(crate) fn route(&self, route: &str) -> Arc<RouteMetrics> {
        if let Some(known) = self.routes.load().get(route) {
            return Arc::clone(known);
        }
        let new = Arc::new(RouteMetrics::new(route, self.requests.clone(), &self.durations));
        self.routes.rcu(|routes| {
            let mut routes = HashMap::clone(routes);
            routes.entry(route.into()).or_insert_with(|| Arc::clone(&new));
            routes
        });
        new
    }
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(name, help).namespace("keyward")
}

fn histogram(name: &str, help: &str, buckets: &[f64]) -> HistogramOpts {
    HistogramOpts::new(name, help).namespace("keyward").buckets(buckets.to_vec())
}

/// Names are constants that differ, so neither step fails.
fn add<C: Collector + Clone + 'static>(registry: &Registry, metric: prometheus::Result<C>) -> C {
    let metric = metric.expect("the name is well-formed");
    registry.register(Box::new(metric.clone())).expect("the name is new");
    metric
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_rendered_under_its_name() {
        let metrics = Metrics::new();
        metrics.refused("pool", "NOT_FOUND");
        metrics.rate_limited("tier");
        metrics.set_pool_stock("30", 12);
        metrics.route("/a/{b}").record(MethodLabel::Get, 200, 0.002);
        metrics.route("/a/{b}").record(MethodLabel::Get, 200, 0.002);
        for (waiting, written) in [(9, 4), (3, 7)] {
            metrics.set_recorded(Recorded { waiting, held: 2, written, dropped: 1 });
        }
        let text = metrics.render();
        for line in [
            "keyward_http_requests_total{code=\"200\",method=\"GET\",route=\"/a/{b}\"} 2",
            "keyward_http_request_duration_seconds_count{route=\"/a/{b}\"} 2",
            "keyward_refusals_total{code=\"NOT_FOUND\",front=\"pool\"} 1",
            "keyward_rate_limit_hits_total{front=\"tier\"} 1",
            "keyward_panics_total 0",
            "keyward_lockouts_total 0",
            "keyward_failures_alert 0",
            "keyward_database_up 0",
            "keyward_database_latency_seconds_count 0",
            "keyward_pool_stock{duration=\"30\"} 12",
            "keyward_activation_rate 0",
            "keyward_bypass_attempts_total 0",
            "keyward_recorder_depth 3",
            "keyward_recorder_held 2",
            "keyward_recorder_written_total 7",
            "keyward_recorder_dropped_total 1",
            "keyward_audit_unsealed 0",
            "keyward_audit_chain_age_seconds 0",
            "keyward_tls_certificate_expiry_timestamp_seconds 0",
            "keyward_tls_reload_failures_total 0",
            "keyward_writer_jobs_total 0",
            "keyward_writer_commits_total 0",
            "keyward_writer_queue 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn the_page_about_the_server_names_each_metric_and_no_other() {
        let metrics = Metrics::new();
        metrics.refused("pool", "NOT_FOUND");
        metrics.rate_limited("tier");
        metrics.set_pool_stock("30", 12);
        metrics.route("/a/{b}").record(MethodLabel::Get, 200, 0.002);
        let text = metrics.render();
        let known: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
        let page = include_str!("../../../docs/server.md");
        let named: Vec<&str> =
            page.lines().filter_map(|line| line.strip_prefix("| `keyward_")?.split('`').next()).collect();
        assert!(!known.is_empty());
        for name in &known {
            let name = name.strip_prefix("keyward_").expect("all have one namespace");
            assert!(named.contains(&name), "docs/server.md does not name keyward_{name}");
        }
        assert_eq!(named.len(), known.len(), "docs/server.md names a metric that there is not");
    }
}
