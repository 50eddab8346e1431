//! The JSON wire form: one event, or an array of them.

use std::fmt;

use domain::EventDraft;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::{FormatError, Item, Place};

/// Reads one event, which borrows from the bytes what it can.
///
/// # Errors
/// The bytes are not JSON, no object, or hold what no event can be read from, such as `1e999` or half a surrogate pair.
pub fn draft(bytes: &[u8]) -> Result<EventDraft<'_>, FormatError> {
    item(serde_json::Deserializer::from_slice(bytes))
}

/// Reads an array and hands out its elements in their order. The array must be sound JSON; what is wrong with one
/// element alone is that element's fault. Elements are handed out before the rest is read: when the text turns out to
/// be unsound, they have been.
///
/// # Errors
/// The bytes are not JSON, or no array; or what `each` gave back, which ends the reading.
pub fn array<'a, E: From<FormatError>>(
    bytes: &'a [u8],
    each: impl FnMut(Item<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let mut stopped = None;
    let read = Elements { each, stopped: &mut stopped }.deserialize(&mut json).and_then(|()| json.end());
    if let Some(error) = stopped {
        return Err(error);
    }
    read.map_err(|error| {
        let error = match error.classify() {
            Category::Data => FormatError::NotAnArray,
            _ => FormatError::MalformedJson(error.to_string()),
        };
        error.into()
    })
}

fn item<'a, R: serde_json::de::Read<'a>>(
    mut json: serde_json::Deserializer<R>,
) -> Result<EventDraft<'a>, FormatError> {
    let mut draft = EventDraft::default();
    match (&mut draft).deserialize(&mut json).and_then(|()| json.end()) {
        Ok(()) => Ok(draft),
        Err(error) if error.classify() == Category::Data => Err(FormatError::NotAnObject),
        Err(error) => Err(FormatError::MalformedJson(error.to_string())),
    }
}

/// Hands out each element as it stands in the text.
struct Elements<'s, F, E> {
    each: F,
    /// What `each` gave back when it had enough.
    stopped: &'s mut Option<E>,
}

impl<'de, F: FnMut(Item<'de>) -> Result<(), E>, E> DeserializeSeed<'de> for Elements<'_, F, E> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(Item<'de>) -> Result<(), E>, E> Visitor<'de> for Elements<'_, F, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        let mut index = 0;
        while let Some(element) = elements.next_element::<&RawValue>()? {
            // Sound UTF-8, which need not be looked at once more.
            let draft = item(serde_json::Deserializer::from_str(element.get()));
            if let Err(error) = (self.each)(Item { place: Place::Element(index), draft }) {
                *self.stopped = Some(error);
                return Err(serde::de::Error::custom("enough"));
            }
            index += 1;
        }
        Ok(())
    }
}
