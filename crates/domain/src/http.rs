//! Vocabulary of HTTP: request methods, status codes and their meaning for error rates.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::{Rule, ValidationError};

/// A request method of RFC 9110, section 9.3, or RFC 5789 (`PATCH`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Method {
    /// `CONNECT`
    Connect,
    /// `DELETE`
    Delete,
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `OPTIONS`
    Options,
    /// `PATCH`
    Patch,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `TRACE`
    Trace,
}

impl Method {
    /// Every method, in alphabetical order; a method's place here is its [`code`](Self::code).
    pub const ALL: [Self; 9] = [
        Self::Connect,
        Self::Delete,
        Self::Get,
        Self::Head,
        Self::Options,
        Self::Patch,
        Self::Post,
        Self::Put,
        Self::Trace,
    ];

    /// The upper-case name, as it stands in a request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Trace => "TRACE",
        }
    }

    /// A small stable number, for columns; below `ALL.len()`.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The method with this [`code`](Self::code).
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// A method by its name, with the error of the named field.
    pub(crate) fn from_field(field: &'static str, text: &str) -> Result<Self, ValidationError> {
        text.parse().map_err(|()| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            ValidationError::new(field, Rule::Format, format!("must be one of {names}, in upper case"))
        })
    }
}

impl FromStr for Method {
    type Err = ();

    /// Exact upper case only: methods are case-sensitive.
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|method| method.as_str() == text).ok_or(())
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A status code of 100–599.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct StatusCode(u16);

impl StatusCode {
    /// The lowest code.
    pub const MIN: u16 = 100;
    /// The highest code.
    pub const MAX: u16 = 599;

    /// The code, if it is one.
    #[must_use]
    pub fn new(code: u16) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&code).then_some(Self(code))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Whether it counts as an error: 400–599.
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.0 >= 400
    }
}

impl StatusCode {
    /// What kind of answer it is.
    #[must_use]
    pub const fn class(self) -> StatusClass {
        match self.0 {
            ..200 => StatusClass::Informational,
            200..300 => StatusClass::Success,
            300..400 => StatusClass::Redirection,
            400..500 => StatusClass::ClientError,
            500.. => StatusClass::ServerError,
        }
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A class of status codes (RFC 9110, section 15): their first digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusClass {
    /// 100–199
    Informational,
    /// 200–299
    Success,
    /// 300–399
    Redirection,
    /// 400–499: the client's fault
    ClientError,
    /// 500–599: the server's fault
    ServerError,
}

impl StatusClass {
    /// Every class, by number.
    pub const ALL: [Self; 5] =
        [Self::Informational, Self::Success, Self::Redirection, Self::ClientError, Self::ServerError];

    /// The name on the wire: `1xx` to `5xx`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "1xx",
            Self::Success => "2xx",
            Self::Redirection => "3xx",
            Self::ClientError => "4xx",
            Self::ServerError => "5xx",
        }
    }
}

impl fmt::Display for StatusClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_methods_are_their_places() {
        for (place, method) in Method::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(method.code()), place);
            assert_eq!(Method::from_code(method.code()), Some(method));
            assert_eq!(method.as_str().parse(), Ok(method));
        }
        assert_eq!(Method::from_code(9), None);
    }

    #[test]
    fn refuses_methods_in_lower_case_and_codes_out_of_range() {
        assert_eq!("get".parse::<Method>(), Err(()));
        assert_eq!(StatusCode::new(99), None);
        assert_eq!(StatusCode::new(600), None);
        assert!(StatusCode::new(400).is_some_and(StatusCode::is_error));
        assert!(!StatusCode::new(399).is_some_and(StatusCode::is_error));
    }

    #[test]
    fn classes_go_by_the_first_digit() {
        for code in (StatusCode::MIN..=StatusCode::MAX).filter_map(StatusCode::new) {
            assert_eq!(code.class().as_str(), format!("{}xx", code.get() / 100));
        }
    }
}
