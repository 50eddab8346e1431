//! The last answer of a connection: written, and then the connection is closed so that the client gets to read it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long all of it may take.
pub(super) const CLOSING: Duration = Duration::from_secs(1);

/// An answer after which nothing is read or written.
pub(super) struct LastAnswer {
    bytes: Vec<u8>,
    written: usize,
    is_shut: bool,
    end: Pin<Box<Sleep>>,
}

impl LastAnswer {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, written: 0, is_shut: false, end: Box::pin(sleep(CLOSING)) }
    }

    /// Writes the answer, says that nothing follows, and takes what the client still sends: a socket that is
    /// closed with unread bytes is reset, and the answer would be lost. Ready when the socket may be closed.
    pub(super) fn poll<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if self.end.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        while let Some(rest) = self.bytes.get(self.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut *stream).poll_write(cx, rest)) {
                Ok(0) | Err(_) => return Poll::Ready(()),
                Ok(written) => self.written += written,
            }
        }
        if !self.is_shut {
            if ready!(Pin::new(&mut *stream).poll_shutdown(cx)).is_err() {
                return Poll::Ready(());
            }
            self.is_shut = true;
        }
        let mut scratch = [0; 4096];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
    }
}
