//! What a reader hands out.

use std::fmt;

use domain::{EventDraft, RequestEvent};

use crate::FormatError;

/// Where an item stands in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In an array, so many elements after the first.
    Element(u64),
    /// On this line, from 1 on; where it has several, the first of them.
    Line(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(index) => write!(f, "element {index}"),
            Self::Line(number) => write!(f, "line {number}"),
        }
    }
}

/// One item of a text: what should be an event.
#[derive(Debug)]
pub struct Item<'a> {
    /// Where it stands.
    pub place: Place,
    /// What was read there, not checked yet; or why nothing can be.
    pub draft: Result<EventDraft<'a>, FormatError>,
}

impl Item<'_> {
    /// The verdict: the event, all of whose fields are checked.
    ///
    /// # Errors
    /// Why it is none; where fields are faulty, every one of them.
    pub fn event(self) -> Result<RequestEvent, FormatError> {
        Ok(RequestEvent::try_from(self.draft?)?)
    }
}
