//! Names that people give to what they make: projects, keys, links.

use serde::Serialize;
use serde_json::Value;

use crate::object::text;
use crate::{Rule, ValidationError};

/// A name: 1–60 characters, none of them a control character, no blanks at the ends. Names need not be unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 60;

    /// Checks a name that stands in a field.
    ///
    /// # Errors
    /// The rule that the text breaks.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, ValidationError> {
        let fault = |rule, detail| Err(ValidationError::new(field, rule, detail));
        if text.is_empty() || text.chars().nth(Self::MAX_CHARS).is_some() {
            return fault(Rule::Length, "must be 1 to 60 characters long");
        }
        if text.chars().any(char::is_control) {
            return fault(Rule::Format, "must not contain control characters");
        }
        if text.trim() != text {
            return fault(Rule::Format, "must not begin or end with blanks");
        }
        Ok(Self(text.to_owned()))
    }

    /// Checks the name in a field of a JSON object.
    ///
    /// # Errors
    /// It is no string, or the text breaks a rule.
    pub fn from_field(field: &'static str, value: &Value) -> Result<Self, ValidationError> {
        Self::parse(field, text(field, value)?)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_characters_and_refuses_what_cannot_be_seen() {
        assert!(Name::parse("name", &"ж".repeat(60)).is_ok());
        for text in [&"ж".repeat(61), "", " a", "a ", "a\nb", "a\0"] {
            assert!(Name::parse("name", text).is_err(), "{text:?}");
        }
    }
}
