//! Raw logs.

use actix_web::web::{self, Json};
use domain::{LogQuery, StoredEvent};
use serde::Serialize;

use crate::access::{Access, QueryParams, Read};
use crate::app::App;
use crate::problem::Problem;
use crate::schema::{FilterParams, LogParams, MethodName, QuestionParams, ReadProblems};

/// One event as it was tracked.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct LogEntry {
    /// The event's number among those of its project.
    #[schema(minimum = 1, example = 1)]
    id: i64,
    /// When the request was answered, UTC.
    #[schema(format = DateTime, example = "2025-08-20T12:00:00Z")]
    created_at: String,
    /// The request method.
    #[schema(value_type = MethodName, example = "GET")]
    method: &'static str,
    /// The path that was asked for.
    #[schema(min_length = 1, max_length = 200, example = "/users")]
    endpoint: String,
    /// The client's address, if known.
    #[schema(example = "192.0.2.1")]
    ip: Option<String>,
    /// Milliseconds, rounded to two decimals.
    #[schema(minimum = 0, example = 12.5)]
    process_time: f64,
    /// The status of the answer.
    #[schema(minimum = 100, maximum = 599, example = 200)]
    status_code: u16,
    /// Route template.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = "/users/{id}")]
    route: Option<String>,
    /// The client's user agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 512, example = "curl/8.5.0")]
    user_agent: Option<String>,
    /// The host that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255, example = "api.example.com")]
    hostname: Option<String>,
    /// Who called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255, example = "acme")]
    consumer: Option<String>,
    /// Size of the request's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 512)]
    request_bytes: Option<u64>,
    /// Size of the answer's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 2048)]
    response_bytes: Option<u64>,
}

impl From<StoredEvent> for LogEntry {
    fn from(StoredEvent { id, event }: StoredEvent) -> Self {
        let extras = event.extras().cloned().unwrap_or_default();
        Self {
            id,
            created_at: event.created_at().to_string(),
            method: event.method().as_str(),
            endpoint: event.endpoint().to_owned(),
            ip: event.ip().map(|ip| ip.to_string()),
            process_time: event.process_time().to_millis_rounded(),
            status_code: event.status_code().get(),
            route: extras.route,
            user_agent: extras.user_agent,
            hostname: extras.hostname,
            consumer: extras.consumer,
            request_bytes: extras.request_bytes,
            response_bytes: extras.response_bytes,
        }
    }
}

/// A page of events.
#[utoipa::path(
    get,
    path = "/raw_logs",
    tag = "insights",
    params(QuestionParams, LogParams, FilterParams),
    security(("bearer" = [], "api_key" = []), ("bearer" = []), ("session" = []), ("api_key" = []), ("link" = [])),
    responses((status = 200, description = "The events", body = Vec<LogEntry>), ReadProblems)
)]
pub(crate) async fn raw_logs(
    app: web::Data<App>,
    access: Access<Read>,
    params: QueryParams,
) -> Result<Json<Vec<LogEntry>>, Problem> {
    let query = LogQuery::from_params(&access.question(params.0)?)?;
    let hidden = access.hidden();
    let events = app.ask(move |app| app.datasets.search(access.project, &query)).await?;
    Ok(Json(events.into_iter().map(|event| hidden.concealed(event).into()).collect()))
}
