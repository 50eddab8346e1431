//! The state that all requests share.

use std::sync::Arc;

use actix_web::web;
use domain::{ProjectId, Quota, Reason, Timestamp};
use storage::Storage;

use crate::auth::{KeyDirectory, Passwords, Throttle, Tokens};
use crate::batch::{Limits, Memory};
use crate::clock::Clock;
use crate::config::Registration;
use crate::datasets::Datasets;
use crate::ingest::Ingest;
use crate::intake::Intake;
use crate::origins::Origins;
use crate::pace::Pace;
use crate::problem::Problem;
use crate::questions::Questions;
use crate::quota::{KnownNames, Names, Rates};
use crate::random::Random;

/// What the handlers share.
pub(crate) struct App {
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) storage: Storage,
    pub(crate) ingest: Ingest,
    pub(crate) intake: Intake,
    pub(crate) datasets: Datasets,
    pub(crate) keys: KeyDirectory,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Throttle,
    pub(crate) tokens: Tokens,
    pub(crate) origins: Origins,
    pub(crate) registration: Registration,
    pub(crate) rates: Rates,
    pub(crate) names: Names,
    pub(crate) questions: Questions,
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

    /// The names that events of a project may have; `None`: all.
    pub(crate) async fn known_names(
        self: &Arc<Self>,
        project: ProjectId,
        quota: Quota,
    ) -> Result<Option<Arc<KnownNames>>, Problem> {
        let Some(limit) = quota.names_per_field else { return Ok(None) };
        if let Some(names) = self.names.known(project, limit) {
            return Ok(Some(names));
        }
        let app = Arc::clone(self);
        let read = move || app.names.read(&app.datasets, project, limit);
        let names = self.intake.run(read).await??;
        Ok(Some(names))
    }

    /// Lets so many events of a project in, if it does not send too many a second.
    pub(crate) fn admit_rate(&self, project: ProjectId, quota: Quota, events: usize) -> Result<(), Problem> {
        let Some(per_second) = quota.events_per_second else { return Ok(()) };
        self.rates
            .admit(project, per_second, events)
            .map_err(|retry_after| Problem::OverQuota { reason: Reason::EventsPerSecond, retry_after })
    }

    /// Answers a question about events when it is its turn, on a thread that may block.
    pub(crate) async fn ask<T, E>(
        self: &Arc<Self>,
        question: impl FnOnce(&Self) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let _turn = self.questions.turn().await?;
        let app = Arc::clone(self);
        web::block(move || question(&app)).await?.map_err(Into::into)
    }
}
