//! Accounts and their credentials.

use std::fmt;

use serde::{Deserialize, Deserializer};

use crate::input::{self, Slots, WrongNames};
use crate::{Checks, Rule, Scalar, ValidationError};

/// An account's name: 1–30 characters, none of them a control character, no blanks at the ends. Compared
/// exactly.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 30;

    /// Checks a name.
    ///
    /// # Errors
    /// The rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, ValidationError> {
        let fault = |rule, detail| Err(ValidationError::new("username", rule, detail));
        if text.is_empty() || text.chars().nth(Self::MAX_CHARS).is_some() {
            return fault(Rule::Length, "must be 1 to 30 characters long");
        }
        if text.chars().any(char::is_control) {
            return fault(Rule::Format, "must not contain control characters");
        }
        if text.trim() != text {
            return fault(Rule::Format, "must not begin or end with blanks");
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A password in clear text: 8–71 bytes of UTF-8, since bcrypt reads no more. Never shown by `Debug`.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Checks a new password.
    ///
    /// # Errors
    /// The text is too short or too long.
    pub fn parse(text: &str) -> Result<Self, ValidationError> {
        Self::parse_field("password", text)
    }

    /// Checks a new password that stands in a field of another name.
    ///
    /// # Errors
    /// The text is too short or too long.
    pub fn parse_field(field: &'static str, text: &str) -> Result<Self, ValidationError> {
        if (8..=71).contains(&text.len()) {
            return Ok(Self(text.to_owned()));
        }
        Err(ValidationError::new(field, Rule::Length, "must be 8 to 71 bytes of UTF-8 long"))
    }

    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Name and password of a new account.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The name.
    pub username: Username,
    /// The password.
    pub password: Password,
}

/// The wire form of [`Credentials`]: any value in any field.
#[derive(Default)]
pub struct CredentialsInput<'a> {
    username: Scalar<'a>,
    password: Scalar<'a>,
    wrong_names: WrongNames,
}

impl<'a> Slots<'a> for CredentialsInput<'a> {
    fn slot(&mut self, name: &str) -> Option<&mut Scalar<'a>> {
        match name {
            "username" => Some(&mut self.username),
            "password" => Some(&mut self.password),
            _ => None,
        }
    }

    fn wrong_names(&mut self) -> &mut WrongNames {
        &mut self.wrong_names
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for CredentialsInput<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut input = CredentialsInput::default();
        input::object(&mut input, deserializer)?;
        Ok(input)
    }
}

impl TryFrom<CredentialsInput<'_>> for Credentials {
    type Error = ValidationError;

    fn try_from(input: CredentialsInput<'_>) -> Result<Self, ValidationError> {
        let mut checks = Checks::default();
        input.wrong_names.report(&mut checks);
        let username = checks.take(input.username.text("username").and_then(Username::parse));
        let password = checks.take(input.password.text("password").and_then(Password::parse));
        let credentials = username.zip(password);
        checks.finish(credentials.map(|(username, password)| Self { username, password }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_names_in_characters_and_passwords_in_bytes() {
        assert!(Username::parse(&"ж".repeat(30)).is_ok());
        assert!(Username::parse(&"ж".repeat(31)).is_err());
        assert!(Password::parse(&"ж".repeat(35)).is_ok());
        assert!(Password::parse(&"ж".repeat(36)).is_err());
        assert!(Password::parse("1234567").is_err());
    }

    #[test]
    fn refuses_names_that_look_like_others() {
        for name in ["", " a", "a ", "a\u{a0}", "a\0", "a\nb"] {
            assert!(Username::parse(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn names_every_faulty_field() {
        let input: CredentialsInput = serde_json::from_str(r#"{"username":1,"x":2}"#).unwrap();
        let error = Credentials::try_from(input).unwrap_err();
        let fields: Vec<_> = error.errors().iter().map(|error| error.field.as_ref()).collect();
        assert_eq!(fields, ["x", "username", "password"]);
    }

    #[test]
    fn does_not_show_passwords() {
        let password = Password::parse("correct horse").unwrap();
        assert_eq!(format!("{password:?}"), "Password(…)");
    }
}
