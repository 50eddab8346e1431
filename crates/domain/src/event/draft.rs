//! An event as a reader found it, and the one place where it is checked. Not for reading: see the crate `formats`.

use serde::de::{DeserializeSeed, Deserializer};

use super::{Duration, Extras, RequestEvent, is_clean, is_longer, limits};
use crate::input::{self, Slots, WrongNames, missing};
use crate::{
    Checks, ClientAddress, Method, Moment, Rule, Scalar, StatusCode, Timestamp, ValidationError, Zone,
};

/// An event as a reader found it: any value in any field. [`RequestEvent::try_from`] checks it, and names every
/// fault at its field.
///
/// ```
/// use domain::{EventDraft, RequestEvent, Scalar};
///
/// let mut draft = EventDraft::default();
/// draft.created_at = Scalar::borrowed("2025-08-20T12:00:00Z");
/// draft.method = Scalar::borrowed("GET");
/// draft.endpoint = Scalar::borrowed("/users");
/// draft.process_time = Scalar::Float(12.5);
/// draft.status_code = Scalar::Integer(999);
/// let error = RequestEvent::try_from(draft).unwrap_err();
/// assert_eq!(error.to_string(), "status_code: must be an integer from 100 to 599");
/// ```
#[derive(Debug, Clone, Default)]
pub struct EventDraft<'a> {
    /// When the request was answered; text, in ISO 8601.
    pub created_at: Scalar<'a>,
    /// The request method; text.
    pub method: Scalar<'a>,
    /// The path that was asked for; text.
    pub endpoint: Scalar<'a>,
    /// The client's address; text, or nothing.
    pub ip: Scalar<'a>,
    /// How long the request took; a number of milliseconds.
    pub process_time: Scalar<'a>,
    /// The status of the answer; an integer.
    pub status_code: Scalar<'a>,
    /// Route template; text, or nothing.
    pub route: Scalar<'a>,
    /// The client's user agent; text, or nothing.
    pub user_agent: Scalar<'a>,
    /// The host that was asked; text, or nothing.
    pub hostname: Scalar<'a>,
    /// Who called; text, or nothing.
    pub consumer: Scalar<'a>,
    /// Size of the request's body; an integer, or nothing.
    pub request_bytes: Scalar<'a>,
    /// Size of the answer's body; an integer, or nothing.
    pub response_bytes: Scalar<'a>,
    wrong_names: WrongNames,
}

impl EventDraft<'_> {
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

impl<'a> Slots<'a> for EventDraft<'a> {
    fn slot(&mut self, name: &str) -> Option<&mut Scalar<'a>> {
        Some(match name {
            "created_at" => &mut self.created_at,
            "method" => &mut self.method,
            "endpoint" => &mut self.endpoint,
            "ip" => &mut self.ip,
            "process_time" => &mut self.process_time,
            "status_code" => &mut self.status_code,
            "route" => &mut self.route,
            "user_agent" => &mut self.user_agent,
            "hostname" => &mut self.hostname,
            "consumer" => &mut self.consumer,
            "request_bytes" => &mut self.request_bytes,
            "response_bytes" => &mut self.response_bytes,
            _ => return None,
        })
    }

    fn wrong_names(&mut self) -> &mut WrongNames {
        &mut self.wrong_names
    }
}

impl<'de> DeserializeSeed<'de> for &mut EventDraft<'de> {
    type Value = ();

    /// Reads the wire form into the draft: an object with these names. Of a field that is given twice the first value
    /// counts; that it is, and which names are not known, is noted for the check.
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        input::object(self, deserializer)
    }
}

impl TryFrom<EventDraft<'_>> for RequestEvent {
    type Error = ValidationError;

    fn try_from(draft: EventDraft<'_>) -> Result<Self, ValidationError> {
        let mut checks = Checks::default();
        draft.wrong_names.report(&mut checks);
        let created_at = checks.take(created_at(&draft.created_at));
        let method =
            checks.take(draft.method.text("method").and_then(|text| Method::from_field("method", text)));
        let endpoint = checks.take(
            draft
                .endpoint
                .text("endpoint")
                .and_then(|text| clean("endpoint", text, limits::ENDPOINT_CHARS))
                .and_then(|text| text.ok_or_else(|| length("endpoint", limits::ENDPOINT_CHARS, 1))),
        );
        let ip = checks.take(ip(&draft.ip));
        let process_time = checks.take(process_time(&draft.process_time));
        let status_code = checks.take(status_code(&draft.status_code));
        let extras = Extras {
            route: label(&mut checks, "route", &draft.route, limits::ROUTE_CHARS),
            user_agent: label(&mut checks, "user_agent", &draft.user_agent, limits::USER_AGENT_CHARS),
            hostname: label(&mut checks, "hostname", &draft.hostname, limits::HOSTNAME_CHARS),
            consumer: label(&mut checks, "consumer", &draft.consumer, limits::CONSUMER_CHARS),
            request_bytes: checks.take(size("request_bytes", &draft.request_bytes)).flatten(),
            response_bytes: checks.take(size("response_bytes", &draft.response_bytes)).flatten(),
        };
        let event = (|| {
            Some(Self {
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
}

fn created_at(value: &Scalar<'_>) -> Result<Timestamp, ValidationError> {
    Moment::from_field("created_at", value.text("created_at")?).map(|moment| moment.first(Zone::UTC))
}

fn ip(value: &Scalar<'_>) -> Result<Option<ClientAddress>, ValidationError> {
    match value.optional_text("ip")? {
        None | Some("" | " " | "null" | "NULL" | "None") => Ok(None),
        Some(text) => ClientAddress::from_field("ip", text).map(Some),
    }
}

fn process_time(value: &Scalar<'_>) -> Result<Duration, ValidationError> {
    Duration::from_millis(value.number("process_time")?).ok_or_else(|| {
        let detail = "must be a finite number of milliseconds from 0 to 1000000000000";
        ValidationError::new("process_time", Rule::Range, detail)
    })
}

fn status_code(value: &Scalar<'_>) -> Result<StatusCode, ValidationError> {
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

fn length(field: &'static str, max: usize, min: usize) -> ValidationError {
    let detail = if min == 0 {
        format!("must be at most {max} characters long")
    } else {
        format!("must be {min} to {max} characters long without control characters and outer blanks")
    };
    ValidationError::new(field, Rule::Length, detail)
}

#[cfg(test)]
mod tests;
