//! Untrusted input before it is checked: JSON objects of scalars, and query parameters.
//!
//! Objects are read leniently (any type in any field), so that checking can name every faulty field.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::{Checks, Rule, ValidationError};

/// A JSON value without its inside: what a flat field may hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Scalar<'a> {
    /// The field is not there.
    #[default]
    Absent,
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// An integer of 64 bits.
    Integer(i128),
    /// Any other number; integers beyond 64 bits come here too.
    Float(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// A list or an object.
    Nested,
}

impl<'a> Scalar<'a> {
    /// Text that outlives the value.
    #[must_use]
    pub const fn borrowed(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// The text of a required field.
    ///
    /// # Errors
    /// The field is absent, null or not a string.
    pub fn text(&self, field: &'static str) -> Result<&str, ValidationError> {
        self.optional_text(field)?.ok_or_else(|| missing(field))
    }

    /// The text of an optional field; null counts as absent.
    ///
    /// # Errors
    /// The field is something else than a string.
    pub fn optional_text(&self, field: &'static str) -> Result<Option<&str>, ValidationError> {
        match self {
            Self::Absent | Self::Null => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            _ => Err(ValidationError::new(field, Rule::Type, "must be a string")),
        }
    }

    /// The number of a required field.
    ///
    /// # Errors
    /// The field is absent, null or not a number.
    pub fn number(&self, field: &'static str) -> Result<f64, ValidationError> {
        match self {
            Self::Absent | Self::Null => Err(missing(field)),
            // Exact for all numbers that any field admits.
            #[expect(clippy::cast_precision_loss, reason = "limits of fields lie far below 2^53")]
            Self::Integer(number) => Ok(*number as f64),
            Self::Float(number) => Ok(*number),
            _ => Err(ValidationError::new(field, Rule::Type, "must be a number")),
        }
    }

    /// The integer of an optional field; null counts as absent. `200.0` is an integer, as in JSON Schema.
    ///
    /// # Errors
    /// The field is something else than an integer.
    pub fn optional_integer(&self, field: &'static str) -> Result<Option<i128>, ValidationError> {
        match self {
            Self::Absent | Self::Null => Ok(None),
            Self::Integer(number) => Ok(Some(*number)),
            #[expect(clippy::cast_possible_truncation, reason = "a float beyond i128 saturates")]
            Self::Float(number) if number.fract() == 0.0 => Ok(Some(*number as i128)),
            _ => Err(ValidationError::new(field, Rule::Type, "must be an integer")),
        }
    }
}

/// The error of a required field that is not there.
pub(crate) fn missing(field: &'static str) -> ValidationError {
    ValidationError::new(field, Rule::Missing, "is required")
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Float(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nested)
    }
}

/// At most so many unknown or repeated names of one object are reported.
const MAX_REPORTED_NAMES: usize = 10;
/// At most so many characters of a reported name.
const MAX_REPORTED_CHARS: usize = 60;

/// Names of an object that are not known, or are repeated: the first few of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct WrongNames(Vec<(String, Rule)>);

impl WrongNames {
    /// Notes a name and what is wrong with it.
    pub(crate) fn note(&mut self, name: &str, rule: Rule) {
        if self.0.len() < MAX_REPORTED_NAMES {
            self.0.push((name.chars().take(MAX_REPORTED_CHARS).collect(), rule));
        }
    }

    /// Makes faults of them.
    pub(crate) fn report(self, checks: &mut Checks) {
        for (name, rule) in self.0 {
            let detail = if rule == Rule::Duplicate { "is given twice" } else { "is not a known field" };
            checks.fault(name, rule, detail);
        }
    }
}

/// What an object with a fixed list of names is read into.
pub(crate) trait Slots<'a> {
    /// The place of the field of that name, if it is known.
    fn slot(&mut self, name: &str) -> Option<&mut Scalar<'a>>;
    /// Where wrong names are noted.
    fn wrong_names(&mut self) -> &mut WrongNames;
}

/// Reads an object into `slots`: of a field that is repeated the first value, and of one that is not known none. In
/// place, since a draft is large and would be copied at each step of the way out.
///
/// # Errors
/// Those of the deserializer; also when the value is no object.
pub(crate) fn object<'de, T: Slots<'de>, D: Deserializer<'de>>(
    slots: &mut T,
    deserializer: D,
) -> Result<(), D::Error> {
    deserializer.deserialize_map(ObjectVisitor(slots))
}

struct ObjectVisitor<'s, T>(&'s mut T);

impl<'de, T: Slots<'de>> Visitor<'de> for ObjectVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(name) = entries.next_key_seed(NameSeed)? {
            let rule = match self.0.slot(&name) {
                Some(slot) if matches!(slot, Scalar::Absent) => {
                    *slot = entries.next_value()?;
                    continue;
                }
                Some(_) => Rule::Duplicate,
                None => Rule::Unknown,
            };
            entries.next_value::<IgnoredAny>()?;
            self.0.wrong_names().note(&name, rule);
        }
        Ok(())
    }
}

/// A field's name, borrowed where the JSON has no escapes in it.
struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match deserializer.deserialize_str(ScalarVisitor)? {
            Scalar::Text(text) => Ok(text),
            _ => Ok(Cow::Borrowed("")),
        }
    }
}

/// Query parameters. Of a repeated one the last counts, unless all of its values are asked for. Unknown ones are
/// ignored.
#[derive(Debug, Clone, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter, in their order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same parameters and these, too.
    #[must_use]
    pub fn with(mut self, more: impl IntoIterator<Item = (String, String)>) -> Self {
        self.0.extend(more);
        self
    }

    /// The value of a parameter, read by `parse`.
    ///
    /// # Errors
    /// The parameter is there and `parse` refuses it.
    pub fn read<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&'static str, &str) -> Result<T, ValidationError>,
    ) -> Result<Option<T>, ValidationError> {
        self.get(name).map(|text| parse(name, text)).transpose()
    }
}

impl FromIterator<(String, String)> for Params {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}
