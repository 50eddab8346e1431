//! JSON objects with a fixed list of fields, read field by field, so that one answer names every fault. For single
//! events, which come by the thousand, see `input`.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::input::missing;
use crate::{Checks, Document, Moment, Rule, Timestamp, ValidationError, Zone};

/// At most so many fields that are not known are named, and so many characters of each.
const MAX_REPORTED: usize = 10;
const MAX_REPORTED_CHARS: usize = 60;

/// A field that need not be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given<T> {
    /// It is not there, or it is faulty; the fault is noted.
    Absent,
    /// It is null.
    Null,
    /// It has this value.
    Value(T),
}

impl<T> Given<T> {
    /// The value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Absent | Self::Null => None,
            Self::Value(value) => Some(value),
        }
    }

    /// What a change makes of something that may be there or not: `None` leaves it as it is.
    pub fn change(self) -> Option<Option<T>> {
        match self {
            Self::Absent => None,
            Self::Null => Some(None),
            Self::Value(value) => Some(Some(value)),
        }
    }
}

/// A JSON object that is being read.
#[derive(Debug)]
pub struct Object {
    fields: Map<String, Value>,
    checks: Checks,
}

impl Object {
    /// The object of a body. Names that are repeated in it are faults.
    ///
    /// # Errors
    /// It is something else than an object.
    pub fn of(body: impl Into<Document>) -> Result<Self, ValidationError> {
        let mut checks = Checks::default();
        match body.into().into_value(&mut checks) {
            Value::Object(fields) => Ok(Self { fields, checks }),
            _ => Err(ValidationError::new("body", Rule::Type, "must be a JSON object")),
        }
    }

    /// A field that must be there.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&'static str, &Value) -> Result<T, ValidationError>,
    ) -> Option<T> {
        match self.fields.remove(name) {
            None | Some(Value::Null) => self.checks.take(Err(missing(name))),
            Some(value) => self.checks.take(parse(name, &value)),
        }
    }

    /// A field that need not be there.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&'static str, &Value) -> Result<T, ValidationError>,
    ) -> Given<T> {
        match self.fields.remove(name) {
            None => Given::Absent,
            Some(Value::Null) => Given::Null,
            Some(value) => self.checks.take(parse(name, &value)).map_or(Given::Absent, Given::Value),
        }
    }

    /// What was read, unless something was faulty or there are fields that nobody asked for.
    ///
    /// # Errors
    /// Every fault.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, ValidationError> {
        for name in self.fields.keys().take(MAX_REPORTED) {
            let name: String = name.chars().take(MAX_REPORTED_CHARS).collect();
            self.checks.fault(name, Rule::Unknown, "is not a known field");
        }
        self.checks.finish(value)
    }
}

/// The text of a field.
///
/// # Errors
/// It is something else than a string.
pub fn text<'v>(field: &'static str, value: &'v Value) -> Result<&'v str, ValidationError> {
    value.as_str().ok_or_else(|| ValidationError::new(field, Rule::Type, "must be a string"))
}

/// The texts of a field that is a list of at most `max`.
///
/// # Errors
/// It is something else than a list of so many strings.
pub fn texts<'v>(field: &'static str, value: &'v Value, max: usize) -> Result<Vec<&'v str>, ValidationError> {
    let fault = |rule, detail: String| ValidationError::new(field, rule, detail);
    let list = value.as_array().ok_or_else(|| fault(Rule::Type, "must be a list of strings".to_owned()))?;
    if list.len() > max {
        return Err(fault(Rule::Length, format!("must have at most {max} entries")));
    }
    list.iter().map(|value| text(field, value)).collect()
}

/// The instant of a field: RFC 3339, or a date, which means its start in UTC.
///
/// # Errors
/// It is no such text.
pub fn instant(field: &'static str, value: &Value) -> Result<Timestamp, ValidationError> {
    Moment::from_field(field, text(field, value)?).map(|moment| moment.first(Zone::UTC))
}

/// The integer of a field, within a range. `200.0` is an integer, as in JSON Schema.
///
/// # Errors
/// It is no such integer.
pub fn integer<T>(field: &'static str, value: &Value, range: RangeInclusive<T>) -> Result<T, ValidationError>
where
    T: TryFrom<i128> + PartialOrd + Display,
{
    let fault = |rule| {
        let detail = format!("must be an integer from {} to {}", range.start(), range.end());
        ValidationError::new(field, rule, detail)
    };
    let number = value.as_number().ok_or_else(|| fault(Rule::Type))?;
    #[expect(clippy::cast_possible_truncation, reason = "a float beyond i128 saturates")]
    let whole = |number: f64| (number.fract() == 0.0).then_some(number as i128);
    let number =
        number.as_i128().or_else(|| number.as_f64().and_then(whole)).ok_or_else(|| fault(Rule::Type))?;
    T::try_from(number).ok().filter(|number| range.contains(number)).ok_or_else(|| fault(Rule::Range))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_fault_is_named_at_once() {
        let mut object = Object::of(json!({"name": 1, "expires_at": "never", "colour": "red"})).unwrap();
        let name = object.required("name", |field, value| text(field, value).map(str::to_owned));
        let absent = object.required("scopes", |field, value| texts(field, value, 2).map(|list| list.len()));
        let expires_at = object.optional("expires_at", instant);
        assert_eq!((name.clone(), absent, expires_at), (None, None, Given::Absent));
        let error = object.finish(name).unwrap_err();
        let faults: Vec<_> = error.errors().iter().map(|error| (error.field.as_ref(), error.code)).collect();
        let expected = [
            ("name", Rule::Type),
            ("scopes", Rule::Missing),
            ("expires_at", Rule::Format),
            ("colour", Rule::Unknown),
        ];
        assert_eq!(faults, expected);
    }

    #[test]
    fn null_and_absent_are_told_apart() {
        let mut object = Object::of(json!({"a": null, "b": 5})).unwrap();
        let mut read = |name| object.optional(name, |field, value| integer(field, value, 1..=9)).change();
        assert_eq!((read("a"), read("b"), read("c")), (Some(None), Some(Some(5)), None));
        assert!(Object::of(json!([])).is_err());
    }

    #[test]
    fn integers_are_told_from_other_numbers_and_from_other_types() {
        let read = |value| integer::<u32>("n", &value, 1..=9).map_err(|error| error.errors()[0].code);
        assert_eq!((read(json!(9)), read(json!(9.0)), read(json!(1e0))), (Ok(9), Ok(9), Ok(1)));
        for value in [json!(0), json!(10), json!(-1), json!(u64::MAX), json!(i64::MIN), json!(1e300)] {
            assert_eq!(read(value.clone()), Err(Rule::Range), "{value}");
        }
        for value in [json!(1.5), json!("1"), json!(true), json!([1]), json!({})] {
            assert_eq!(read(value.clone()), Err(Rule::Type), "{value}");
        }
    }
}
