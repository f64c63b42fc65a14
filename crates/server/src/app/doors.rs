//! The doors: every listener of the configuration with what it serves, opened before the first request is taken.

use std::sync::Arc;

use axum::Router;
use keyward_engine::token::Permission;
use tracing::info;

use super::App;
use crate::config::Config;
use crate::console;
use crate::dialects::{lk, pool, records, tier};
use crate::health::{self, ReadyCheck};
use crate::layers::{Front, Layers, RequestIds};
use crate::metrics::{Metrics, Page};
use crate::openapi;
use crate::serve::{self, BindError, Ending, Listener, Reload, Serves, Stop, Times, Tls, TlsError};

/// Listeners that are open, with their routers.
pub struct Doors {
    doors: Vec<(Listener, Router)>,
    times: Times,
    tls: Option<Tls>,
    metrics: Arc<Metrics>,
}

/// Why the doors cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A listener.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A certificate or its key.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl OpenError {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Bind(error) => error.remedy(),
            Self::Tls(_) => "check server.tls_cert and server.tls_key".to_owned(),
        }
    }
}

impl Doors {
    /// Opens every listener.
    ///
    /// # Errors
    /// When a port is taken or a certificate cannot be used: then none is served.
    pub async fn open(app: &App, ids: RequestIds, ready: ReadyCheck) -> Result<Self, OpenError> {
        let config = app.config();
        let tls = match (&config.server.tls_cert, &config.server.tls_key) {
            (Some(certificate), Some(key)) => Some(Tls::read(certificate, key)?),
            _ => None,
        };
        let layers = Layers::new(&config.server, Arc::clone(app.clock()), ids, Arc::clone(app.metrics()));
        let mut doors = Vec::new();
        for (address, serves) in serve::addresses(config) {
            let router = router(app, &layers, serves, &ready);
            doors.push((Listener::bind(address, tls.clone()).await?, router));
        }
        let times = Times { header: config.server.header_timeout, drain: config.server.drain_timeout };
        Ok(Self { doors, times, tls, metrics: Arc::clone(app.metrics()) })
    }

    /// Where the main listener is, as a URL.
    pub fn url(&self) -> String {
        self.doors.first().map(|(listener, _)| listener.url()).unwrap_or_default()
    }

    /// Every listener, as URLs.
    pub fn urls(&self) -> impl Iterator<Item = String> {
        self.doors.iter().map(|(listener, _)| listener.url())
    }

    /// Serves until told to stop. A certificate that changes, or that is to be read again, is read meanwhile.
    pub async fn serve(self, stop: Stop, reload: Reload) -> Ending {
        let certificate = async move {
            match self.tls {
                Some(tls) => tls.watch(Tls::LOOK, self.metrics, reload).await,
                None => serve::nothing_to_reload(reload).await,
            }
        };
        let watching = tokio::spawn(certificate);
        let ending = serve::run(self.doors, self.times, stop).await;
        watching.abort();
        info!(server.ending = ?ending, "the last request is answered");
        ending
    }
}

fn router(app: &App, layers: &Layers, serves: Serves, ready: &ReadyCheck) -> Router {
    let dialects = &app.config().dialects;
    let own = match serves {
        Serves::All => health::home(),
        Serves::Pool => pool::page(app.clone()),
        Serves::Tier => tier::page(),
        Serves::Lk => lk::page(),
        Serves::Records => records::page(app.clone()),
    };
    let own = own.merge(health::router(Arc::clone(ready))).merge(metrics(app).router());
    let own = own.merge(openapi::router(app.config(), serves)).fallback(health::not_found);
    // What is not found at a dialect's own listener is not found in its words.
    let front = match serves {
        Serves::Pool => pool::FRONT,
        Serves::Tier => tier::FRONT,
        Serves::Lk => lk::FRONT,
        Serves::Records => records::FRONT,
        Serves::All => Front::SERVER,
    };
    let mut router = layers.around(front, &[], own);
    if serves == Serves::All {
        // For people who signed in: no other origin's page may ask for them.
        let pages = layers.around(console::FRONT, &[], console::routes(app.clone()));
        router = router.merge(pages.layer(axum::middleware::from_fn(console::in_language)));
    }
    if dialects.pool.enabled && matches!(serves, Serves::All | Serves::Pool) {
        router =
            router.merge(layers.around(pool::FRONT, &dialects.pool.cors_origins, pool::routes(app.clone())));
    }
    if dialects.records.enabled && matches!(serves, Serves::All | Serves::Records) {
        let (origins, questions) = (&dialects.records.cors_origins, records::routes(app.clone()));
        router = router.merge(layers.around(records::FRONT, origins, questions));
        // Its pages are for people who signed in: no other origin's page may ask for them.
        router = router.merge(layers.around(records::PAGES, &[], records::pages(app.clone())));
    }
    if dialects.tier.enabled && matches!(serves, Serves::All | Serves::Tier) {
        let routes = tier::routes(app.clone(), layers, Arc::clone(&app.0.tier_requests));
        router = router.merge(layers.around(tier::FRONT, &dialects.tier.cors_origins, routes));
    }
    if dialects.lk.enabled && matches!(serves, Serves::All | Serves::Lk) {
        let beside = lk::BesideConsole(serves == Serves::All);
        let routes = lk::routes(app.clone(), beside);
        router = router.merge(layers.around(lk::FRONT, &dialects.lk.cors_origins, routes));
    }
    router
}

fn metrics(app: &App) -> Page {
    let (config, metrics): (&Config, _) = (app.config(), Arc::clone(app.metrics()));
    let asked = app.clone();
    let token = Arc::new(move |token: String| {
        let app = asked.clone();
        let may = async move {
            let bearer = app.engine().authenticate(&token).await;
            bearer.is_ok_and(|bearer| bearer.is_some_and(|b| b.must(Permission::StatsRead).is_ok()))
        };
        Box::pin(may) as std::pin::Pin<Box<dyn Future<Output = bool> + Send>>
    });
    let looked = app.clone();
    let refresh = Arc::new(move || {
        let metrics = looked.metrics();
        metrics.set_recorded(looked.engine().recorded());
        metrics.set_writer(looked.engine().store().metrics());
        // Lowers the alert, too, once its time is over.
        looked.0.failures.alert(looked.clock().now());
    });
    Page { metrics, access: config.server.metrics, token, refresh }
}
