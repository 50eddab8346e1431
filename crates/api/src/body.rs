//! The bodies of requests: read in a bounded time, and only as fast as they are taken.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, BytesMut};
use futures_core::Stream;
use tokio::time::{Instant, timeout_at};

use crate::pace::Pace;

/// Why a body cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// It is longer than this.
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    /// It came too slowly, or not at all.
    #[error("the body comes too slowly")]
    TooSlow,
    /// It ends early, or its chunks are none.
    #[error("the body is broken: {0}")]
    Broken(String),
}

/// What has come of a body, without waiting for more. What came with its head is there one step later, since the library
/// starts the handler first.
async fn received(payload: &mut Payload) -> Poll<Option<Result<Bytes, PayloadError>>> {
    let mut is_again = false;
    poll_fn(|cx| match Pin::new(&mut *payload).poll_next(cx) {
        Poll::Pending if !is_again => {
            is_again = true;
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        step => Poll::Ready(step),
    })
    .await
}

/// Reads what has come of the body of a refused request, if that is little: a connection whose body lies unread has to be
/// closed, and its client would come again with another one. Waits for nothing.
pub(crate) async fn skip_received(mut payload: Payload) {
    const LITTLE_BYTES: usize = 64 * 1024;
    let mut read_bytes = 0;
    while read_bytes < LITTLE_BYTES
        && let Poll::Ready(Some(Ok(piece))) = received(&mut payload).await
    {
        read_bytes += piece.len();
    }
}

/// A body on its way.
pub(crate) struct Body {
    payload: Payload,
    pace: Pace,
    /// When there was first a wait for it.
    since: Option<Instant>,
    received_bytes: u64,
}

impl Body {
    /// The body of a request that is about to be read.
    pub(crate) const fn new(payload: Payload, pace: Pace) -> Self {
        Self { payload, pace, since: None, received_bytes: 0 }
    }

    /// The next piece; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        let payload = &mut self.payload;
        // What is there already needs no timer.
        let piece = match received(payload).await {
            Poll::Ready(piece) => piece,
            Poll::Pending => {
                let since = *self.since.get_or_insert_with(Instant::now);
                let end = since + self.pace.allowed(self.received_bytes);
                let next = poll_fn(|cx| Pin::new(&mut *payload).poll_next(cx));
                timeout_at(end, next).await.map_err(|_| BodyError::TooSlow)?
            }
        };
        let Some(piece) = piece else {
            return Ok(None);
        };
        let piece = piece.map_err(|error| BodyError::Broken(error.to_string()))?;
        self.received_bytes += piece.len() as u64;
        Ok(Some(piece))
    }

    /// All of it, up to a limit.
    pub(crate) async fn all(mut self, limit_bytes: usize) -> Result<Bytes, BodyError> {
        // Most bodies come in one piece, which is not copied.
        let Some(first) = self.next().await? else {
            return Ok(Bytes::new());
        };
        let mut whole = None;
        let mut length = first.len();
        while length <= limit_bytes {
            let Some(piece) = self.next().await? else {
                return Ok(whole.map_or(first, BytesMut::freeze));
            };
            length += piece.len();
            whole.get_or_insert_with(|| BytesMut::from(first.as_ref())).extend_from_slice(&piece);
        }
        Err(BodyError::TooLarge(limit_bytes))
    }
}
