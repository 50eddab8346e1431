//! One observed request: its checked form, its wire form and all limits.

use std::fmt;

use serde::{Deserialize, Deserializer};

use crate::input::{Fields, missing};
use crate::{
    Checks, ClientAddress, Method, Moment, Rule, Scalar, StatusCode, Timestamp, ValidationError, Zone,
};

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

/// One observed request. Made by [`TryFrom<EventInput>`], so that every value has been checked.
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

/// The wire form of an event: any value in any field.
#[derive(Debug, Clone)]
pub struct EventInput<'a>(Fields<'a, 12>);

impl EventInput<'_> {
    /// The names of the fields on the wire.
    pub const FIELDS: [&'static str; 12] = [
        "created_at",
        "method",
        "endpoint",
        "ip",
        "process_time",
        "status_code",
        "route",
        "user_agent",
        "hostname",
        "consumer",
        "request_bytes",
        "response_bytes",
    ];
}

impl<'de: 'a, 'a> Deserialize<'de> for EventInput<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(&EventInput::FIELDS, deserializer).map(Self)
    }
}

impl TryFrom<EventInput<'_>> for RequestEvent {
    type Error = ValidationError;

    fn try_from(input: EventInput<'_>) -> Result<Self, ValidationError> {
        let mut checks = Checks::default();
        let values = input.0.into_values(&mut checks);
        event_from_values(&values, checks)
    }
}

impl RequestEvent {
    /// Checks the six fields of the contract, in its order; for sources other than JSON.
    ///
    /// # Errors
    /// Every faulty field.
    pub fn from_scalars(values: [Scalar<'_>; 6]) -> Result<Self, ValidationError> {
        let mut values = values.into_iter();
        let values: [Scalar<'_>; 12] = std::array::from_fn(|_| values.next().unwrap_or_default());
        event_from_values(&values, Checks::default())
    }
}

fn event_from_values(values: &[Scalar<'_>; 12], mut checks: Checks) -> Result<RequestEvent, ValidationError> {
    let [
        created_at,
        method,
        endpoint,
        ip,
        process_time,
        status_code,
        route,
        user_agent,
        hostname,
        consumer,
        request_bytes,
        response_bytes,
    ] = values;
    let created_at = checks.take(parse_created_at(created_at));
    let method = checks.take(method.text("method").and_then(|text| parse_method("method", text)));
    let endpoint = checks.take(
        endpoint
            .text("endpoint")
            .and_then(|text| clean("endpoint", text, limits::ENDPOINT_CHARS))
            .and_then(|text| text.ok_or_else(|| length("endpoint", limits::ENDPOINT_CHARS, 1))),
    );
    let ip = checks.take(parse_ip(ip));
    let process_time = checks.take(parse_process_time(process_time));
    let status_code = checks.take(parse_status(status_code));
    let extras = Extras {
        route: label(&mut checks, "route", route, limits::ROUTE_CHARS),
        user_agent: label(&mut checks, "user_agent", user_agent, limits::USER_AGENT_CHARS),
        hostname: label(&mut checks, "hostname", hostname, limits::HOSTNAME_CHARS),
        consumer: label(&mut checks, "consumer", consumer, limits::CONSUMER_CHARS),
        request_bytes: checks.take(size("request_bytes", request_bytes)).flatten(),
        response_bytes: checks.take(size("response_bytes", response_bytes)).flatten(),
    };
    let event = (|| {
        Some(RequestEvent {
            created_at: created_at?,
            method: method?,
            endpoint: endpoint?,
            ip: ip?,
            process_time: process_time?,
            status_code: status_code?,
            extras: None,
        })
    })();
    checks.finish(event).map(|event| event.with_extras(extras))
}

fn parse_created_at(value: &Scalar<'_>) -> Result<Timestamp, ValidationError> {
    Moment::from_field("created_at", value.text("created_at")?).map(|moment| moment.first(Zone::UTC))
}

/// A method by its exact upper-case name.
pub(crate) fn parse_method(field: &'static str, text: &str) -> Result<Method, ValidationError> {
    text.parse().map_err(|()| {
        let names = Method::ALL.map(Method::as_str).join(", ");
        ValidationError::new(field, Rule::Format, format!("must be one of {names}, in upper case"))
    })
}

fn parse_ip(value: &Scalar<'_>) -> Result<Option<ClientAddress>, ValidationError> {
    match value.optional_text("ip")? {
        None | Some("" | " " | "null" | "NULL" | "None") => Ok(None),
        Some(text) => parse_address("ip", text).map(Some),
    }
}

/// An IPv4 or IPv6 address.
pub(crate) fn parse_address(field: &'static str, text: &str) -> Result<ClientAddress, ValidationError> {
    text.parse().map_err(|_| ValidationError::new(field, Rule::Format, "must be an IPv4 or IPv6 address"))
}

fn parse_process_time(value: &Scalar<'_>) -> Result<Duration, ValidationError> {
    Duration::from_millis(value.number("process_time")?).ok_or_else(|| {
        let detail = "must be a finite number of milliseconds from 0 to 1000000000000";
        ValidationError::new("process_time", Rule::Range, detail)
    })
}

fn parse_status(value: &Scalar<'_>) -> Result<StatusCode, ValidationError> {
    let number = value.optional_integer("status_code")?.ok_or_else(|| missing("status_code"))?;
    u16::try_from(number)
        .ok()
        .and_then(StatusCode::new)
        .ok_or_else(|| ValidationError::new("status_code", Rule::Range, "must be an integer from 100 to 599"))
}

fn size(field: &'static str, value: &Scalar<'_>) -> Result<Option<u64>, ValidationError> {
    let Some(number) = value.optional_integer(field)? else {
        return Ok(None);
    };
    // Kept as a signed 64-bit integer by every database.
    let number = i64::try_from(number).ok().and_then(|number| u64::try_from(number).ok());
    number.map(Some).ok_or_else(|| {
        ValidationError::new(field, Rule::Range, "must be an integer from 0 to 9223372036854775807")
    })
}

fn label(checks: &mut Checks, field: &'static str, value: &Scalar<'_>, max: usize) -> Option<String> {
    let text = checks.take(value.optional_text(field))??;
    checks.take(clean(field, text, max))?
}

/// Text without control characters and blanks at its ends; `None` if nothing is left.
fn clean(field: &'static str, text: &str, max: usize) -> Result<Option<String>, ValidationError> {
    let cleaned = if is_clean(text) {
        text.to_owned()
    } else {
        let kept: String = text.chars().filter(|c| !c.is_control()).collect();
        kept.trim().to_owned()
    };
    if is_longer(&cleaned, max) {
        return Err(length(field, max, 0));
    }
    Ok((!cleaned.is_empty()).then_some(cleaned))
}

/// Whether the text has no control characters and no blanks at its ends.
fn is_clean(text: &str) -> bool {
    text.trim().len() == text.len() && !text.chars().any(char::is_control)
}

fn is_longer(text: &str, chars: usize) -> bool {
    // No text has more characters than bytes, so most need no counting.
    text.len() > chars && text.chars().count() > chars
}

fn length(field: &'static str, max: usize, min: usize) -> ValidationError {
    let detail = if min == 0 {
        format!("must be at most {max} characters long")
    } else {
        format!("must be {min} to {max} characters long without control characters and outer blanks")
    };
    ValidationError::new(field, Rule::Length, detail)
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.to_millis_rounded())
    }
}
