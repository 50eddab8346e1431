//! Deliveries while they are committed.

use domain::{ProjectId, Reason, Tally, Timestamp, Verdict};

use crate::delivery::{Delivery, Incoming, Outcome};

/// A delivery and what becomes of it.
pub(crate) struct Pending<'a> {
    pub(crate) project: ProjectId,
    pub(crate) delivery: &'a Delivery,
    pub(crate) events_per_day: Option<u64>,
    pub(crate) outcome: Outcome,
}

impl<'a> Pending<'a> {
    pub(crate) fn of(incoming: &'a Incoming) -> Self {
        let Incoming { project, delivery, events_per_day } = incoming;
        Self { project: *project, delivery, events_per_day: *events_per_day, outcome: Outcome::Stored }
    }

    /// Counts what became of its events.
    pub(crate) fn record(&self, tally: &mut Tally, now: Timestamp) {
        let verdict = match self.outcome {
            Outcome::Stored => {
                tally.record(self.project, now, Verdict::Stored, self.delivery.events().len() as u64);
                for (reason, events) in self.delivery.rejected() {
                    tally.record(self.project, now, Verdict::Rejected(reason), events);
                }
                return;
            }
            Outcome::Replayed(_) => Verdict::Duplicate,
            Outcome::Conflict => Verdict::Rejected(Reason::Conflict),
            Outcome::OverQuota => Verdict::Rejected(Reason::EventsPerDay),
            Outcome::UnknownProject => return,
        };
        tally.record(self.project, now, verdict, self.delivery.received());
    }
}
