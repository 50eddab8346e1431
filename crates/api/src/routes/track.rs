//! Intake of events.

use actix_web::{HttpResponse, web};
use domain::{EventInput, RequestEvent, Verdict};

use super::body::json;
use crate::access::{Access, Ingest, Upload};
use crate::app::App;
use crate::body::Body;
use crate::problem::Problem;
use crate::quota::NewNames;
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
    Upload { access, payload }: Upload,
) -> Result<HttpResponse, Problem> {
    let bytes = Body::new(payload, app.body_pace).all(MAX_EVENT_BYTES).await?;
    let (event, names) = match admitted(&app, &access, &bytes).await {
        Ok(admitted) => admitted,
        Err(problem) => {
            if let Some(reason) = problem.reason() {
                app.ingest.refuse(access.project, app.clock.now(), Verdict::Rejected(reason), 1);
            }
            return Err(problem);
        }
    };
    if let Err(error) = app.ingest.store(access.project, access.quota(), event).await {
        names.withdraw();
        return Err(error.into());
    }
    Ok(HttpResponse::Ok().finish())
}

/// The event of a body and the names that it brings in, if the project may take it in.
async fn admitted(
    app: &web::Data<App>,
    access: &Access<Ingest>,
    bytes: &[u8],
) -> Result<(RequestEvent, NewNames), Problem> {
    let event = RequestEvent::try_from(json::<EventInput>(bytes)?)?;
    app.admit_rate(access.project, access.quota(), 1)?;
    // Last, since a name that is let in is noted.
    let mut names = NewNames::of(app.known_names(access.project, access.quota()).await?);
    names.admit(&event)?;
    Ok((event, names))
}
