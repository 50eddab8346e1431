//! The way of an event to the disk: a bounded queue and one writer that commits what waits as one batch.
//!
//! A request is answered when its event is durable. While a commit runs, further events queue up and make the
//! next batch, so many requests share one flush of the disk and a lonely one does not wait for others.

use std::thread::JoinHandle;

use domain::{KeyId, RequestEvent};
use storage::{Storage, StorageError};
use tokio::sync::{mpsc, oneshot};

use crate::problem::{Problem, describe};

/// Events of one transaction at most; bounds the memory of a batch and the wait of its first event.
const MAX_BATCH: usize = 4096;

/// An event that waits to be stored, and who waits for it.
struct Waiting {
    key: KeyId,
    event: RequestEvent,
    answer: oneshot::Sender<Result<(), Problem>>,
}

/// The entrance to the queue. Clones share it.
#[derive(Clone)]
pub(crate) struct Ingest {
    queue: mpsc::Sender<Waiting>,
}

impl Ingest {
    /// Starts the writer. It ends, with everything stored, when the last entrance is gone.
    pub(crate) fn start(storage: Storage, capacity: usize) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, waiting) = mpsc::channel(capacity);
        let writer = std::thread::Builder::new()
            .name("ingest".to_owned())
            .spawn(move || write_batches(&storage, waiting))?;
        Ok((Self { queue }, writer))
    }

    /// Stores an event; returns when it is durable.
    pub(crate) async fn store(&self, key: KeyId, event: RequestEvent) -> Result<(), Problem> {
        let (answer, stored) = oneshot::channel();
        self.queue.try_send(Waiting { key, event, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Problem::QueueFull,
            mpsc::error::TrySendError::Closed(_) => Problem::Unavailable,
        })?;
        stored.await.unwrap_or(Err(Problem::Unavailable))
    }
}

fn write_batches(storage: &Storage, mut waiting: mpsc::Receiver<Waiting>) {
    let mut events = Vec::new();
    let mut answers = Vec::new();
    while let Some(first) = waiting.blocking_recv() {
        let rest = std::iter::from_fn(|| waiting.try_recv().ok());
        for Waiting { key, event, answer } in std::iter::once(first).chain(rest).take(MAX_BATCH) {
            events.push((key, event));
            answers.push(answer);
        }
        let outcome = storage.append(&events);
        answer_all(&events, answers.drain(..), &outcome);
        events.clear();
    }
}

fn answer_all(
    events: &[(KeyId, RequestEvent)],
    answers: impl Iterator<Item = oneshot::Sender<Result<(), Problem>>>,
    outcome: &Result<Vec<KeyId>, StorageError>,
) {
    if let Err(error) = outcome {
        tracing::error!(error = describe(error), events = events.len(), "cannot store a batch");
    }
    for ((key, _), answer) in events.iter().zip(answers) {
        let result = match outcome {
            Ok(unknown) if unknown.contains(key) => Err(Problem::InvalidKey),
            Ok(_) => Ok(()),
            Err(_) => Err(Problem::Unavailable),
        };
        // Who no longer waits has hung up; the event is stored all the same.
        let _ = answer.send(result);
    }
}
