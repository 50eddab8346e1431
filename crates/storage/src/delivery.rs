//! What requests deliver, and what becomes of it. Not how it is stored: see `ingest`.

use std::collections::BTreeMap;

use domain::{ProjectId, Reason, RequestEvent, Timestamp};

/// What one request delivers for a project; it is stored as a whole or not at all.
#[derive(Debug, Clone)]
pub enum Delivery {
    /// One event.
    Event(RequestEvent),
    /// Several.
    Batch(Box<Batch>),
}

/// What came for a project.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The project.
    pub project: ProjectId,
    /// What came.
    pub delivery: Delivery,
    /// How many events the project may take in on one day (UTC); none: as many as come.
    pub events_per_day: Option<u64>,
}

/// Events that came with one request.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The good ones.
    pub events: Vec<RequestEvent>,
    /// How many others there were, by reason.
    pub rejected: BTreeMap<Reason, u64>,
    /// Set if the batch must not be stored twice.
    pub once: Option<Once>,
}

/// What a batch is known by when it comes again.
#[derive(Debug, Clone)]
pub struct Once {
    /// SHA-256 of the name that the client gave it.
    pub name_hash: [u8; 32],
    /// SHA-256 of the request.
    pub body_hash: [u8; 32],
    /// The answer, for repetitions.
    pub answer: String,
    /// A batch noted before this instant is forgotten.
    pub forgotten_before: Timestamp,
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its good events are stored.
    Stored,
    /// It was stored before, with this answer.
    Replayed(String),
    /// Another batch has its name; nothing is stored.
    Conflict,
    /// The project does not exist; nothing is stored.
    UnknownProject,
    /// The project would take in more events today than it may; nothing is stored.
    OverQuota,
}

impl Delivery {
    /// The good events.
    #[must_use]
    pub fn events(&self) -> &[RequestEvent] {
        match self {
            Self::Event(event) => std::slice::from_ref(event),
            Self::Batch(batch) => &batch.events,
        }
    }

    pub(crate) fn once(&self) -> Option<&Once> {
        match self {
            Self::Event(_) => None,
            Self::Batch(batch) => batch.once.as_ref(),
        }
    }

    pub(crate) fn rejected(&self) -> impl Iterator<Item = (Reason, u64)> {
        let batch = if let Self::Batch(batch) = self { Some(batch) } else { None };
        batch.into_iter().flat_map(|batch| batch.rejected.iter().map(|(reason, events)| (*reason, *events)))
    }

    pub(crate) fn received(&self) -> u64 {
        self.events().len() as u64 + self.rejected().map(|(_, events)| events).sum::<u64>()
    }
}
