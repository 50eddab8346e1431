//! Logs and request ids.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::time::Instant;

use actix_web::dev::{RequestHead, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;
use uuid::fmt::Simple;

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

/// A request while it is answered.
pub(crate) struct Observed {
    started: Instant,
    id: HeaderValue,
}

impl Observed {
    /// Begins with the request's arrival.
    #[expect(clippy::disallowed_methods, reason = "how long an answer took is logged, never decided by")]
    pub(crate) fn begin(head: &RequestHead) -> Self {
        Self { started: Instant::now(), id: request_id(head.headers()) }
    }

    /// Gives the answer the header `X-Request-Id` and logs it.
    pub(crate) fn end<B>(self, response: &mut ServiceResponse<B>) {
        log(response, &self.id, self.started.elapsed().as_secs_f64());
        response.headers_mut().insert(REQUEST_ID, self.id);
    }
}

fn log<B>(response: &ServiceResponse<B>, id: &HeaderValue, seconds: f64) {
    let request = response.request();
    let path = shown(request.path());
    let status = response.status().as_u16();
    macro_rules! log {
        ($level:ident $(, $field:ident = $value:expr)?) => {
            tracing::$level!(
                $($field = $value,)?
                http.request.method = %request.method(),
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
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let is_plain = |value: &&HeaderValue| {
        (1..=MAX_REQUEST_ID).contains(&value.len())
            && value.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
    };
    headers.get(REQUEST_ID).filter(is_plain).cloned().unwrap_or_else(new_request_id)
}

/// A request id that no other request has.
pub(crate) fn new_request_id() -> HeaderValue {
    let mut text = [0; Simple::LENGTH];
    let id = uuid::Uuid::now_v7().simple().encode_lower(&mut text);
    HeaderValue::from_str(id).unwrap_or(HeaderValue::from_static("none"))
}
