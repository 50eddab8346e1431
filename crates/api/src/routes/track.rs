//! Intake of events.

use actix_web::{HttpResponse, web};
use domain::{EventInput, RequestEvent};

use super::{body, json};
use crate::extract::Tenant;
use crate::openapi::{EventBody, TrackProblems};
use crate::problem::Problem;
use crate::startup::App;

/// The longest body of one event.
const MAX_EVENT_BYTES: usize = 64 * 1024;

/// Stores one event; answers when it is durable.
#[utoipa::path(
    post,
    path = "/track",
    tag = "events",
    request_body = EventBody,
    security(("api_key" = [])),
    responses((status = 200, description = "The event is stored"), TrackProblems)
)]
pub(crate) async fn track(
    app: web::Data<App>,
    tenant: Tenant,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let bytes = body(payload, MAX_EVENT_BYTES).await?;
    let event = RequestEvent::try_from(json::<EventInput>(&bytes)?)?;
    app.ingest.store(tenant.0.id, event).await?;
    Ok(HttpResponse::Ok().finish())
}
