//! Inside CORS, so that a browser may read what it says: the size of bodies, and handlers that panic.

use std::convert::Infallible;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as Task, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use axum::response::Response;
use http_body::Body as _;
use tower::Service;
use tracing::error;

use super::body::{self, Guarded, Limits};
use super::context::{Context, RequestId};
use super::front::{Front, Refused};

/// On an answer in place of a handler that panicked, for whoever counts.
#[derive(Clone, Copy)]
pub(super) struct Panicked;

#[derive(Clone)]
pub(super) struct Guard<S> {
    pub(super) inner: S,
    pub(super) front: Front,
    pub(super) limits: Limits,
}

impl<S> Service<Request> for Guard<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = GuardFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let front = self.front;
        let id =
            request.extensions().get::<Context>().map_or(RequestId(uuid::Uuid::nil()), |context| context.id);
        let answer = |inner| GuardFuture { inner, front, id };
        if request.body().is_end_stream() {
            return answer(self.enter(request));
        }
        let length: Option<usize> =
            request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        // A client that waits for permission to send has sent nothing yet.
        let waits = request.headers().contains_key(EXPECT);
        let largest = self.limits.bytes;
        let request = request.map(|body| Body::new(Guarded::new(body, self.limits.clone())));
        match length {
            Some(length) if length > largest => {
                let reading = (!waits).then(|| request.into_body());
                answer(Answer::TooLarge { answer: Box::pin(too_large(front, id, reading)) })
            }
            _ => answer(self.enter(request)),
        }
    }
}

impl<S: Service<Request>> Guard<S> {
    fn enter(&mut self, request: Request) -> Answer<S::Future> {
        Answer::Handler { answer: self.inner.call(request) }
    }
}

async fn too_large(front: Front, id: RequestId, body: Option<Body>) -> Response {
    let why = match body {
        Some(body) => body::read(body).await.err().unwrap_or(Refused::BodyTooLarge),
        None => Refused::BodyTooLarge,
    };
    front.refuse(why, id)
}

pin_project_lite::pin_project! {
    pub(super) struct GuardFuture<F> {
        #[pin]
        inner: Answer<F>,
        front: Front,
        id: RequestId,
    }
}

pin_project_lite::pin_project! {
    #[project = AnswerProjection]
    enum Answer<F> {
        Handler { #[pin] answer: F },
        TooLarge { answer: Pin<Box<dyn Future<Output = Response> + Send>> },
    }
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for GuardFuture<F> {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Task<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.inner.project() {
            AnswerProjection::TooLarge { answer } => answer.as_mut().poll(cx).map(Ok),
            // A future that panicked is never polled again, so nothing sees what it left half done.
            AnswerProjection::Handler { answer } => {
                match catch_unwind(AssertUnwindSafe(|| answer.poll(cx))) {
                    Ok(poll) => poll,
                    Err(_) => {
                        error!("a handler panicked; the answer is an internal error");
                        let mut response = this.front.refuse(Refused::Failed, *this.id);
                        response.extensions_mut().insert(Panicked);
                        Poll::Ready(Ok(response))
                    }
                }
            }
        }
    }
}
