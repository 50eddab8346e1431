//! JSON documents as they came, with the names that they repeat: JSON leaves open what a repeated name means, and each
//! reader would take another one for the right one. For single events, which come by the thousand, see `input`.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::{Checks, Rule};

/// At most so many repeated names are reported, and so many characters of each.
const MAX_REPORTED: usize = 10;
const MAX_REPORTED_CHARS: usize = 60;

/// A JSON value, and the names that are repeated in one of its objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    value: Value,
    repeated: Vec<String>,
}

impl Document {
    /// The value; of what is repeated, the last. Each repeated name is noted as a fault, by its path such as
    /// `quota.events_per_day`.
    pub(crate) fn into_value(self, checks: &mut Checks) -> Value {
        for path in self.repeated {
            checks.fault(path, Rule::Duplicate, "is given twice");
        }
        self.value
    }
}

impl From<Value> for Document {
    /// A value that was read before, in which nothing is repeated.
    fn from(value: Value) -> Self {
        Self { value, repeated: Vec::new() }
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut repeated = Vec::new();
        let value = Place { path: "", repeated: &mut repeated }.deserialize(deserializer)?;
        Ok(Self { value, repeated })
    }
}

/// Where in the document a value stands.
struct Place<'p> {
    path: &'p str,
    repeated: &'p mut Vec<String>,
}

impl Place<'_> {
    fn below(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn note(&mut self, path: &str) {
        if self.repeated.len() < MAX_REPORTED {
            self.repeated.push(path.chars().take(MAX_REPORTED_CHARS).collect());
        }
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        let number = Number::from_f64(number).ok_or_else(|| E::custom("number out of range"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) =
            items.next_element_seed(Place { path: self.path, repeated: &mut *self.repeated })?
        {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let path = self.below(&name);
            let value = entries.next_value_seed(Place { path: &path, repeated: &mut *self.repeated })?;
            if fields.insert(name, value).is_some() {
                self.note(&path);
            }
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: &str) -> (Value, Vec<(String, Rule)>) {
        let mut checks = Checks::default();
        let value = serde_json::from_str::<Document>(json).unwrap().into_value(&mut checks);
        let errors = checks.finish(None::<()>).unwrap_err().into_errors();
        (value, errors.into_iter().map(|error| (error.field.into_owned(), error.code)).collect())
    }

    #[test]
    fn values_are_those_that_stand_there() {
        let text =
            r#"{"a": [null, true, -1, 18446744073709551615, 1.5, "x\u0000\n"], "b": {"a": {}}, "": []}"#;
        assert_eq!(read(text), (serde_json::from_str(text).unwrap(), Vec::new()));
        assert!(serde_json::from_str::<Document>("1e999").is_err());
        assert!(serde_json::from_str::<Document>(&"[".repeat(1000)).is_err());
    }

    #[test]
    fn repeated_names_are_named_by_their_path() {
        let (value, faults) =
            read(r#"{"a": 1, "q": {"x": 1, "x": 2}, "l": [{"y": 1, "y": 1}], "\u0061": 3}"#);
        assert_eq!(value, json!({"a": 3, "q": {"x": 2}, "l": [{"y": 1}]}));
        let expected = ["q.x", "l.y", "a"].map(|name| (name.to_owned(), Rule::Duplicate));
        assert_eq!(faults, expected);
    }

    #[test]
    fn few_and_short_names_are_reported() {
        let name = "n".repeat(1000);
        let many: Vec<_> = (0..100).map(|_| format!("\"{name}\":1")).collect();
        let (_, faults) = read(&format!("{{{}}}", many.join(",")));
        assert_eq!(faults.len(), MAX_REPORTED);
        assert!(faults.iter().all(|(name, _)| name.len() == MAX_REPORTED_CHARS));
    }
}
