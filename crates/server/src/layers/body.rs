//! Bodies with a limit of size and time, and the extractor that reads one whole.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
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
use crate::limits::RetryAfter;

/// A body that is too large is still read up to so many times the limit: a client that is not done with sending would
/// otherwise see a broken connection instead of the answer.
const READ_AND_DROPPED: usize = 8;

/// So many bodies of the largest size are read at the same time, of all connections together; beyond, large ones are refused.
const AT_ONCE: usize = 128;
/// What every body may have: nobody's question is larger, so that those who send large ones keep nobody out.
const FREE: usize = 16 * 1_024;

#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) bytes: usize,
    pub(super) time: Duration,
    room: Arc<AtomicUsize>,
}

impl Limits {
    pub(super) fn new(bytes: usize, time: Duration) -> Self {
        Self { bytes, time, room: Arc::new(AtomicUsize::new(bytes.saturating_mul(AT_ONCE))) }
    }
}

/// What a body that is not whole yet takes of the room for all.
struct Held {
    room: Arc<AtomicUsize>,
    bytes: usize,
}

impl Held {
    /// Takes more; `false` when there is none.
    fn take(&mut self, more: usize) -> bool {
        let took = self.room.fetch_update(Relaxed, Relaxed, |room| room.checked_sub(more)).is_ok();
        self.bytes += if took { more } else { 0 };
        took
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.room.fetch_add(self.bytes, Relaxed);
    }
}

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyFault {
    #[error("the body is too large")]
    TooLarge,
    #[error("the body did not arrive in time")]
    TimedOut,
    #[error("too many bodies arrive at the same time")]
    NoRoom,
}

pin_project_lite::pin_project! {
    /// A body that ends with an error when it is too large or too slow.
    pub(super) struct Guarded {
        inner: Body,
        limits: Limits,
        read: usize,
        held: Held,
        #[pin]
        sleep: Option<Sleep>,
    }
}

impl Guarded {
    pub(super) fn new(inner: Body, limits: Limits) -> Self {
        let held = Held { room: Arc::clone(&limits.room), bytes: 0 };
        Self { inner, limits, read: 0, held, sleep: None }
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
                    let length = frame.data_ref().map_or(0, Bytes::len);
                    *this.read += length;
                    if *this.read <= this.limits.bytes {
                        let has_room = this.held.take(this.read.saturating_sub(FREE).min(length));
                        let no_room = || axum::Error::new(BodyFault::NoRoom);
                        return Poll::Ready(Some(if has_room { Ok(frame) } else { Err(no_room()) }));
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

/// In one piece: a frame may be a single byte, and keeps what it was read into.
pub(super) async fn read(mut body: Body) -> Result<Bytes, Refused> {
    let Some(first) = next(&mut body).await? else { return Ok(Bytes::new()) };
    let Some(second) = next(&mut body).await? else { return Ok(first) };
    let mut all = [first, second].concat();
    while let Some(more) = next(&mut body).await? {
        all.extend_from_slice(&more);
    }
    Ok(all.into())
}

async fn next(body: &mut Body) -> Result<Option<Bytes>, Refused> {
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|error| refused(&error))?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

fn refused(error: &axum::Error) -> Refused {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        match error.downcast_ref() {
            Some(BodyFault::TooLarge) => return Refused::BodyTooLarge,
            Some(BodyFault::TimedOut) => return Refused::BodyTimedOut,
            Some(BodyFault::NoRoom) => return Refused::RateLimited(RetryAfter(1)),
            None => cause = error.source(),
        }
    }
    Refused::BodyBroken
}
