//! Intake of batches.

use std::sync::Arc;

use actix_web::http::header::HeaderName;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::{ProjectId, Quota, Reason, Verdict};
use serde::Serialize;
use sha2::{Digest, Sha256};
use storage::{Batch, Once};

use crate::access::{QueryParams, Upload};
use crate::app::App;
use crate::batch::{self, BatchBytes, BodyHash, Checked, Compression, Options, RefusedEvent};
use crate::body::Body;
use crate::ingest::Stored;
use crate::problem::Problem;
use crate::quota::KnownNames;
use crate::schema::BatchProblems;
use crate::schema::ingest::{BatchBody, BatchHeaders, BatchParams};

/// Up to here a body is checked at once; handing it to another thread would cost more.
const SMALL_BODY: usize = 4 * 1024;
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What became of a batch. `received` is always `stored` plus `duplicate` plus `rejected`.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct BatchAnswer {
    /// How many events came.
    #[schema(example = 1000)]
    received: u64,
    /// How many are stored now.
    #[schema(example = 999)]
    stored: u64,
    /// How many were known already.
    #[schema(example = 0)]
    duplicate: u64,
    /// How many were refused.
    #[schema(example = 1)]
    rejected: u64,
    /// The refused events, at most 100.
    errors: Vec<RefusedEvent>,
    /// There, and true, if more events were refused than are listed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    errors_truncated: bool,
}

/// Stores up to 10,000 events; answers when the good ones are durable.
#[utoipa::path(
    post,
    path = "/track/batch",
    tag = "events",
    params(BatchParams, BatchHeaders),
    request_body(
        content((BatchBody = "application/json"), (String = "application/x-ndjson"), (String = "application/jsonl")),
        description = "A JSON array of events, or one event a line; plain or gzip"
    ),
    security(("api_key" = [])),
    responses(
        (
            status = 200,
            description = "The good events are stored, in one transaction",
            body = BatchAnswer,
            headers(("Idempotency-Replayed" = Option<String>, description = "`true` if the batch was stored before; the answer is the original one"))
        ),
        BatchProblems
    )
)]
pub(crate) async fn track_batch(
    app: web::Data<App>,
    Upload { access, payload }: Upload,
    request: HttpRequest,
    params: QueryParams,
) -> Result<HttpResponse, Problem> {
    let options = Options::read(&request, &params.0)?;
    let (project, quota) = (access.project, access.quota());
    let mut body = BatchBytes::new(&app.batch_memory, project, app.batch_limits.bytes);
    let mut pieces = Body::new(payload, app.body_pace);
    while let Some(piece) = pieces.next().await? {
        body.push(&piece)?;
    }
    let names = app.known_names(project, quota).await?;
    let (mut batch, body_hash, options) = check(&app, body, options, names).await?;
    let names = std::mem::take(&mut batch.names);
    let stored = store(&app, project, quota, batch, body_hash, options).await;
    if stored.is_err() {
        names.withdraw();
    }
    let mut response = HttpResponse::Ok();
    response.content_type("application/json");
    match stored? {
        (Stored::Now, answer) => Ok(response.body(answer)),
        (Stored::Before(original), _) => Ok(response.insert_header((REPLAYED, "true")).body(original)),
    }
}

/// Stores a batch, if the project may take it in, and gives the answer for it.
async fn store(
    app: &App,
    project: ProjectId,
    quota: Quota,
    mut batch: Checked,
    body_hash: BodyHash,
    options: Options,
) -> Result<(Stored, String), Problem> {
    if options.is_atomic && batch.rejected() > 0 {
        return Err(refuse(app, project, batch));
    }
    if let Err(problem) = app.admit_rate(project, quota, batch.events.len()) {
        let verdict = Verdict::Rejected(Reason::EventsPerSecond);
        app.ingest.refuse(project, app.clock.now(), verdict, batch.received() as u64);
        return Err(problem);
    }
    let answer = BatchAnswer::of(&mut batch).to_json()?;
    let once = options.name.map(|name| Once {
        name_hash: Sha256::digest(name).into(),
        body_hash,
        answer: answer.clone(),
        forgotten_before: app.batches_forgotten_before(),
    });
    let batch = Batch { events: batch.events, rejected: batch.rejected, once };
    Ok((app.ingest.store_batch(project, quota, batch).await?, answer))
}

impl BatchAnswer {
    /// The answer once the batch is stored; takes the list of refused events out of it.
    fn of(batch: &mut Checked) -> Self {
        let rejected = batch.rejected();
        let errors = std::mem::take(&mut batch.refused);
        Self {
            received: batch.received() as u64,
            stored: batch.events.len() as u64,
            duplicate: 0,
            rejected,
            errors_truncated: errors.len() as u64 != rejected,
            errors,
        }
    }

    fn to_json(&self) -> Result<String, Problem> {
        serde_json::to_string(self).map_err(|error| {
            tracing::error!(error = %error, "cannot write an answer");
            Problem::Internal
        })
    }
}

async fn check(
    app: &web::Data<App>,
    body: BatchBytes,
    options: Options,
    names: Option<Arc<KnownNames>>,
) -> Result<(Checked, BodyHash, Options), Problem> {
    let max_events = app.batch_limits.events;
    let is_small = options.compression == Compression::Identity && body.bytes().len() <= SMALL_BODY;
    let check =
        move || batch::read(body, &options, max_events, names).map(|(batch, hash)| (batch, hash, options));
    Ok(if is_small { check()? } else { app.intake.run(check).await?? })
}

/// Enters a batch that is refused as a whole into the ledger: its faulty events by their reasons, the others as
/// refused for their sake.
fn refuse(app: &App, project: ProjectId, batch: Checked) -> Problem {
    let others = (Reason::Atomic, batch.events.len() as u64);
    for (reason, events) in batch.rejected.iter().map(|(reason, events)| (*reason, *events)).chain([others]) {
        app.ingest.refuse(project, app.clock.now(), Verdict::Rejected(reason), events);
    }
    Problem::AtomicRefused(Box::new(batch.into()))
}
