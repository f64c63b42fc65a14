//! The server as a whole: what its handlers share, which doors it opens, and what it does between requests.

mod background;
mod doors;
#[cfg(feature = "testkit")]
pub mod testkit;

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use keyward_engine::token::Permission;
use keyward_engine::{Actor, Bearer, Caller, Engine, EngineError};
use keyward_store::StoreError;

use crate::clock::Clock;
use crate::config::Config;
use crate::console::Lots;
use crate::layers::{Context, Refused};
use crate::limits::{FailureLimiter, RequestLimiter, SignInDelays};
use crate::metrics::Metrics;

pub use background::{Background, ready};
pub use doors::{Doors, OpenError};

/// What handlers share.
#[derive(Clone)]
pub struct App(Arc<Shared>);

struct Shared {
    engine: Arc<Engine>,
    #[cfg(feature = "testkit")]
    test_clock: Option<Arc<testkit::TestClock>>,
    config: Config,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    failures: FailureLimiter,
    sign_ins: SignInDelays,
    tier_requests: Arc<RequestLimiter>,
    lots: Lots,
}

impl App {
    /// Over an engine.
    pub fn new(engine: Arc<Engine>, config: Config, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Self {
        let failures = FailureLimiter::new(config.limits.clone(), &metrics);
        let tier_requests = Arc::new(RequestLimiter::per_minute(config.dialects.tier.requests_per_minute));
        Self(Arc::new(Shared {
            engine,
            #[cfg(feature = "testkit")]
            test_clock: None,
            config,
            clock,
            metrics,
            failures,
            sign_ins: SignInDelays::default(),
            tier_requests,
            lots: Lots::default(),
        }))
    }

    /// With a clock that tests set over HTTP; it must be the engine's, too.
    #[cfg(feature = "testkit")]
    pub fn with_test_clock(
        engine: Arc<Engine>,
        config: Config,
        clock: Arc<testkit::TestClock>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let app = Self::new(engine, config, Arc::clone(&clock) as _, metrics);
        let mut shared = Arc::into_inner(app.0).expect("nobody else has it yet");
        shared.test_clock = Some(clock);
        Self(Arc::new(shared))
    }

    pub(crate) fn engine(&self) -> &Arc<Engine> {
        &self.0.engine
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.0.metrics
    }

    pub(crate) fn sign_ins(&self) -> &SignInDelays {
        &self.0.sign_ins
    }

    /// The lots of keys that people are making.
    pub(crate) fn lots(&self) -> &Lots {
        &self.0.lots
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// Forgets what is held in memory about callers, and loads the rest anew. For tests.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn reset(&self) -> Result<(), EngineError> {
        self.0.failures.reset();
        self.0.sign_ins.reset();
        self.0.tier_requests.reset();
        self.0.engine.refresh().await.map(drop)
    }

    /// Charges the address of a request that asked about nothing that exists.
    ///
    /// # Errors
    /// When it is locked out.
    pub(crate) fn failed(&self, context: &Context) -> Result<(), Refused> {
        self.0.failures.failed(context.client, self.0.clock.now()).map_err(Refused::RateLimited)
    }

    /// Whether there are so many failures that somebody may be guessing.
    pub(crate) fn guessing(&self) -> bool {
        self.0.failures.alert(self.0.clock.now())
    }

    /// Who shows a bearer token; `None` when the request has none, or an unknown one.
    pub(crate) async fn bearer(&self, headers: &HeaderMap) -> Result<Option<Bearer>, EngineError> {
        let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                self.0.engine.authenticate(token.trim()).await
            }
            _ => Ok(None),
        }
    }

    /// Whether a request shows a token that may do something.
    pub(crate) async fn may(&self, headers: &HeaderMap, permission: Permission) -> Result<bool, EngineError> {
        Ok(self.bearer(headers).await?.is_some_and(|bearer| bearer.must(permission).is_ok()))
    }
}

/// Who asks, for the engine.
pub(crate) fn caller(
    app: &App,
    context: &Context,
    headers: &HeaderMap,
    front: keyward_engine::Front,
) -> Caller {
    Caller {
        locked_out: app.0.failures.check(context.client, app.0.clock.now()).is_some(),
        address: Some(context.client),
        user_agent: headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned),
        request_id: Some(context.id.to_string()),
        ..Caller::new(Actor::Anonymous, front)
    }
}

/// What a client is told of a failure that is not its own: nothing of its cause, which is in the log.
pub(crate) fn log_failure(error: &EngineError) {
    let code = error.code();
    tracing::error!(error.code = code, "the request failed: {error}");
}

/// Whether the same request may succeed later.
pub(crate) const fn is_temporary(error: &EngineError) -> bool {
    match error {
        EngineError::Store(error) => error.is_temporary() || matches!(error, StoreError::OutcomeUnknown),
        _ => false,
    }
}
