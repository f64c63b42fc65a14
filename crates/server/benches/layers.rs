//! What the layers cost: a bare handler beside the same handler with everything around it, five pairs in turns.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::get;
use keyward_core::time::Timestamp;
use keyward_server::clock::Clock;
use keyward_server::config::Config;
use keyward_server::layers::{Front, Layers, Peer, RequestIds};
use keyward_server::logs::subscriber;
use keyward_server::metrics::Metrics;
use tower::Service as _;

const REQUESTS: u32 = 200_000;
const PAIRS: usize = 5;

struct System(Instant);

impl keyward_engine::Clock for System {
    fn now(&self) -> Timestamp {
        let since = std::time::UNIX_EPOCH.elapsed().expect("the year is after 1970");
        Timestamp::from_micros(i64::try_from(since.as_micros()).expect("the year is before 290,000"))
    }
}

impl Clock for System {
    fn stopwatch(&self) -> Duration {
        self.0.elapsed()
    }
}

fn main() {
    let config = Config::default();
    tracing::subscriber::set_global_default(subscriber(&config.log, false, io::sink)).expect("the first one");
    #[expect(clippy::disallowed_methods, reason = "a measurement starts at the present")]
    let clock = Arc::new(System(Instant::now()));
    let layers = Layers::new(&config.server, clock, RequestIds::new([1, 2]), Arc::new(Metrics::new()));
    let bare = Router::new().route("/api/validate/{key}", get(|| async { "ok" }));
    let layered = layers.around(Front::SERVER, &[], bare.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut pairs: Vec<[Duration; 2]> =
        (0..PAIRS).map(|_| [&bare, &layered].map(|router| runtime.block_on(measure(router)))).collect();
    pairs.sort_by_key(|[bare, layered]| *layered - (*bare).min(*layered));
    for [bare, layered] in &pairs {
        let [bare, layered] = [bare, layered].map(|time| time.as_nanos() / u128::from(REQUESTS));
        println!("bare {bare} ns, with layers {layered} ns: {} ns a request", layered.saturating_sub(bare));
    }
    let [bare, layered] = pairs[PAIRS / 2].map(|time| time.as_nanos() / u128::from(REQUESTS));
    println!("median: {} ns a request, routing and handler alone {bare} ns", layered.saturating_sub(bare));
}

async fn measure(router: &Router) -> Duration {
    let peer = Peer { address: SocketAddr::from(([192, 0, 2, 1], 4711)), tls: false };
    #[expect(clippy::disallowed_methods, reason = "this is what is measured")]
    let start = Instant::now();
    for _ in 0..REQUESTS {
        let mut request = Request::get("/api/validate/ABCDEFGHJKMN").body(Body::empty()).expect("a request");
        request.extensions_mut().insert(peer);
        let answer = router.clone().call(request).await.expect("routers always answer");
        assert!(answer.status().is_success());
    }
    start.elapsed()
}
