//! The metrics of one route: labels are resolved once, and then only numbers move.

use std::fmt;

use arc_swap::ArcSwap;
use axum::http::Method;
use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec};

/// A method as a label; what nobody knows is one word, so that nobody can fill the memory with labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MethodLabel {
    Get,
    Post,
    Put,
    Patch,
    Delete,
    Head,
    Options,
    Other,
}

impl MethodLabel {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for MethodLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<&Method> for MethodLabel {
    fn from(method: &Method) -> Self {
        match *method {
            Method::GET => Self::Get,
            Method::POST => Self::Post,
            Method::PUT => Self::Put,
            Method::PATCH => Self::Patch,
            Method::DELETE => Self::Delete,
            Method::HEAD => Self::Head,
            Method::OPTIONS => Self::Options,
            _ => Self::Other,
        }
    }
}

/// Displayed, it is the route.
pub(crate) struct RouteMetrics {
    route: Box<str>,
    all: IntCounterVec,
    /// A route answers with a handful of combinations; walking them is faster than hashing.
    counters: ArcSwap<Vec<(MethodLabel, u16, IntCounter)>>,
    duration: Histogram,
}

impl RouteMetrics {
    pub(super) fn new(route: &str, all: IntCounterVec, durations: &HistogramVec) -> Self {
        let duration = durations.with_label_values(&[route]);
        Self { route: route.into(), all, counters: ArcSwap::default(), duration }
    }

    pub(crate) fn record(&self, method: MethodLabel, code: u16, seconds: f64) {
        self.duration.observe(seconds);
        let known = self.counters.load();
        match known.iter().find(|(m, c, _)| (*m, *c) == (method, code)) {
            Some((.., counter)) => counter.inc(),
            None => self.first(method, code),
        }
    }

    #[cold]
    fn first(&self, method: MethodLabel, code: u16) {
        // The vector gives the same counter to whoever comes at the same time.
        let counter = self.all.with_label_values(&[&self.route, method.as_str(), code.to_string().as_str()]);
        counter.inc();
        self.counters.rcu(|known| {
            let mut known = Vec::clone(known);
            if !known.iter().any(|(m, c, _)| (*m, *c) == (method, code)) {
                known.push((method, code, counter.clone()));
            }
            known
        });
    }
}

impl fmt::Display for RouteMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.route)
    }
}
