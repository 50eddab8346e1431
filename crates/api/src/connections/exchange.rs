//! What a connection and the service behind it tell each other: whether a request is being worked on, and what
//! the last answer was like. Both run on one thread.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_http::{ConnectionType, HttpMessage, Payload, Request, Response};
use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use pin_project_lite::pin_project;

/// The state of one connection.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    working: Cell<usize>,
    answered: Cell<u64>,
    last: Cell<Last>,
}

/// What follows from the last answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Last {
    /// It said that the connection closes.
    pub(super) closes: bool,
    /// Its request came in chunks: what follows on the connection may still be its body.
    pub(super) chunked: bool,
    /// Its body ends as a head does, and so as an answer of the HTTP library.
    ends_like_a_head: bool,
}

impl Exchange {
    /// Whether the service works on a request or its answer is not complete.
    pub(super) fn is_working(&self) -> bool {
        self.working.get() > 0
    }

    /// How many answers are complete.
    pub(super) fn answered(&self) -> u64 {
        self.answered.get()
    }

    /// The last complete answer.
    pub(super) fn last(&self) -> Last {
        self.last.get()
    }

    /// Whether all answers of the service are complete, and an answer of the HTTP library at the end of what is
    /// written cannot be a part of theirs.
    pub(super) fn tells_answers_apart(&self) -> bool {
        !self.is_working() && !self.last.get().ends_like_a_head
    }
}

/// A request that is worked on until its answer is complete or given up.
pub(super) struct Work {
    exchange: Rc<Exchange>,
    last: Last,
}

impl Work {
    /// Begins the work on a request, if its connection is one of ours.
    pub(super) fn begin(request: &mut Request) -> Option<Self> {
        let exchange = Rc::clone(request.conn_data::<Rc<Exchange>>()?);
        exchange.working.set(exchange.working.get() + 1);
        let has_body = matches!(request.payload(), Payload::H1 { .. });
        let chunked = has_body && request.chunked().unwrap_or(true);
        Some(Self { exchange, last: Last { chunked, ..Last::default() } })
    }

    /// The work on a request that nobody sent.
    #[cfg(test)]
    pub(super) fn of(exchange: &Rc<Exchange>) -> Self {
        exchange.working.set(exchange.working.get() + 1);
        Self { exchange: Rc::clone(exchange), last: Last::default() }
    }

    /// Goes on until the body of the answer is written.
    pub(super) fn answer<B>(mut self, response: Response<B>) -> Response<Tracked<B>> {
        self.last.closes = response.head().connection_type() == ConnectionType::Close;
        response.map_body(|_, body| Tracked { body, work: Some(self) })
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.exchange.working.set(self.exchange.working.get().saturating_sub(1));
        self.exchange.answered.set(self.exchange.answered.get() + 1);
        self.exchange.last.set(self.last);
    }
}

pin_project! {
    /// The body of an answer; with it ends the work.
    pub(super) struct Tracked<B> {
        #[pin]
        body: B,
        work: Option<Work>,
    }
}

impl<B> Tracked<B> {
    /// The body of an answer on a connection that nobody watches.
    pub(super) const fn untracked(body: B) -> Self {
        Self { body, work: None }
    }
}

impl<B: MessageBody> MessageBody for Tracked<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, B::Error>>> {
        let this = self.project();
        let next = this.body.poll_next(cx);
        if let (Poll::Ready(Some(Ok(bytes))), Some(work)) = (&next, this.work) {
            work.last.ends_like_a_head =
                bytes.ends_with(b"\r\n\r\n") || (bytes.len() < 4 && bytes.ends_with(b"\n"));
        }
        next
    }
}
