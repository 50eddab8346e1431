//! The queue between requests and the writer: bounded by events, and a tally of refused ones beside it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{ProjectId, Tally, Timestamp, Verdict};
use storage::{Delivery, Incoming, Outcome};
use tokio::sync::oneshot;

use super::error::IngestError;

/// Tells a request what became of its delivery.
pub(super) type Answer = oneshot::Sender<Result<Outcome, IngestError>>;

/// What comes out of the queue.
pub(super) enum Message {
    /// Something to store, and who waits for it.
    Deliver(Incoming, Answer),
    /// Refused events have been tallied.
    Refused,
}

/// What both ends know.
struct Shared {
    capacity: usize,
    /// Events in the queue.
    waiting: AtomicUsize,
    refused: Mutex<Tally>,
}

/// Where requests come in. Clones share it.
#[derive(Clone)]
pub(super) struct Queue {
    sender: Sender<Message>,
    shared: Arc<Shared>,
}

/// Where the writer takes them out.
pub(super) struct Exit {
    receiver: Receiver<Message>,
    shared: Arc<Shared>,
}

/// An empty queue for so many events.
pub(super) fn new(capacity: usize) -> (Queue, Exit) {
    let (sender, receiver) = channel();
    let shared = Arc::new(Shared { capacity, waiting: AtomicUsize::new(0), refused: Mutex::default() });
    (Queue { sender, shared: Arc::clone(&shared) }, Exit { receiver, shared })
}

/// How much of the queue a delivery takes: also one without events takes some.
fn size(delivery: &Delivery) -> usize {
    delivery.events().len().max(1)
}

impl Queue {
    /// Lets a delivery in as a whole, or not at all when the queue is full.
    pub(super) fn push(
        &self,
        incoming: Incoming,
    ) -> Result<oneshot::Receiver<Result<Outcome, IngestError>>, IngestError> {
        let size = size(&incoming.delivery);
        let admit = |waiting: usize| {
            let after = waiting.saturating_add(size);
            // An empty queue takes anything: a batch beyond its size would otherwise be refused for ever.
            (waiting == 0 || after <= self.shared.capacity).then_some(after)
        };
        self.shared
            .waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, admit)
            .map_err(|_| IngestError::QueueFull)?;
        let (answer, answered) = oneshot::channel();
        let sent = self.sender.send(Message::Deliver(incoming, answer));
        sent.map_err(|_| IngestError::Unavailable)?;
        Ok(answered)
    }

    /// Tallies refused events; the writer is told of the first of them.
    pub(super) fn refuse(&self, project: ProjectId, at: Timestamp, verdict: Verdict, events: u64) {
        let was_empty = {
            let mut refused = self.shared.refused.lock().unwrap_or_else(PoisonError::into_inner);
            let was_empty = refused.is_empty();
            refused.record(project, at, verdict, events);
            was_empty
        };
        if was_empty {
            // Fails only when the writer is gone, and with it the ledger.
            let _ = self.sender.send(Message::Refused);
        }
    }
}

impl Exit {
    /// The next message; `Ok(None)` if none comes within that time, an error when every entrance is gone.
    pub(super) fn next(&self, within: Option<Duration>) -> Result<Option<Message>, RecvTimeoutError> {
        let message = match within {
            None => self.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(within) => self.receiver.recv_timeout(within.max(Duration::from_micros(1))),
        };
        match message {
            Ok(message) => Ok(Some(self.out(message))),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(gone) => Err(gone),
        }
    }

    /// A message that is there already.
    pub(super) fn try_next(&self) -> Option<Message> {
        self.receiver.try_recv().ok().map(|message| self.out(message))
    }

    fn out(&self, message: Message) -> Message {
        if let Message::Deliver(incoming, _) = &message {
            self.shared.waiting.fetch_sub(size(&incoming.delivery), Ordering::Relaxed);
        }
        message
    }

    /// Takes the tally of refused events.
    pub(super) fn take_refused(&self) -> Tally {
        std::mem::take(&mut *self.shared.refused.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts back a tally that could not be stored.
    pub(super) fn put_back_refused(&self, tally: Tally) {
        self.shared.refused.lock().unwrap_or_else(PoisonError::into_inner).merge(tally);
    }
}
