//! Intake of events.

use actix_web::{HttpResponse, web};
use domain::{EventInput, RequestEvent, Verdict};

use super::body::json;
use crate::access::{Access, Ingest};
use crate::app::App;
use crate::body::Body;
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
    access: Access<Ingest>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let bytes = Body::new(payload, app.body_pace).all(MAX_EVENT_BYTES).await?;
    let event = match admitted(&app, &access, &bytes).await {
        Ok(event) => event,
        Err(problem) => {
            if let Some(reason) = problem.reason() {
                app.ingest.refuse(access.project, app.clock.now(), Verdict::Rejected(reason), 1);
            }
            return Err(problem);
        }
    };
    app.ingest.store(access.project, access.quota(), event).await?;
    Ok(HttpResponse::Ok().finish())
}

/// The event of a body, if the project may take it in.
async fn admitted(
    app: &web::Data<App>,
    access: &Access<Ingest>,
    bytes: &[u8],
) -> Result<RequestEvent, Problem> {
    let event = RequestEvent::try_from(json::<EventInput>(bytes)?)?;
    if !access.quota().is_unlimited() {
        app.admit_rate(access.project, access.quota(), 1)?;
        // Last, since a name that is let in is taken note of.
        if let Some(names) = app.known_names(access.project, access.quota()).await? {
            names.admit(&event)?;
        }
    }
    Ok(event)
}
