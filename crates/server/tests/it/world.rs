//! A server on a free port, a clock set by hand, and a client that sees bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use keyward_core::time::Timestamp;
use keyward_server::clock::Clock;
use keyward_server::config::{Config, Server};
use keyward_server::layers::{Front, Layers, Refused, RequestId, RequestIds};
use keyward_server::metrics::Metrics;
use keyward_server::serve::{Ending, Listener, Stop, Times, run};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

/// A dialect with words of its own.
pub(crate) const ODD: Front = Front { name: "odd", shape: odd };

fn odd(why: Refused, id: RequestId) -> Response {
    let body = serde_json::json!({ "success": false, "error_code": why.code(), "id": id.to_string() });
    (why.status(), Json(body)).into_response()
}

/// Seconds set by hand; the stopwatch goes along.
#[derive(Default)]
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    pub(crate) fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::Relaxed);
    }
}

impl keyward_engine::Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + self.0.load(Ordering::Relaxed))
    }
}

impl Clock for SetClock {
    fn stopwatch(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::Relaxed).unsigned_abs())
    }
}

/// What a server is made with.
pub(crate) struct World {
    pub(crate) clock: Arc<SetClock>,
    pub(crate) layers: Layers,
    pub(crate) times: Times,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Server)) -> Self {
        crate::log_lines::listen();
        let mut server = Config::default().server;
        change(&mut server);
        let clock = Arc::new(SetClock::default());
        let times = Times { header: server.header_timeout, drain: server.drain_timeout };
        let layers =
            Layers::new(&server, Arc::clone(&clock) as _, RequestIds::new([7, 9]), Arc::new(Metrics::new()));
        Self { clock, layers, times }
    }

    /// Serves these routes as the odd dialect.
    pub(crate) async fn odd(&self, routes: Router) -> Running {
        self.serve(self.layers.around(ODD, &[], routes)).await
    }

    /// Serves a finished router.
    pub(crate) async fn serve(&self, router: Router) -> Running {
        let listener =
            Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), None).await.expect("a free port");
        let address = listener.address();
        let (stop, words) = Stop::channel();
        Running { address, stop, ending: tokio::spawn(run(vec![(listener, router)], self.times, words)) }
    }
}

/// A server at work.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) stop: UnboundedSender<()>,
    pub(crate) ending: JoinHandle<Ending>,
}

impl Running {
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("the server listens")
    }

    /// One request on a connection of its own; `head` is its first line and headers, without `Host`.
    pub(crate) async fn ask(&self, head: &str, body: &str) -> Answer {
        let length =
            if body.is_empty() { String::new() } else { format!("\r\nContent-Length: {}", body.len()) };
        self.raw(&format!("{head}\r\nHost: test\r\nConnection: close{length}\r\n\r\n{body}")).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1"), "").await
    }

    pub(crate) async fn raw(&self, request: &str) -> Answer {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.expect("the request is sent");
        Answer::read(&mut stream).await
    }
}

/// What came back, up to the end of the connection.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn read(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Self {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.expect("the answer is text");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
