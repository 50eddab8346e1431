//! What is wrong with an input: which field, which rule, in which words.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

/// The rule that an input breaks. Clients may branch on it; the words of the detail may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A required field is absent or null.
    Missing,
    /// The field is not known here.
    Unknown,
    /// The field is given more than once.
    Duplicate,
    /// The value has the wrong JSON type.
    Type,
    /// The text does not have the form it must have.
    Format,
    /// The text is too short or too long.
    Length,
    /// The value lies outside its range.
    Range,
    /// The value is new, and the project has as many different ones as it may have.
    Quota,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 8] = [
        Self::Missing,
        Self::Unknown,
        Self::Duplicate,
        Self::Type,
        Self::Format,
        Self::Length,
        Self::Range,
        Self::Quota,
    ];

    /// The rule's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unknown => "unknown",
            Self::Duplicate => "duplicate",
            Self::Type => "type",
            Self::Format => "format",
            Self::Length => "length",
            Self::Range => "range",
            Self::Quota => "quota",
        }
    }
}

/// One faulty field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field's name on the wire.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "status_code"))]
    pub field: Cow<'static, str>,
    /// The rule it breaks.
    pub code: Rule,
    /// The same in words.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "must be an integer from 100 to 599"))]
    pub detail: Cow<'static, str>,
}

/// Every faulty field of an input; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ValidationError {
    errors: Vec<FieldError>,
}

impl ValidationError {
    /// An error in a single field.
    pub fn new(
        field: impl Into<Cow<'static, str>>,
        code: Rule,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { errors: vec![FieldError { field: field.into(), code, detail: detail.into() }] }
    }

    /// The faulty fields.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// The faulty fields, to keep.
    #[must_use]
    pub fn into_errors(self) -> Vec<FieldError> {
        self.errors
    }
}

impl fmt::Display for ValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, error) in self.errors.iter().enumerate() {
            let separator = if place == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", error.field, error.detail)?;
        }
        Ok(())
    }
}

/// Collects the errors of several fields, so that one answer names all of them.
#[derive(Debug, Default)]
pub struct Checks {
    errors: Vec<FieldError>,
}

impl Checks {
    /// Keeps the value, or notes what is wrong with it.
    pub fn take<T>(&mut self, checked: Result<T, ValidationError>) -> Option<T> {
        checked.map_err(|error| self.errors.extend(error.errors)).ok()
    }

    /// Notes a fault that no single value shows.
    pub fn fault(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        code: Rule,
        detail: impl Into<Cow<'static, str>>,
    ) {
        self.errors.push(FieldError { field: field.into(), code, detail: detail.into() });
    }

    /// The value, if nothing was wrong.
    ///
    /// # Errors
    /// All faults noted so far; also if the value itself is absent, which only a fault can have caused.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, ValidationError> {
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(ValidationError { errors: self.errors }),
        }
    }
}
