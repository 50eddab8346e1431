//! Intake of events.

use actix_web::{HttpResponse, web};
use domain::{EventInput, Reason, RequestEvent, Verdict};

use super::json;
use crate::app::App;
use crate::body::Body;
use crate::extract::Tenant;
use crate::problem::Problem;
use crate::schema::{EventBody, TrackProblems};

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
    let bytes = Body::new(payload, app.body_pace).all(MAX_EVENT_BYTES).await?;
    let key = tenant.0.id;
    let event = match event(&bytes) {
        Ok(event) => event,
        Err(problem) => {
            if let Problem::Invalid(error) = &problem {
                app.ingest.refuse(key, app.clock.now(), Verdict::Rejected(Reason::of(error)), 1);
            }
            return Err(problem);
        }
    };
    app.ingest.store(key, event).await?;
    Ok(HttpResponse::Ok().finish())
}

fn event(bytes: &[u8]) -> Result<RequestEvent, Problem> {
    Ok(RequestEvent::try_from(json::<EventInput>(bytes)?)?)
}
