//! Bodies with a limit of size and time, and the extractor that reads one whole.

use std::pin::Pin;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::time::Sleep;

use super::context::Context;
use super::front::Refused;

/// A body that is too large is still read up to so many times the limit: a client that is not done with sending would
/// otherwise see a broken connection instead of the answer.
const READ_AND_DROPPED: usize = 8;

#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) bytes: usize,
    pub(super) time: Duration,
}

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyFault {
    #[error("the body is too large")]
    TooLarge,
    #[error("the body did not arrive in time")]
    TimedOut,
}

pin_project_lite::pin_project! {
    /// A body that ends with an error when it is too large or too slow.
    pub(super) struct Guarded {
        inner: Body,
        limits: Limits,
        read: usize,
        #[pin]
        sleep: Option<Sleep>,
    }
}

impl Guarded {
    pub(super) const fn new(inner: Body, limits: Limits) -> Self {
        Self { inner, limits, read: 0, sleep: None }
    }
}

impl http_body::Body for Guarded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut this = self.project();
        loop {
            match Pin::new(&mut *this.inner).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    *this.read += frame.data_ref().map_or(0, Bytes::len);
                    if *this.read <= this.limits.bytes {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                    if *this.read > this.limits.bytes.saturating_mul(READ_AND_DROPPED) {
                        return Poll::Ready(Some(Err(axum::Error::new(BodyFault::TooLarge))));
                    }
                }
                Poll::Ready(None) if *this.read > this.limits.bytes => {
                    return Poll::Ready(Some(Err(axum::Error::new(BodyFault::TooLarge))));
                }
                Poll::Pending => {
                    // Most bodies arrive with the head: a timer is made only for those that do not.
                    if this.sleep.is_none() {
                        this.sleep.set(Some(tokio::time::sleep(this.limits.time)));
                    }
                    let is_over = this.sleep.as_pin_mut().is_some_and(|sleep| sleep.poll(cx).is_ready());
                    return if is_over {
                        Poll::Ready(Some(Err(axum::Error::new(BodyFault::TimedOut))))
                    } else {
                        Poll::Pending
                    };
                }
                end => return end,
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream() && self.read <= self.limits.bytes
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The whole body, as it was sent. Its refusals have the shape of the front, whatever content type was named.
#[derive(Clone, Debug)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let context = request.extensions().get::<Context>().copied();
        match read(request.into_body()).await {
            Ok(bytes) => Ok(Self(bytes)),
            Err(why) => Err(match context {
                Some(context) => context.front.refuse(why, context.id),
                None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }),
        }
    }
}

pub(super) async fn read(body: Body) -> Result<Bytes, Refused> {
    match body.collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) => Err(refused(&error)),
    }
}

fn refused(error: &axum::Error) -> Refused {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        match error.downcast_ref() {
            Some(BodyFault::TooLarge) => return Refused::BodyTooLarge,
            Some(BodyFault::TimedOut) => return Refused::BodyTimedOut,
            None => cause = error.source(),
        }
    }
    Refused::BodyBroken
}
