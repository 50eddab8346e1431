//! The way of events to the disk: a bounded queue and one writer that commits what waits as one batch.
//!
//! A request is answered when its events are durable. While a commit runs, further requests queue up and make the
//! next one, so many requests share one flush of the disk and a lonely one does not wait for others.

mod error;
mod queue;
mod writer;

use std::thread::JoinHandle;

use domain::{ProjectId, Quota, RequestEvent, Timestamp, Verdict};
use storage::{Batch, Delivery, Incoming, Outcome, Storage};

pub(crate) use error::IngestError;

use crate::clock::Clock;
use crate::quota::seconds_to_midnight;
use queue::Queue;

/// How a batch came to be stored.
pub(crate) enum Stored {
    /// By this request.
    Now,
    /// By an earlier one, which got this answer.
    Before(String),
}

/// The entrance to the queue. Clones share it.
#[derive(Clone)]
pub(crate) struct Ingest {
    queue: Queue,
    clock: Clock,
}

impl Ingest {
    /// Starts the writer. It ends, with everything stored, when the last entrance is gone. Batches are
    /// remembered for some hours.
    pub(crate) fn start(
        storage: Storage,
        clock: Clock,
        capacity: usize,
        idempotency_hours: u32,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, exit) = queue::new(capacity);
        let ingest = Self { queue, clock: clock.clone() };
        let writer = std::thread::Builder::new()
            .name("ingest".to_owned())
            .spawn(move || writer::run(&storage, &clock, &exit, idempotency_hours))?;
        Ok((ingest, writer))
    }

    /// Stores an event; returns when it is durable.
    pub(crate) async fn store(
        &self,
        project: ProjectId,
        quota: Quota,
        event: RequestEvent,
    ) -> Result<(), IngestError> {
        self.deliver(project, quota, Delivery::Event(event)).await.map(drop)
    }

    /// Stores a batch as a whole, once; returns when it is durable.
    pub(crate) async fn store_batch(
        &self,
        project: ProjectId,
        quota: Quota,
        batch: Batch,
    ) -> Result<Stored, IngestError> {
        match self.deliver(project, quota, Delivery::Batch(Box::new(batch))).await? {
            Outcome::Replayed(answer) => Ok(Stored::Before(answer)),
            _ => Ok(Stored::Now),
        }
    }

    /// Enters refused events into the ledger, within about a second.
    pub(crate) fn refuse(&self, project: ProjectId, at: Timestamp, verdict: Verdict, events: u64) {
        self.queue.refuse(project, at, verdict, events);
    }

    async fn deliver(
        &self,
        project: ProjectId,
        quota: Quota,
        delivery: Delivery,
    ) -> Result<Outcome, IngestError> {
        let incoming = Incoming { project, delivery, events_per_day: quota.events_per_day };
        let answer = self.queue.push(incoming)?;
        match answer.await.unwrap_or(Err(IngestError::Unavailable))? {
            Outcome::UnknownProject => Err(IngestError::UnknownProject),
            Outcome::OverQuota => {
                Err(IngestError::OverQuota { retry_after: seconds_to_midnight(self.clock.now()) })
            }
            Outcome::Conflict => Err(IngestError::Conflict),
            outcome => Ok(outcome),
        }
    }
}
