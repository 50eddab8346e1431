//! The writer: the only thread that stores events.

use std::time::Duration;

use domain::Timestamp;
use storage::{Incoming, Storage};

use super::error::IngestError;
use super::queue::{Answer, Exit, Message};
use crate::clock::Clock;
use crate::log_limit::{self, Kind};
use crate::telemetry::describe;

/// When so many events have gathered, they are committed; bounds the memory of a commit, beside that of one
/// batch, and the wait of its first event.
const MAX_EVENTS: usize = 4096;
/// Refused events wait so long for a commit that can take them along.
const REFUSED_DELAY: Duration = Duration::from_secs(1);
/// How often forgotten batches are looked for, and how many are removed at once.
const FORGET_EVERY: Duration = Duration::from_secs(60);
const FORGET_AT_ONCE: u32 = 500;

/// Stores what comes out of the queue, until every entrance to it is gone.
pub(super) fn run(storage: &Storage, clock: &Clock, exit: &Exit, idempotency_hours: u32) {
    let mut gathered = Gathered::default();
    // Readings of the clock.
    let mut refused_by = None;
    let mut forget_at = clock.elapsed();
    loop {
        let next = exit.next(refused_by.map(|by: Duration| by.saturating_sub(clock.elapsed())));
        let ended = next.is_err();
        let mut next = next.ok().flatten();
        let mut only_refused = next.is_some();
        while let Some(message) = next {
            match message {
                Message::Deliver(incoming, answer) => {
                    only_refused = false;
                    gathered.push(incoming, answer);
                }
                Message::Refused => {
                    refused_by.get_or_insert_with(|| clock.elapsed() + REFUSED_DELAY);
                }
            }
            next = if gathered.events < MAX_EVENTS { exit.try_next() } else { None };
        }
        if only_refused {
            continue;
        }
        let stored = gathered.commit(storage, clock.now(), exit);
        refused_by = if stored { None } else { Some(clock.elapsed() + REFUSED_DELAY) };
        if ended {
            return;
        }
        if clock.elapsed() >= forget_at {
            let more = forget(storage, clock.hours_ago(idempotency_hours));
            forget_at = clock.elapsed() + if more { Duration::ZERO } else { FORGET_EVERY };
        }
    }
}

/// What the next commit stores, and who waits for it.
#[derive(Default)]
struct Gathered {
    deliveries: Vec<Incoming>,
    answers: Vec<Answer>,
    events: usize,
}

impl Gathered {
    fn push(&mut self, incoming: Incoming, answer: Answer) {
        // A batch without good events counts too, or many of them would make an endless commit.
        self.events += incoming.delivery.events().len().max(1);
        self.deliveries.push(incoming);
        self.answers.push(answer);
    }

    /// Stores everything and tells everybody. Says whether the tally of refused events is stored.
    fn commit(&mut self, storage: &Storage, now: Timestamp, exit: &Exit) -> bool {
        let refused = exit.take_refused();
        if self.deliveries.is_empty() && refused.is_empty() {
            return true;
        }
        let outcome = storage.commit(&self.deliveries, &refused, now);
        // Who no longer waits has hung up; the events are stored all the same.
        let stored = match outcome {
            Ok(outcomes) => {
                for (answer, outcome) in self.answers.drain(..).zip(outcomes) {
                    let _ = answer.send(Ok(outcome));
                }
                true
            }
            Err(error) => {
                if let Some(left_out) = log_limit::admit(Kind::NotStored) {
                    let (left_out, error) = (left_out.count(), describe(&error));
                    tracing::error!(left_out, error, events = self.events, "cannot store events");
                }
                for answer in self.answers.drain(..) {
                    let _ = answer.send(Err(IngestError::Unavailable));
                }
                let is_empty = refused.is_empty();
                exit.put_back_refused(refused);
                is_empty
            }
        };
        self.deliveries.clear();
        self.events = 0;
        stored
    }
}

/// Removes some forgotten batches. Says whether there may be more.
fn forget(storage: &Storage, before: Timestamp) -> bool {
    match storage.forget_batches(before, FORGET_AT_ONCE) {
        Ok(forgotten) => forgotten as u64 == u64::from(FORGET_AT_ONCE),
        Err(error) => {
            tracing::warn!(error = describe(&error), "cannot forget batches");
            false
        }
    }
}
