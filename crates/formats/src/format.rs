//! The forms that a text of events in memory can have.

use crate::{FormatError, Item, json, ndjson};

/// The form of a text of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A JSON array.
    JsonArray,
    /// One JSON object a line.
    Ndjson,
}

impl Format {
    /// The form that the first byte suggests: lines begin with an object, and everything else should be an array.
    #[must_use]
    pub fn guess(bytes: &[u8]) -> Self {
        match bytes.trim_ascii_start().first() {
            Some(b'{') => Self::Ndjson,
            _ => Self::JsonArray,
        }
    }

    /// Reads a text of this form and hands out its items in their order.
    ///
    /// # Errors
    /// The text as a whole is none of this form, or what `each` gave back, which ends the reading.
    pub fn read<'a, E: From<FormatError>>(
        self,
        bytes: &'a [u8],
        mut each: impl FnMut(Item<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Self::JsonArray => json::array(bytes, each),
            Self::Ndjson => ndjson::lines(bytes).try_for_each(&mut each),
        }
    }
}
