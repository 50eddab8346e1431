//! Logs and request ids.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use crate::log_limit::{self, Kind};

/// The header that names a request.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_REQUEST_ID: usize = 64;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Sends log lines to standard error; `RUST_LOG` picks which.
pub(crate) fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // A second start in one process is refused, and harmless.
    let _ = match format {
        LogFormat::Text => logs.try_init(),
        LogFormat::Json => logs.json().try_init(),
    };
}

/// Gives every answer the header `X-Request-Id` and logs it.
#[expect(clippy::disallowed_methods, reason = "how long an answer took is logged, never decided by")]
pub(crate) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let started = Instant::now();
    let id = request_id(&request);
    let mut response = next.call(request).await?;
    let path = shown(response.request().path());
    let status = response.status().as_u16();
    let seconds = started.elapsed().as_secs_f64();
    macro_rules! log {
        ($level:ident $(, $field:ident = $value:expr)?) => {
            tracing::$level!(
                $($field = $value,)?
                http.request.method = %response.request().method(),
                url.path = %path,
                http.response.status_code = status,
                http.server.request.duration = seconds,
                request.id = id.to_str().unwrap_or_default(),
                "request"
            )
        };
    }
    // Tracked events come by the thousand a second; a line for each would cost more than the event.
    match status {
        500.. => {
            if let Some(left_out) = log_limit::admit(Kind::Answer(status)) {
                // An overload is no fault.
                if status == 503 {
                    log!(warn, left_out = left_out.count());
                } else {
                    log!(error, left_out = left_out.count());
                }
            }
        }
        _ if path == "/track" => log!(debug),
        _ => log!(info),
    }
    response.headers_mut().insert(REQUEST_ID, id);
    Ok(response)
}

/// An error with all its causes, for the log.
pub(crate) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// A path without the token of a shared link that may stand in it. Queries, where others stand, are never logged.
fn shown(path: &str) -> Cow<'_, str> {
    const LINK: &str = "/app/s/";
    if path.len() > LINK.len() && path.starts_with(LINK) {
        Cow::Owned(format!("{LINK}…"))
    } else {
        Cow::Borrowed(path)
    }
}

/// The caller's id, if it is short and plain; otherwise a new one.
fn request_id(request: &ServiceRequest) -> HeaderValue {
    let is_plain = |value: &&HeaderValue| {
        (1..=MAX_REQUEST_ID).contains(&value.len())
            && value.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
    };
    request.headers().get(REQUEST_ID).filter(is_plain).cloned().unwrap_or_else(new_request_id)
}

/// A request id that no other request has.
pub(crate) fn new_request_id() -> HeaderValue {
    let id = uuid::Uuid::now_v7().simple().to_string();
    HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("none"))
}
