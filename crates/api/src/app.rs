//! The state that all requests share.

use domain::Timestamp;
use storage::Storage;

use crate::auth::{KeyCache, Passwords, Tokens};
use crate::batch::{Limits, Room};
use crate::datasets::Datasets;
use crate::ingest::Ingest;
use crate::startup::{hours_before, now};

/// What the handlers share.
pub(crate) struct App {
    pub(crate) storage: Storage,
    pub(crate) ingest: Ingest,
    pub(crate) datasets: Datasets,
    pub(crate) keys: KeyCache,
    pub(crate) passwords: Passwords,
    pub(crate) tokens: Tokens,
    pub(crate) batch_limits: Limits,
    pub(crate) batch_room: Room,
    pub(crate) idempotency_hours: u32,
}

impl App {
    /// The present time.
    #[expect(clippy::unused_self, reason = "handlers get the time from their state, not from the system")]
    pub(crate) fn now(&self) -> Timestamp {
        now()
    }

    /// Batches with an idempotency key that came before this instant are forgotten.
    pub(crate) fn batches_forgotten_before(&self) -> Timestamp {
        hours_before(now(), self.idempotency_hours)
    }
}
