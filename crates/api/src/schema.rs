//! What routes say about themselves in the OpenAPI document: bodies, parameters and errors that several share.

mod choices;
pub(crate) mod ingest;
pub(crate) mod links;
mod parameters;
mod problems;
pub(crate) mod projects;
pub(crate) mod report;

use utoipa::{IntoParams, ToSchema};

use choices::{EventAddress, MomentText, UsernameText};

pub(crate) use choices::MethodName;
pub(crate) use parameters::{
    DashboardParams, FilterParams, FormatParam, LogParams, ProjectChoice, QuestionParams,
};
pub(crate) use problems::{
    AccountProblems, BatchProblems, ChangeProblems, GenerateProblems, PasswordProblems, ProjectProblems,
    PublicProblems, ReadProblems, RegisterProblems, SessionProblems, TokenProblems, TrackProblems,
};

/// The OpenAPI document as JSON.
pub(crate) struct DocumentText(pub(crate) String);

/// Name and password of a new account.
#[derive(ToSchema, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialsBody {
    /// 1–30 characters, no control characters, no blanks at the ends.
    #[schema(value_type = UsernameText, example = "ann")]
    username: String,
    /// 8–71 bytes of UTF-8.
    #[schema(format = Password, min_length = 2, max_length = 71, example = "correct horse")]
    password: String,
}

/// An old and a new password.
#[derive(ToSchema, serde::Serialize)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPassword)]
pub(crate) struct NewPasswordBody {
    /// The password so far.
    #[schema(example = "correct horse")]
    old: String,
    /// 8–71 bytes of UTF-8.
    #[schema(format = Password, min_length = 2, max_length = 71, example = "battery staple")]
    new: String,
}

/// The password once more.
#[derive(ToSchema, serde::Serialize)]
#[serde(deny_unknown_fields)]
#[schema(as = ConfirmedPassword)]
pub(crate) struct PasswordBody {
    /// The account's password.
    #[schema(example = "correct horse")]
    password: String,
}

/// What a registration may come with.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameter; the handler reads it")]
pub(crate) struct InvitationToken {
    /// The token of an invitation, where the service asks for one.
    #[param(example = "WHhYbWVhbXBsZS1vZi1hbi1pbnZpdGF0aW9uLXRva2Vu")]
    invitation: Option<String>,
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
    #[schema(value_type = MomentText, example = "2025-08-20T12:00:00.123456Z")]
    created_at: String,
    /// Exact upper case.
    #[schema(value_type = MethodName, example = "GET")]
    method: String,
    /// The path that was asked for. Control characters are removed, and blanks at the ends.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"[^\s\u0000-\u001F\u007F-\u009F]",
        example = "/users"
    )]
    endpoint: String,
    /// The client's IPv4 or IPv6 address; some words that stand for none are taken as null.
    #[schema(value_type = Option<EventAddress>, inline, example = "192.0.2.1")]
    ip: Option<String>,
    /// Milliseconds; kept to the microsecond.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_u64, example = 12.5)]
    process_time: f64,
    /// The status of the answer.
    #[schema(minimum = 100, maximum = 599, example = 200)]
    status_code: u16,
    /// Route template.
    #[schema(max_length = 200, example = "/users/{id}")]
    route: Option<String>,
    /// The client's user agent.
    #[schema(max_length = 512, example = "curl/8.5.0")]
    user_agent: Option<String>,
    /// The host that was asked.
    #[schema(max_length = 255, example = "api.example.com")]
    hostname: Option<String>,
    /// Who called.
    #[schema(max_length = 255, example = "acme")]
    consumer: Option<String>,
    /// Size of the request's body.
    #[schema(minimum = 0, example = 512)]
    request_bytes: Option<i64>,
    /// Size of the answer's body.
    #[schema(minimum = 0, example = 2048)]
    response_bytes: Option<i64>,
}
