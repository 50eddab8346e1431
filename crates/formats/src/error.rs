//! Why bytes are no events.

use std::io;

use domain::{Rule, ValidationError};

/// Why an item is no event, or a text no text of events. The words go on after the item's or the text's name.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The item is JSON, but no object.
    #[error("must be a JSON object")]
    NotAnObject,
    /// The text is JSON, but no array.
    #[error("must be a JSON array of events")]
    NotAnArray,
    /// The item, or the text, is not JSON, for this reason.
    #[error("is not valid JSON: {0}")]
    MalformedJson(String),
    /// The item is not UTF-8.
    #[error("is not valid UTF-8")]
    NotUtf8,
    /// The item does not have the columns of the header.
    #[error("has {found} columns instead of {expected}")]
    Columns {
        /// How many it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// The item is longer than so many bytes.
    #[error("is longer than {0} bytes")]
    TooLong(usize),
    /// The text does not begin with these columns.
    #[error("the header must be {}", .0.join(","))]
    Header(&'static [&'static str]),
    /// Fields of the item break rules.
    #[error(transparent)]
    Invalid(#[from] ValidationError),
    /// The text cannot be read to its end; try again from its beginning.
    #[error("cannot be read: {0}")]
    Unreadable(#[source] io::Error),
}

impl FormatError {
    /// The same as faults of fields: what is no fault of a single one goes under the name of the whole.
    #[must_use]
    pub fn into_faults(self, whole: &'static str) -> ValidationError {
        let rule = match self {
            Self::Invalid(error) => return error,
            Self::NotAnObject | Self::NotAnArray => Rule::Type,
            _ => Rule::Format,
        };
        ValidationError::new(whole, rule, self.to_string())
    }
}
