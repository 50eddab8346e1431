//! The state that all requests share.

use domain::Timestamp;
use storage::Storage;

use crate::auth::{KeyCache, Passwords, Tokens};
use crate::batch::{Limits, Memory};
use crate::clock::Clock;
use crate::datasets::Datasets;
use crate::ingest::Ingest;
use crate::pace::Pace;
use crate::random::Random;

/// What the handlers share.
pub(crate) struct App {
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) storage: Storage,
    pub(crate) ingest: Ingest,
    pub(crate) datasets: Datasets,
    pub(crate) keys: KeyCache,
    pub(crate) passwords: Passwords,
    pub(crate) tokens: Tokens,
    pub(crate) batch_limits: Limits,
    pub(crate) batch_memory: Memory,
    /// How slowly bodies may come.
    pub(crate) body_pace: Pace,
    pub(crate) idempotency_hours: u32,
}

impl App {
    /// Batches with an idempotency key that came before this instant are forgotten.
    pub(crate) fn batches_forgotten_before(&self) -> Timestamp {
        self.clock.hours_ago(self.idempotency_hours)
    }
}
