//! The socket of one client, watched: what comes too slowly or is not taken ends the connection, and what the
//! HTTP library answers by itself is said as a problem.
//!
//! The library has times for the first head and for silence between requests, which are switched off: they run out
//! also where a request has come and the service was too busy to read it. It has none for the head of a later
//! request, for a body that nobody reads any more, and for an answer that the client does not take. Here a time has
//! run out only if nothing has come when it is looked at.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::bare::{self, BareAnswer};
use super::exchange::Exchange;
use super::last_answer::{CLOSING, LastAnswer};
use crate::clock::Clock;
use crate::pace::Pace;
use crate::problem::Problem;

/// How long the client may take for the head of a request, how long it may be silent before, and how long it may
/// go on with a body that nobody reads.
pub(super) const HEAD: Duration = Duration::from_secs(5);

/// What holds for every connection.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// How slowly a client may take its answers.
    pub(super) answers: Pace,
    pub(super) clock: Clock,
}

/// The wait for the next head.
struct Wait {
    /// Which answer it follows.
    after: u64,
    /// Whether the head has begun to come.
    has_begun: bool,
    until: Instant,
}

/// A write that the client has not taken as a whole.
struct Unwritten {
    since: Instant,
    taken_bytes: u64,
    timer: Pin<Box<Sleep>>,
}

/// A watched socket.
pub(super) struct Connection<S> {
    stream: S,
    peer: Option<SocketAddr>,
    rules: Rules,
    exchange: Rc<Exchange>,
    wait: Wait,
    /// Runs to the end of a wait that may have been over for long: it is set anew only when it has run out, not
    /// for each request.
    timer: Pin<Box<Sleep>>,
    unwritten: Option<Unwritten>,
    last_answer: Option<LastAnswer>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Watches a socket that has just been accepted.
    pub(super) fn new(stream: S, peer: Option<SocketAddr>, rules: Rules) -> Self {
        let until = Instant::now() + HEAD;
        Self {
            stream,
            peer,
            rules,
            exchange: Rc::default(),
            wait: Wait { after: 0, has_begun: false, until },
            timer: Box::pin(sleep_until(until)),
            unwritten: None,
            last_answer: None,
        }
    }

    /// What the service tells about its work.
    pub(super) fn exchange(&self) -> &Rc<Exchange> {
        &self.exchange
    }

    /// Whether the service works, or the client has yet to take an answer; otherwise it is the client's turn.
    fn is_busy(&self) -> bool {
        self.exchange.is_working() || self.unwritten.is_some()
    }

    /// The wait for the next head begins when the answer to the one before is written.
    fn wait(&mut self) -> &mut Wait {
        let answered = self.exchange.answered();
        if self.wait.after != answered {
            let time = if self.exchange.last().closes { CLOSING } else { HEAD };
            self.wait = Wait { after: answered, has_begun: false, until: Instant::now() + time };
        }
        &mut self.wait
    }

    /// Bytes have come while no request is worked on. An error when they come for too long.
    fn note_bytes(&mut self) -> io::Result<()> {
        let closes = self.exchange.last().closes;
        let wait = self.wait();
        if wait.has_begun || closes {
            return if Instant::now() < wait.until { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) };
        }
        wait.has_begun = true;
        wait.until = Instant::now() + HEAD;
        Ok(())
    }

    /// Ready when the next head has not come in time.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let until = self.wait().until;
        if until < self.timer.deadline() {
            self.timer.as_mut().reset(until);
        }
        loop {
            ready!(self.timer.as_mut().poll(cx));
            if until <= self.timer.deadline() {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(until);
        }
    }

    /// Ends a wait for a head: with an answer, if there is something to answer and the client can tell which
    /// request it is for.
    fn give_up(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let last = self.exchange.last();
        if self.wait.has_begun && !last.closes && !last.chunked {
            self.end_with(&Problem::HeadTimeout);
            return self.poll_end(cx);
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn end_with(&mut self, problem: &Problem) {
        let (bytes, id) = bare::encode(problem, &self.rules.clock);
        tracing::info!(
            client.address = self.peer.map(|peer| peer.ip().to_string()),
            request.id = id.to_str().unwrap_or_default(),
            reason = %problem,
            "no request"
        );
        self.last_answer = Some(LastAnswer::new(bytes));
    }

    /// Ends with an error, on which the library gives the connection up without a word in the log.
    fn poll_end<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if let Some(answer) = &mut self.last_answer {
            ready!(answer.poll(&mut self.stream, cx));
        }
        Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
    }

    /// Writes; an error when the client takes what is written too slowly.
    fn poll_paced_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(written) = written {
            match (&written, &mut self.unwritten) {
                (Ok(count), Some(unwritten)) if *count < bytes.len() => {
                    unwritten.taken_bytes += *count as u64;
                }
                _ => self.unwritten = None,
            }
            return Poll::Ready(written);
        }
        let unwritten = self.unwritten.get_or_insert_with(|| {
            let since = Instant::now();
            Unwritten { since, taken_bytes: 0, timer: Box::pin(sleep_until(since)) }
        });
        let end = unwritten.since + self.rules.answers.allowed(unwritten.taken_bytes);
        if unwritten.timer.deadline() != end {
            unwritten.timer.as_mut().reset(end);
        }
        ready!(unwritten.timer.as_mut().poll(cx));
        tracing::info!(
            client.address = self.peer.map(|peer| peer.ip().to_string()),
            "the client does not take its answer; closed"
        );
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.last_answer.is_some() {
            return this.poll_end(cx);
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if this.is_busy() {
            return read;
        }
        match read {
            Poll::Ready(Ok(())) if buffer.filled().len() > before => match this.note_bytes() {
                Ok(()) => Poll::Ready(Ok(())),
                Err(_) => this.give_up(cx),
            },
            Poll::Ready(read) => Poll::Ready(read),
            Poll::Pending => {
                ready!(this.poll_wait(cx));
                this.give_up(cx)
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.last_answer.is_some() {
            return this.poll_end(cx);
        }
        let bare = if this.exchange.tells_answers_apart() { BareAnswer::at_end_of(bytes) } else { None };
        match bare {
            None => this.poll_paced_write(cx, bytes),
            // The library writes again what is not taken, and then nothing more.
            Some(bare) if bare.start > 0 => {
                this.poll_paced_write(cx, bytes.get(..bare.start).unwrap_or_default())
            }
            Some(bare) => {
                this.end_with(&bare.problem());
                self.poll_write(cx, bytes)
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        // The library may not read again before something comes: the wait has to run from here on.
        if this.last_answer.is_none() && !this.is_busy() && this.poll_wait(cx).is_ready() {
            return this.give_up(cx);
        }
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
