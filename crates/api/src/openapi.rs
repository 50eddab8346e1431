//! The OpenAPI document: what the routes say about themselves, and the parts that they share.

pub(crate) mod ingest;
mod parameters;

use std::collections::BTreeMap;

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, Modify, OpenApi, ToSchema};

use crate::problem::ProblemBody;
use crate::routes::{accounts, batch, dashboard, ledger, logs, meta, track};

pub(crate) use parameters::{DashboardParams, FilterParams, FormatParam, LogParams};

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "API Analytics",
        description = "Tracks the requests of web APIs and shows what happened: traffic, latency, errors, clients.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        meta::root,
        meta::openapi_json,
        meta::docs,
        accounts::register,
        accounts::token,
        accounts::me,
        accounts::generate_key,
        track::track,
        batch::track_batch,
        ledger::ledger,
        logs::raw_logs,
        dashboard::dashboard,
        dashboard::report,
    ),
    components(schemas(ProblemBody)),
    modifiers(&SecuritySchemes)
)]
struct Document;

/// The document as JSON.
pub(crate) fn json() -> Result<String, serde_json::Error> {
    Document::openapi().to_pretty_json()
}

struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let key = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(key));
    }
}

/// Errors of every route: they come from the database or the program.
const ALWAYS: [(u16, &str); 2] =
    [(500, "A fault of the service"), (503, "The database does not answer; see `Retry-After`")];

fn problems(own: &[(u16, &str)]) -> BTreeMap<String, RefOr<Response>> {
    own.iter()
        .chain(&ALWAYS)
        .map(|(status, description)| {
            let content = Content::new(Some(Ref::from_schema_name("ProblemBody")));
            let response =
                ResponseBuilder::new().description(*description).content("application/problem+json", content);
            (status.to_string(), response.build().into())
        })
        .collect()
}

/// What can go wrong when a user's key is read from.
pub(crate) struct ReadProblems;

impl IntoResponses for ReadProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            (401, "Access token or API key is missing, unknown or expired"),
            (403, "The API key belongs to another account"),
            (422, "A parameter breaks a rule; all of them are named"),
        ])
    }
}

/// What can go wrong when a user asks for something of their own.
pub(crate) struct UserProblems;

impl IntoResponses for UserProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[(401, "The access token is missing, unknown or expired")])
    }
}

/// What can go wrong when an account is created.
pub(crate) struct RegisterProblems;

impl IntoResponses for RegisterProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            (400, "The name is taken, or the body is not JSON"),
            (413, "The body is too long"),
            (422, "A field breaks a rule; all of them are named"),
        ])
    }
}

/// What can go wrong when a user logs in.
pub(crate) struct TokenProblems;

impl IntoResponses for TokenProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            (401, "Name or password is wrong"),
            (413, "The body is too long"),
            (422, "A field is missing"),
        ])
    }
}

/// What can go wrong when an event is stored.
pub(crate) struct TrackProblems;

impl IntoResponses for TrackProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            (400, "The body is not JSON"),
            (401, "The API key is missing or unknown"),
            (413, "The body is too long"),
            (422, "A field breaks a rule; all of them are named; nothing is stored"),
        ])
    }
}

/// Name and password of a new account.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `domain` reads it")]
pub(crate) struct CredentialsBody {
    /// 1–30 characters, no control characters, no blanks at the ends.
    #[schema(min_length = 1, max_length = 30, example = "ann")]
    username: String,
    /// 8–71 bytes of UTF-8.
    #[schema(min_length = 8, max_length = 71, example = "correct horse")]
    password: String,
}

/// OAuth2 password flow; further fields are ignored.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; the handler reads it")]
pub(crate) struct TokenForm {
    /// The account's name.
    #[schema(example = "ann")]
    username: String,
    /// Its password.
    #[schema(example = "correct horse")]
    password: String,
}

/// One observed request.
#[derive(ToSchema, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body; `domain` reads it")]
pub(crate) struct EventBody {
    /// When the request was answered: ISO 8601 / RFC 3339; without an offset UTC; a date alone is midnight.
    #[schema(example = "2025-08-20T12:00:00.123456Z")]
    created_at: String,
    /// GET, POST, PUT, DELETE, PATCH, OPTIONS, HEAD, TRACE or CONNECT.
    #[schema(example = "GET")]
    method: String,
    /// The path that was asked for.
    #[schema(min_length = 1, max_length = 200, example = "/users")]
    endpoint: String,
    /// The client's IPv4 or IPv6 address.
    #[schema(example = "192.0.2.1")]
    ip: Option<String>,
    /// Milliseconds; kept to the microsecond.
    #[schema(minimum = 0, example = 12.5)]
    process_time: f64,
    /// The status of the answer.
    #[schema(minimum = 100, maximum = 599, example = 200)]
    status_code: u16,
    /// Route template.
    #[schema(max_length = 200, example = "/users/{id}")]
    route: Option<String>,
    /// The client's user agent.
    #[schema(max_length = 512)]
    user_agent: Option<String>,
    /// The host that was asked.
    #[schema(max_length = 255)]
    hostname: Option<String>,
    /// Who called.
    #[schema(max_length = 255)]
    consumer: Option<String>,
    /// Size of the request's body.
    #[schema(minimum = 0)]
    request_bytes: Option<i64>,
    /// Size of the answer's body.
    #[schema(minimum = 0)]
    response_bytes: Option<i64>,
}
