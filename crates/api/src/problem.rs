//! Errors as `application/problem+json` (RFC 9457); the only place that picks a status.

mod causes;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use domain::{Caller, FieldError, Permission, Reason, ValidationError};
use serde::Serialize;

use crate::batch::{Refusal, RefusedEvent};

/// Everything that an answer can complain about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// What came is no request.
    #[error("This is no HTTP request")]
    NoRequest,
    /// The head of a request is too long, or has too many headers.
    #[error("The head of the request is too long: at most 128 KiB and 96 headers")]
    HeadTooLarge,
    /// The head of a request came too slowly.
    #[error("The head of the request did not come in time")]
    HeadTimeout,
    /// The body came too slowly.
    #[error("The body did not come in time")]
    BodyTimeout,
    /// The body ends early, or its chunks are none.
    #[error("the body cannot be read: {0}")]
    BrokenBody(String),
    /// The body is not JSON.
    #[error("the body is not valid JSON: {0}")]
    MalformedJson(String),
    /// The body is not gzip, though its header says so.
    #[error("the body is not valid gzip: {0}")]
    MalformedGzip(String),
    /// The body is compressed in another way.
    #[error("The body must be plain or compressed with gzip")]
    UnknownEncoding,
    /// Fields or parameters break rules.
    #[error("{0}")]
    Invalid(#[from] ValidationError),
    /// The name belongs to another account.
    #[error("Username already registered")]
    UsernameTaken,
    /// Name or password is wrong; does not say which.
    #[error("Incorrect username or password")]
    WrongCredentials,
    /// The password that was to confirm a change is another one.
    #[error("The password is wrong")]
    WrongPassword,
    /// There is no good access token.
    #[error("Could not validate credentials")]
    BadToken,
    /// The header `X-API-Key` is absent.
    #[error("Missing API Key")]
    MissingKey,
    /// The key is unknown or revoked.
    #[error("Invalid API Key")]
    InvalidKey,
    /// The key belongs to another account.
    #[error("The API key belongs to another account")]
    ForeignKey,
    /// The link is unknown or has expired.
    #[error("The link is unknown or has expired")]
    BadLink,
    /// The caller may not do that with this project.
    #[error("{}", forbidden(*.0, *.1))]
    Forbidden(Caller, Permission),
    /// The account does not look after the service.
    #[error("Only an administrator of the service may do this")]
    NotAdministrator,
    /// A browser sends it from another page.
    #[error("The request does not come from a page of this service")]
    ForeignOrigin,
    /// A browser sends a body that forms of other pages could send.
    #[error("With a session, a body must be JSON: Content-Type: application/json")]
    NotJson,
    /// The configuration does not let anybody register.
    #[error("This service does not let anybody register")]
    RegistrationClosed,
    /// An account can be made with an invitation only.
    #[error("An account needs an invitation")]
    InvitationNeeded,
    /// The invitation does not count (any more).
    #[error("The invitation is unknown, used or has expired")]
    BadInvitation,
    /// There is no such project, or not for this caller.
    #[error("There is no such project")]
    UnknownProject,
    /// There is no such thing, or not for this caller.
    #[error("There is no such {0}")]
    Unknown(&'static str),
    /// What is asked for cannot be done as things are.
    #[error("{0}")]
    Conflict(String),
    /// Somebody else has changed it meanwhile.
    #[error("It has been changed meanwhile; read it again")]
    Changed,
    /// A page of another origin is not let in.
    #[error("{0}")]
    CrossOrigin(String),
    /// There is nothing at this path.
    #[error("There is nothing at this path")]
    NotFound,
    /// The path does not take this method.
    #[error("This path takes {0} only")]
    MethodNotAllowed(String),
    /// The body is too long.
    #[error("The body is longer than {0} bytes")]
    TooLarge(usize),
    /// The batch holds too many events.
    #[error("A batch holds at most {0} events")]
    TooManyEvents(usize),
    /// A batch that is stored as a whole or not at all has faulty events.
    #[error("{} of {} events are faulty; nothing is stored", .0.rejected, .0.received)]
    AtomicRefused(Box<Refusal>),
    /// Another batch was sent under this name.
    #[error("The Idempotency-Key belongs to a batch with another body; nothing is stored")]
    IdempotencyConflict,
    /// Too many attempts of this kind.
    #[error("Too many attempts; try again in {0} seconds")]
    Throttled(u64),
    /// The project takes in as much as it may.
    #[error("The project is over its quota ({reason}); nothing is stored")]
    OverQuota {
        /// Which.
        reason: Reason,
        /// When it is worth trying again, in seconds.
        retry_after: u64,
    },
    /// Too many events wait.
    #[error("Too many events are waiting to be stored; try again")]
    QueueFull,
    /// The batches that are on their way take all the memory that this one could have.
    #[error("Too many batches are on their way; try again")]
    BatchesFull,
    /// Too many passwords wait to be checked.
    #[error("Too many passwords are being checked; try again")]
    PasswordsBusy,
    /// The database does not answer, or the service stops.
    #[error("The service cannot store or read data at the moment; try again")]
    Unavailable,
    /// A fault of ours.
    #[error("Something went wrong here; the request id helps to find it in the log")]
    Internal,
}

impl Problem {
    /// Under which reason an event that is answered so stands in the ledger; `None` if it does not.
    pub(crate) fn reason(&self) -> Option<Reason> {
        match self {
            Self::Invalid(error) => Some(Reason::of(error)),
            Self::OverQuota { reason, .. } => Some(*reason),
            _ => None,
        }
    }
}

/// What a caller lacks.
fn forbidden(caller: Caller, needs: Permission) -> &'static str {
    match (caller, needs) {
        (Caller::Key(..), Permission::Ingest) => "The API key is not for sending events",
        (Caller::Key(..) | Caller::Link(_), _) => "This needs an account that is a member of the project",
        (Caller::Member(..), Permission::Write) => "This needs the role editor or owner",
        (Caller::Member(..), _) => "This needs the role owner",
    }
}

/// The body of an error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ProblemBody<'a> {
    /// Always `about:blank`: the status says it all.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'a str,
    /// The status in words.
    #[schema(example = "Unprocessable Entity")]
    title: &'a str,
    /// The status.
    #[schema(minimum = 400, maximum = 599, example = 422)]
    status: u16,
    /// What is wrong with this request.
    #[schema(example = "top: must be an integer from 1 to 100")]
    detail: String,
    /// The faulty fields, where there are any.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    /// The faulty events of a batch with `atomic=true`, at most 100.
    #[serde(skip_serializing_if = "<[RefusedEvent]>::is_empty")]
    rejected_events: &'a [RefusedEvent],
    /// There, and true, if more events are faulty than are listed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    errors_truncated: bool,
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NoRequest
            | Self::BrokenBody(_)
            | Self::MalformedJson(_)
            | Self::MalformedGzip(_)
            | Self::UsernameTaken => StatusCode::BAD_REQUEST,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::HeadTimeout | Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::UnknownEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) | Self::AtomicRefused(_) | Self::IdempotencyConflict => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::WrongCredentials | Self::BadToken | Self::MissingKey | Self::InvalidKey | Self::BadLink => {
                StatusCode::UNAUTHORIZED
            }
            Self::ForeignKey
            | Self::WrongPassword
            | Self::Forbidden(..)
            | Self::NotAdministrator
            | Self::ForeignOrigin
            | Self::NotJson
            | Self::CrossOrigin(_)
            | Self::RegistrationClosed
            | Self::InvitationNeeded
            | Self::BadInvitation => StatusCode::FORBIDDEN,
            Self::NotFound | Self::UnknownProject | Self::Unknown(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Changed => StatusCode::PRECONDITION_FAILED,
            Self::Throttled(_) | Self::PasswordsBusy | Self::OverQuota { .. } => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge(_) | Self::TooManyEvents(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::QueueFull | Self::BatchesFull | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponseBuilder::new(status);
        response.content_type("application/problem+json");
        match self {
            Self::WrongCredentials | Self::BadToken | Self::BadLink => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
            }
            Self::MissingKey | Self::InvalidKey => {
                response.insert_header((header::WWW_AUTHENTICATE, "X-API-Key"));
            }
            Self::MethodNotAllowed(allowed) => {
                response.insert_header((header::ALLOW, allowed.as_str()));
            }
            Self::UnknownEncoding => {
                response.insert_header((header::ACCEPT_ENCODING, "gzip, identity"));
            }
            Self::BodyTimeout => {
                response.force_close();
            }
            Self::Throttled(seconds) | Self::OverQuota { retry_after: seconds, .. } => {
                response.insert_header((header::RETRY_AFTER, seconds.to_string()));
            }
            Self::PasswordsBusy | Self::QueueFull | Self::BatchesFull | Self::Unavailable => {
                response.insert_header((header::RETRY_AFTER, "1"));
            }
            _ => {}
        }
        let errors = if let Self::Invalid(error) = self { error.errors() } else { &[] };
        let refusal = if let Self::AtomicRefused(refusal) = self { Some(refusal) } else { None };
        let body = ProblemBody {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: self.to_string(),
            errors,
            rejected_events: refusal.map_or(&[], |refusal| &refusal.events),
            errors_truncated: refusal.is_some_and(|refusal| refusal.is_truncated()),
        };
        response.body(serde_json::to_string(&body).unwrap_or_default())
    }
}
