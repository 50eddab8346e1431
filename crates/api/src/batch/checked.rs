//! Events of a batch, checked one by one, with a verdict for each.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{FieldError, Reason, RequestEvent};
use formats::Item;
use serde::Serialize;

use super::error::BatchError;
use crate::quota::{KnownNames, NewNames};

/// At most so many refused events are listed; all of them are counted.
const MAX_LISTED: usize = 100;

/// An event that was refused.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RefusedEvent {
    /// Its place among the events of the batch, from 0 on.
    #[schema(example = 3)]
    index: usize,
    /// Its faulty fields.
    errors: Vec<FieldError>,
}

/// The refused events of a batch that was to be stored as a whole or not at all.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) received: usize,
    pub(crate) rejected: u64,
    pub(crate) events: Vec<RefusedEvent>,
}

/// A batch whose events have been checked.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// The good ones.
    pub(crate) events: Vec<RequestEvent>,
    /// How many were refused, by reason.
    pub(crate) rejected: BTreeMap<Reason, u64>,
    /// The first refused ones.
    pub(crate) refused: Vec<RefusedEvent>,
    received: usize,
    max_events: usize,
    /// The names that the good ones bring in.
    pub(crate) names: NewNames,
}

impl Checked {
    /// A batch of no events yet, which may have so many, with these names.
    pub(super) fn of_at_most(max_events: usize, names: Option<Arc<KnownNames>>) -> Self {
        Self { max_events, names: NewNames::of(names), ..Self::default() }
    }

    /// Checks the next event and keeps it, or why it is refused.
    pub(super) fn push(&mut self, item: Item<'_>) -> Result<(), BatchError> {
        if self.received == self.max_events {
            return Err(BatchError::TooManyEvents(self.max_events));
        }
        let event = item.event().map_err(|error| error.into_faults("event"));
        let admitted = event.and_then(|event| self.names.admit(&event).map(|()| event));
        match admitted {
            Ok(event) => self.events.push(event),
            Err(error) => {
                *self.rejected.entry(Reason::of(&error)).or_default() += 1;
                if self.refused.len() < MAX_LISTED {
                    self.refused.push(RefusedEvent { index: self.received, errors: error.into_errors() });
                }
            }
        }
        self.received += 1;
        Ok(())
    }

    /// How many events came.
    pub(crate) const fn received(&self) -> usize {
        self.received
    }

    /// How many of them were refused.
    pub(crate) fn rejected(&self) -> u64 {
        self.rejected.values().sum()
    }
}

impl Refusal {
    /// Whether more events were refused than are listed.
    pub(crate) fn is_truncated(&self) -> bool {
        self.events.len() as u64 != self.rejected
    }
}

impl From<Checked> for Refusal {
    fn from(batch: Checked) -> Self {
        Self { received: batch.received, rejected: batch.rejected(), events: batch.refused }
    }
}
