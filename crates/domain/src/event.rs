//! One observed request in its checked form, and all limits. Not for what readers make of their input: see `draft`.

mod draft;

use std::fmt;

pub use draft::EventDraft;

use crate::{ClientAddress, Method, StatusCode, Timestamp};

/// Limits of an event's fields. Lengths are in characters.
pub mod limits {
    /// Longest endpoint.
    pub const ENDPOINT_CHARS: usize = 200;
    /// Longest route template.
    pub const ROUTE_CHARS: usize = 200;
    /// Longest user agent.
    pub const USER_AGENT_CHARS: usize = 512;
    /// Longest host name.
    pub const HOSTNAME_CHARS: usize = 255;
    /// Longest consumer name.
    pub const CONSUMER_CHARS: usize = 255;
    /// Longest processing time: 10^15 µs, about 31.7 years. Every number of microseconds up to here is exact
    /// in a 64-bit float.
    pub const PROCESS_TIME_US: u64 = 1_000_000_000_000_000;
}

/// A processing time in microseconds, at most [`limits::PROCESS_TIME_US`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(u64);

impl Duration {
    /// 500 ms.
    pub(crate) const HALF_SECOND: Self = Self(500_000);

    /// The duration, if it is within the limit.
    #[must_use]
    pub fn from_micros(micros: u64) -> Option<Self> {
        (micros <= limits::PROCESS_TIME_US).then_some(Self(micros))
    }

    /// The duration, if it is finite, not negative and within the limit; rounded to the microsecond.
    #[must_use]
    pub fn from_millis(millis: f64) -> Option<Self> {
        let micros = (millis * 1000.0).round();
        #[expect(clippy::cast_precision_loss, reason = "the limit is below 2^53")]
        let limit = limits::PROCESS_TIME_US as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked here")]
        (millis >= 0.0 && micros <= limit).then_some(Self(micros as u64))
    }

    /// Microseconds.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Milliseconds, not rounded.
    #[must_use]
    pub fn to_millis(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        let micros = self.0 as f64;
        micros / 1000.0
    }

    /// Milliseconds, rounded to two decimals, half away from zero.
    #[must_use]
    pub fn to_millis_rounded(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        let hundredths = ((self.0 + 5) / 10) as f64;
        hundredths / 100.0
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.to_millis_rounded())
    }
}

/// Optional fields of an event; most events have none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extras {
    /// Route template, such as `/users/{id}`.
    pub route: Option<String>,
    /// The client's user agent.
    pub user_agent: Option<String>,
    /// The host that was asked.
    pub hostname: Option<String>,
    /// Who called, as the tracked application names them.
    pub consumer: Option<String>,
    /// Size of the request's body.
    pub request_bytes: Option<u64>,
    /// Size of the answer's body.
    pub response_bytes: Option<u64>,
}

/// One observed request. Made by [`TryFrom<EventDraft>`](EventDraft), so that every value has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestEvent {
    created_at: Timestamp,
    method: Method,
    endpoint: String,
    ip: Option<ClientAddress>,
    process_time: Duration,
    status_code: StatusCode,
    extras: Option<Box<Extras>>,
}

impl RequestEvent {
    /// The event of values that were checked before: those of stored rows and of generators. The endpoint
    /// must be clean already; `None` if it is not, or too long.
    #[must_use]
    pub fn new(
        created_at: Timestamp,
        method: Method,
        endpoint: impl Into<String>,
        ip: Option<ClientAddress>,
        process_time: Duration,
        status_code: StatusCode,
    ) -> Option<Self> {
        let endpoint = endpoint.into();
        if endpoint.is_empty() || !is_clean(&endpoint) || is_longer(&endpoint, limits::ENDPOINT_CHARS) {
            return None;
        }
        Some(Self { created_at, method, endpoint, ip, process_time, status_code, extras: None })
    }

    /// The same event with optional fields.
    #[must_use]
    pub fn with_extras(mut self, extras: Extras) -> Self {
        self.extras = (extras != Extras::default()).then(|| Box::new(extras));
        self
    }

    /// The same event without the client's address.
    #[must_use]
    pub fn without_ip(self) -> Self {
        Self { ip: None, ..self }
    }

    /// When the request was answered.
    #[must_use]
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// The request method.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The path that was asked for.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The client's address, if known.
    #[must_use]
    pub const fn ip(&self) -> Option<ClientAddress> {
        self.ip
    }

    /// The 16 bytes of the client's address, if known.
    #[must_use]
    pub fn ip_bytes(&self) -> Option<&[u8]> {
        self.ip.as_ref().map(|ip| ip.as_bytes().as_slice())
    }

    /// How long the request took.
    #[must_use]
    pub const fn process_time(&self) -> Duration {
        self.process_time
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status_code(&self) -> StatusCode {
        self.status_code
    }

    /// The optional fields, if there are any.
    #[must_use]
    pub fn extras(&self) -> Option<&Extras> {
        self.extras.as_deref()
    }
}

/// An event as it is kept: with the number that its key gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// The event's number among all events of its key, from 1 on.
    pub id: i64,
    /// The event.
    pub event: RequestEvent,
}

/// Whether the text has no control characters and no blanks at its ends.
fn is_clean(text: &str) -> bool {
    text.trim().len() == text.len() && !text.chars().any(char::is_control)
}

fn is_longer(text: &str, chars: usize) -> bool {
    // No text has more characters than bytes, so most need no counting.
    text.len() > chars && text.chars().count() > chars
}
