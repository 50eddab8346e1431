//! What requests deliver, and the commit of what has gathered: events, ledger and idempotency in one transaction.

use std::collections::BTreeMap;

use domain::{ProjectId, Reason, RequestEvent, Tally, Timestamp, Verdict};

use crate::idempotency::claim;
use crate::insert::{Row, insert};
use crate::numbers::reserve;
use crate::{Storage, StorageError, ledger};

/// What one request delivers for a project; it is stored as a whole or not at all.
#[derive(Debug, Clone)]
pub enum Delivery {
    /// One event.
    Event(RequestEvent),
    /// Several.
    Batch(Box<Batch>),
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

    fn once(&self) -> Option<&Once> {
        match self {
            Self::Event(_) => None,
            Self::Batch(batch) => batch.once.as_ref(),
        }
    }

    fn rejected(&self) -> impl Iterator<Item = (Reason, u64)> {
        let batch = if let Self::Batch(batch) = self { Some(batch) } else { None };
        batch.into_iter().flat_map(|batch| batch.rejected.iter().map(|(reason, events)| (*reason, *events)))
    }

    fn received(&self) -> u64 {
        self.events().len() as u64 + self.rejected().map(|(_, events)| events).sum::<u64>()
    }
}

struct Pending<'a> {
    project: ProjectId,
    delivery: &'a Delivery,
    outcome: Outcome,
}

impl Storage {
    /// Stores deliveries of any projects, all of them or none and durably, numbers their events within their projects
    /// in the order given, and enters into the ledger what became of them, along with `refused`.
    ///
    /// # Errors
    /// The database fails; then nothing is stored.
    pub fn commit(
        &self,
        deliveries: &[(ProjectId, Delivery)],
        refused: &Tally,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, StorageError> {
        let mut pending: Vec<_> = deliveries
            .iter()
            .map(|(project, delivery)| Pending { project: *project, delivery, outcome: Outcome::Stored })
            .collect();
        let mut tally = refused.clone();
        self.write(|c| {
            // Names, then projects, then the ledger, each in ascending order: so no two writers wait for each other
            // in a circle.
            let mut named: Vec<_> =
                pending.iter_mut().filter_map(|one| one.delivery.once().map(|once| (once, one))).collect();
            named.sort_by_key(|(once, one)| (one.project, once.name_hash));
            for (once, one) in named {
                one.outcome = claim(c, one.project, once, now)?;
            }
            let mut by_project: Vec<_> = pending.iter_mut().collect();
            by_project.sort_by_key(|one| one.project);
            let mut rows = Vec::new();
            for group in by_project.chunk_by_mut(|a, b| a.project == b.project) {
                let Some(project) = group.first().map(|one| one.project) else { continue };
                let stored = group.iter().filter(|one| one.outcome == Outcome::Stored);
                let events: Vec<_> = stored.flat_map(|one| one.delivery.events()).collect();
                if !events.is_empty() {
                    let Some(first) = reserve(c, project, events.len())? else {
                        group.iter_mut().for_each(|one| one.outcome = Outcome::UnknownProject);
                        continue;
                    };
                    rows.extend((first..).zip(events).map(|(id, event)| Row::new(project, id, event)));
                }
                group.iter().for_each(|one| one.record(&mut tally, now));
            }
            insert(c, &rows)?;
            ledger::add(c, &tally)
        })?;
        Ok(pending.into_iter().map(|one| one.outcome).collect())
    }
}

impl Pending<'_> {
    fn record(&self, tally: &mut Tally, now: Timestamp) {
        match self.outcome {
            Outcome::Stored => {
                tally.record(self.project, now, Verdict::Stored, self.delivery.events().len() as u64);
                for (reason, events) in self.delivery.rejected() {
                    tally.record(self.project, now, Verdict::Rejected(reason), events);
                }
            }
            Outcome::Replayed(_) => {
                tally.record(self.project, now, Verdict::Duplicate, self.delivery.received());
            }
            Outcome::Conflict => {
                let verdict = Verdict::Rejected(Reason::Conflict);
                tally.record(self.project, now, verdict, self.delivery.received());
            }
            Outcome::UnknownProject => {}
        }
    }
}
