//! The settings of a project: one document, read and written as a whole.

use serde::Serialize;
use serde_json::Value;

use crate::object::{integer, text};
use crate::{Document, Object, Rule, ValidationError, Zone};

const MAX_PER_SECOND: u32 = 1_000_000;
const MAX_PER_DAY: u64 = 1_000_000_000_000;
const MAX_NAMES: u32 = 10_000_000;

/// What an owner sets for a project. The default changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), serde(deny_unknown_fields))]
pub struct ProjectSettings {
    /// IANA time zone of questions that name none; null: UTC.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = "time-zone", max_length = 64, example = "Europe/Berlin"))]
    pub timezone: Option<Zone>,
    /// What the project may take in.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Quota>))]
    pub quota: Quota,
}

/// What a project may take in; null: as much as comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), serde(deny_unknown_fields))]
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
    pub fn from_json(document: impl Into<Document>) -> Result<Self, ValidationError> {
        let mut object = Object::of(document)?;
        let timezone = object.optional("timezone", |field, value| Zone::parse(text(field, value)?)).value();
        let quota = object.optional("quota", quota).value().unwrap_or_default();
        object.finish(Some(Self { timezone, quota }))
    }
}

fn quota(_: &'static str, value: &Value) -> Result<Quota, ValidationError> {
    let Value::Object(fields) = value else {
        return Err(ValidationError::new("quota", Rule::Type, "must be an object or null"));
    };
    // Faults are named by their path.
    let path = |(name, value): (&String, &Value)| (format!("quota.{name}"), value.clone());
    let mut object = Object::of(fields.iter().map(path).collect::<Value>())?;
    let events_per_second =
        object.optional("quota.events_per_second", |field, value| integer(field, value, 1..=MAX_PER_SECOND));
    let events_per_day =
        object.optional("quota.events_per_day", |field, value| integer(field, value, 1..=MAX_PER_DAY));
    let names_per_field =
        object.optional("quota.names_per_field", |field, value| integer(field, value, 1..=MAX_NAMES));
    object.finish(Some(Quota {
        events_per_second: events_per_second.value(),
        events_per_day: events_per_day.value(),
        names_per_field: names_per_field.value(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<ProjectSettings, ValidationError> {
        ProjectSettings::from_json(serde_json::from_str::<Document>(json).unwrap())
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
        let error = read(r#"{"quota":{"events_per_day":1,"events_per_day":2}}"#).unwrap_err();
        assert_eq!(error.errors()[0].field, "quota.events_per_day");
        assert!(read("[]").is_err() && read(r#"{"quota":1}"#).is_err() && read(r#"{"timezone":1}"#).is_err());
    }
}
