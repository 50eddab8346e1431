//! The settings of a project: one document, read and written as a whole.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Checks, Rule, ValidationError, Zone};

/// What an owner sets for a project. The default changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectSettings {
    /// IANA time zone of questions that name none; null: UTC.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "Europe/Berlin"))]
    pub timezone: Option<Zone>,
    /// What the project may take in.
    pub quota: Quota,
}

/// What a project may take in; null: as much as comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quota {
    /// Events in a second, on average, for each process of the service.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000, example = 1000))]
    pub events_per_second: Option<u32>,
    /// Events in a day (UTC), all processes together.
    #[cfg_attr(
        feature = "openapi",
        schema(minimum = 1, maximum = 1_000_000_000_000_u64, example = 10_000_000)
    )]
    pub events_per_day: Option<u64>,
    /// Different values of each of endpoint, route, user agent, host and consumer.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 10_000_000, example = 10_000))]
    pub names_per_field: Option<u32>,
}

impl Quota {
    const MAX_PER_SECOND: u64 = 1_000_000;
    const MAX_PER_DAY: u64 = 1_000_000_000_000;
    const MAX_NAMES: u64 = 10_000_000;

    /// Whether everything is let in.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        *self == Self::default()
    }
}

impl ProjectSettings {
    /// Reads a whole document; fields that are absent or null have their default.
    ///
    /// # Errors
    /// Every faulty field, those inside others by their path, such as `quota.events_per_day`.
    pub fn from_json(document: &Value) -> Result<Self, ValidationError> {
        let Value::Object(fields) = document else {
            return Err(ValidationError::new("body", Rule::Type, "must be a JSON object"));
        };
        let mut checks = Checks::default();
        let mut settings = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "timezone" => settings.timezone = checks.take(timezone(value)).flatten(),
                "quota" => settings.quota = quota(&mut checks, value),
                _ => unknown(&mut checks, name),
            }
        }
        checks.finish(Some(settings))
    }
}

fn timezone(value: &Value) -> Result<Option<Zone>, ValidationError> {
    match value {
        Value::Null => Ok(None),
        Value::String(name) => Zone::parse(name).map(Some),
        _ => Err(ValidationError::new("timezone", Rule::Type, "must be a string or null")),
    }
}

fn quota(checks: &mut Checks, value: &Value) -> Quota {
    let fields = match value {
        Value::Null => &Map::new(),
        Value::Object(fields) => fields,
        _ => {
            checks.fault("quota", Rule::Type, "must be an object or null");
            return Quota::default();
        }
    };
    let mut quota = Quota::default();
    for (name, value) in fields {
        match name.as_str() {
            "events_per_second" => {
                let limit = limit("quota.events_per_second", value, Quota::MAX_PER_SECOND);
                quota.events_per_second =
                    checks.take(limit).flatten().and_then(|limit| limit.try_into().ok());
            }
            "events_per_day" => {
                let limit = limit("quota.events_per_day", value, Quota::MAX_PER_DAY);
                quota.events_per_day = checks.take(limit).flatten();
            }
            "names_per_field" => {
                let limit = limit("quota.names_per_field", value, Quota::MAX_NAMES);
                quota.names_per_field = checks.take(limit).flatten().and_then(|limit| limit.try_into().ok());
            }
            _ => unknown(checks, &format!("quota.{name}")),
        }
    }
    quota
}

fn limit(field: &'static str, value: &Value, max: u64) -> Result<Option<u64>, ValidationError> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => match number.as_u64().filter(|limit| (1..=max).contains(limit)) {
            Some(limit) => Ok(Some(limit)),
            None => {
                let detail = format!("must be an integer from 1 to {max}, or null");
                Err(ValidationError::new(field, Rule::Range, detail))
            }
        },
        _ => Err(ValidationError::new(field, Rule::Type, "must be an integer or null")),
    }
}

/// At most so many characters of a name that is not known are repeated to the caller.
const MAX_REPORTED_CHARS: usize = 60;

fn unknown(checks: &mut Checks, name: &str) {
    let name: String = name.chars().take(MAX_REPORTED_CHARS).collect();
    checks.fault(name, Rule::Unknown, "is not a known field");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<ProjectSettings, ValidationError> {
        ProjectSettings::from_json(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_document_that_was_written_is_read_as_it_was() {
        let settings = ProjectSettings {
            timezone: Some(Zone::parse("Asia/Kathmandu").unwrap()),
            quota: Quota { events_per_second: Some(1), events_per_day: Some(1 << 39), names_per_field: None },
        };
        for settings in [settings, ProjectSettings::default()] {
            assert_eq!(read(&serde_json::to_string(&settings).unwrap()), Ok(settings));
        }
    }

    #[test]
    fn what_is_absent_has_its_default() {
        for json in ["{}", r#"{"quota":null,"timezone":null}"#, r#"{"quota":{}}"#] {
            assert_eq!(read(json), Ok(ProjectSettings::default()), "{json}");
        }
    }

    #[test]
    fn every_faulty_field_is_named() {
        let json = r#"{"timezone":"Mars","colour":1,"quota":{"events_per_second":0,"events_per_day":1.5,
            "names_per_field":"many","x":1}}"#;
        let error = read(json).unwrap_err();
        let mut fields: Vec<_> = error.errors().iter().map(|error| error.field.as_ref()).collect();
        fields.sort_unstable();
        assert_eq!(
            fields,
            [
                "colour",
                "quota.events_per_day",
                "quota.events_per_second",
                "quota.names_per_field",
                "quota.x",
                "timezone"
            ]
        );
        assert!(read("[]").is_err() && read(r#"{"quota":1}"#).is_err() && read(r#"{"timezone":1}"#).is_err());
    }
}
