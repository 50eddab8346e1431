//! What became of a received event, under a bounded set of reasons.

use std::fmt;
use std::str::FromStr;

use crate::{EventDraft, Rule, ValidationError};

/// Names that errors of a whole event or body go by, beside those of the fields.
const WHOLE: [&str; 2] = ["event", "body"];

/// Why an event was refused, as it is counted. There are few of them, whatever clients send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A field that is known here breaks a rule.
    Field(&'static str, Rule),
    /// The event is good, but another one of its all-or-nothing batch is not.
    Atomic,
    /// The batch has the idempotency key of another one.
    Conflict,
    /// The project takes in more events a second than it may.
    EventsPerSecond,
    /// The project has taken in as many events today as it may.
    EventsPerDay,
    /// Anything else, such as a field that is not known here.
    Other,
}

impl Reason {
    /// The reason of an event's first error.
    #[must_use]
    pub fn of(error: &ValidationError) -> Self {
        let first = error.errors().first();
        first.and_then(|first| Self::known(&first.field, first.code)).unwrap_or(Self::Other)
    }

    fn known(field: &str, rule: Rule) -> Option<Self> {
        let mut known = EventDraft::FIELDS.into_iter().chain(WHOLE);
        known.find(|name| *name == field).map(|name| Self::Field(name, rule))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field, rule) => write!(f, "{field}.{}", rule.as_str()),
            Self::Atomic => f.write_str("batch.atomic"),
            Self::Conflict => f.write_str("batch.conflict"),
            Self::EventsPerSecond => f.write_str("quota.events_per_second"),
            Self::EventsPerDay => f.write_str("quota.events_per_day"),
            Self::Other => f.write_str("other"),
        }
    }
}

/// What became of a received event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It is stored.
    Stored,
    /// It came again, with a batch that is known already.
    Duplicate,
    /// It was refused.
    Rejected(Reason),
}

impl fmt::Display for Verdict {
    /// The name under which it is kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored => f.write_str("stored"),
            Self::Duplicate => f.write_str("duplicate"),
            Self::Rejected(reason) => reason.fmt(f),
        }
    }
}

impl FromStr for Verdict {
    type Err = std::convert::Infallible;

    /// The verdict of that name; names of a later version count as refusals for other reasons.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(match name {
            "stored" => Self::Stored,
            "duplicate" => Self::Duplicate,
            "batch.atomic" => Self::Rejected(Reason::Atomic),
            "batch.conflict" => Self::Rejected(Reason::Conflict),
            "quota.events_per_second" => Self::Rejected(Reason::EventsPerSecond),
            "quota.events_per_day" => Self::Rejected(Reason::EventsPerDay),
            _ => {
                let reason = name.split_once('.').and_then(|(field, code)| {
                    let rule = Rule::ALL.into_iter().find(|rule| rule.as_str() == code)?;
                    Reason::known(field, rule)
                });
                Self::Rejected(reason.unwrap_or(Reason::Other))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_is_found_by_its_name() {
        let fields = EventDraft::FIELDS.into_iter().chain(WHOLE);
        let reasons = fields.flat_map(|field| Rule::ALL.map(|rule| Reason::Field(field, rule)));
        let reasons = reasons
            .chain([Reason::Atomic, Reason::Conflict, Reason::EventsPerSecond, Reason::EventsPerDay])
            .chain([Reason::Other])
            .map(Verdict::Rejected);
        for verdict in reasons.chain([Verdict::Stored, Verdict::Duplicate]) {
            assert_eq!(verdict.to_string().parse(), Ok(verdict));
        }
        assert_eq!("colour.wrong".parse(), Ok(Verdict::Rejected(Reason::Other)));
    }

    #[test]
    fn names_from_clients_make_no_reasons() {
        let reason = |field: &'static str| Reason::of(&ValidationError::new(field, Rule::Unknown, "x"));
        assert_eq!(reason("colour"), Reason::Other);
        assert_eq!(reason("ip"), Reason::Field("ip", Rule::Unknown));
    }
}
