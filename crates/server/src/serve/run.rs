//! Accepting, serving, draining.

use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::routing::future::RouteFuture;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::Service as _;
use tracing::{debug, info, warn};

use super::listener::Listener;
use super::patience::Patient;
use super::signals::Stop;
use super::tls::Tls;
use crate::layers::Peer;

/// The largest head of a request.
const MAX_HEAD: usize = 64 * 1024;
/// How long to wait when the system has no more file handles.
const OUT_OF_HANDLES: Duration = Duration::from_millis(500);

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// To send the head of a request, to shake hands under TLS, to take nothing of an answer, or to stay idle.
    pub header: Duration,
    /// To finish requests in flight at the end.
    pub drain: Duration,
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All requests in flight were answered.
    Drained,
    /// Some took longer than they may, and were cut off.
    TimedOut,
    /// A second word came, and what was in flight was cut off.
    AtOnce,
}

/// Serves until told to stop. Then nothing more is accepted, idle connections are closed, and requests in flight are
/// finished.
pub async fn run(doors: Vec<(Listener, Router)>, times: Times, mut stop: Stop) -> Ending {
    let (closing, closed) = watch::channel(false);
    let mut accepting = JoinSet::new();
    for (listener, router) in doors {
        info!(server.address = %listener.address, "listening on {}", listener.url());
        let door = Door { listener, router, times, closed: closed.clone() };
        accepting.spawn(door.accept());
    }
    stop.word().await;
    info!(
        "stopping: no more requests are accepted, those in flight are finished; a second signal ends at once"
    );
    let _ = closing.send(true);
    let drain = async {
        // The tasks that accept hand over their connections, which then finish.
        let mut connections = Vec::new();
        while let Some(done) = accepting.join_next().await {
            connections.extend(done.ok());
        }
        for mut set in connections {
            while set.join_next().await.is_some() {}
        }
    };
    tokio::select! {
        () = drain => {
            info!("stopped");
            Ending::Drained
        }
        () = tokio::time::sleep(times.drain) => {
            warn!("stopped: some requests took longer than server.drain_timeout and were cut off");
            Ending::TimedOut
        }
        () = stop.word() => {
            warn!("stopped at once: requests in flight were cut off");
            Ending::AtOnce
        }
    }
}

/// A listener at work.
struct Door {
    listener: Listener,
    router: Router,
    times: Times,
    closed: watch::Receiver<bool>,
}

impl Door {
    /// Accepts until closed; gives the connections that are still open. Dropping them cuts them off.
    async fn accept(mut self) -> JoinSet<()> {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.socket.accept() => match accepted {
                    Ok((stream, address)) => self.serve(stream, address, &mut connections),
                    Err(error) if is_of_one_connection(&error) => {}
                    Err(error) => {
                        warn!(error.cause = %error, "cannot accept connections for a moment: {error}");
                        tokio::time::sleep(OUT_OF_HANDLES).await;
                    }
                },
                Some(_) = connections.join_next() => {}
                _ = self.closed.changed() => return connections,
            }
        }
    }

    fn serve(&self, stream: TcpStream, address: std::net::SocketAddr, connections: &mut JoinSet<()>) {
        // Answers are small and written whole: waiting for more would only delay them.
        let _ = stream.set_nodelay(true);
        let stream = Patient::new(stream, self.times.header);
        let service = Connection {
            router: self.router.clone(),
            peer: Peer { address, tls: self.listener.tls.is_some() },
        };
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.times.header).max_buf_size(MAX_HEAD);
        // A client that has said all it wants to say still waits for the answer.
        http.half_close(true);
        let closed = self.closed.clone();
        // The certificate of this moment: who has begun to shake hands ends with the one it began with.
        match self.listener.tls.as_ref().map(Tls::acceptor) {
            None => {
                let connection = http.serve_connection(TokioIo::new(stream), service);
                connections.spawn(drive(connection, closed));
            }
            Some(tls) => {
                let patience = self.times.header;
                let mut closing = closed.clone();
                connections.spawn(async move {
                    let shaken = tokio::select! {
                        shaken = tokio::time::timeout(patience, tls.accept(stream)) => shaken,
                        // Whoever has not even greeted has nothing in flight.
                        _ = closing.changed() => return,
                    };
                    match shaken {
                        Ok(Ok(stream)) => {
                            drive(http.serve_connection(TokioIo::new(stream), service), closed).await;
                        }
                        Ok(Err(error)) => debug!(error.cause = %error, "no TLS handshake: {error}"),
                        Err(_) => debug!("no TLS handshake in time"),
                    }
                });
            }
        }
    }
}

/// Serves one connection to its end. Once closed, it answers what it has begun to read, and no more.
async fn drive<I>(connection: http1::Connection<TokioIo<I>, Connection>, mut closed: watch::Receiver<bool>)
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    let mut connection = pin!(connection);
    let result = tokio::select! {
        result = &mut connection => result,
        _ = closed.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // That a client goes away is its own affair.
    if let Err(error) = result {
        debug!(error.cause = %error, "a connection ended early: {error}");
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset)
}

/// One connection: every request learns who is at the other end.
struct Connection {
    router: Router,
    peer: Peer,
}

impl hyper::service::Service<Request<Incoming>> for Connection {
    type Response = axum::response::Response;
    type Error = std::convert::Infallible;
    type Future = RouteFuture<Self::Error>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        self.router.clone().call(request)
    }
}
