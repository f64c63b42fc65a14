//! The outermost layer: who asks, the name of the request, its metrics.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use axum::http::header::{DATE, STRICT_TRANSPORT_SECURITY};
use axum::response::Response;
use tower::Service;
use tracing::{debug, error};

use super::context::{Context, Peer, RequestId};
use super::front::Front;
use super::guard::Panicked;
use super::{REQUEST_ID, Shared};
use crate::logs;
use crate::metrics::MethodLabel;

/// The route of requests that match none: their paths are not told apart, they may be anything.
const NO_ROUTE: &str = "none";

#[derive(Clone)]
pub(super) struct Door<S> {
    pub(super) inner: S,
    pub(super) front: Front,
    pub(super) shared: Arc<Shared>,
}

impl<S> Service<Request> for Door<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = DoorFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        let started = shared.clock.stopwatch();
        let id = RequestId(shared.ids.next(shared.clock.now()));
        let peer = request.extensions().get::<Peer>().copied().unwrap_or(Peer::NONE);
        let client = shared.proxies.client(peer.address.ip(), request.headers());
        let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str);
        let route = shared.metrics.route(route);
        let method = MethodLabel::from(request.method());
        let is_secure = peer.tls || client.is_secure;
        request.extensions_mut().insert(Context {
            client: client.address,
            peer: peer.address.ip().to_canonical(),
            was_forwarded: client.was_forwarded,
            is_secure,
            id,
            front: self.front,
        });
        let about = Arc::new(logs::Request { id, method, route, client: client.address });
        let inner = logs::during(&about, || self.inner.call(request));
        DoorFuture { inner, request: Passing { shared, about, started, is_secure, front: self.front } }
    }
}

pin_project_lite::pin_project! {
    pub(super) struct DoorFuture<F> {
        #[pin]
        inner: F,
        request: Passing,
    }
}

/// A request on its way.
struct Passing {
    shared: Arc<Shared>,
    about: Arc<logs::Request>,
    started: Duration,
    is_secure: bool,
    front: Front,
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for DoorFuture<F> {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let request = &*this.request;
        logs::during(&request.about, || {
            let Poll::Ready(Ok(mut response)) = this.inner.poll(cx) else { return Poll::Pending };
            request.finish(&mut response);
            Poll::Ready(Ok(response))
        })
    }
}

impl Passing {
    fn finish(&self, response: &mut Response) {
        response.headers_mut().insert(REQUEST_ID, self.about.id.header());
        // Devices set their time guard by it: it is the time that licences are judged by.
        if let Some(date) = self.shared.date.header(self.shared.clock.now()) {
            response.headers_mut().insert(DATE, date);
        }
        // Over plain HTTP browsers must not believe it (RFC 6797, section 7.2).
        if let Some(age) = self.shared.hsts.clone().filter(|_| self.is_secure) {
            response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, age);
        }
        let took = self.shared.clock.stopwatch().saturating_sub(self.started).as_secs_f64();
        let code = response.status().as_u16();
        self.about.route.record(self.about.method, code, took);
        if response.extensions().get::<Panicked>().is_some() {
            self.shared.metrics.panics.inc();
        }
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            self.shared.metrics.rate_limited(self.front.name);
        }
        if response.status().is_server_error() {
            error!(http.code = code, http.seconds = took, "answered {code} after {took:.4} s");
        } else {
            debug!(http.code = code, http.seconds = took, "answered {code} after {took:.4} s");
        }
    }
}
