//! The two forms of a batch: a JSON array, or one JSON object a line.

use std::fmt;

use domain::{Rule, ValidationError};
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::checked::Checked;
use super::error::BatchError;

/// Takes the elements of a JSON array. The array must be sound JSON; what is wrong with one element alone is
/// that element's fault.
pub(super) fn array(bytes: &[u8], batch: &mut Checked) -> Result<(), BatchError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let mut limit = None;
    let read = Array { batch, limit: &mut limit }.deserialize(&mut json).and_then(|()| json.end());
    if let Some(problem) = limit {
        return Err(problem);
    }
    read.map_err(|error| {
        if error.classify() == serde_json::error::Category::Data {
            ValidationError::new("body", Rule::Type, "must be a JSON array of events").into()
        } else {
            BatchError::MalformedJson(error.to_string())
        }
    })
}

/// Takes one event a line. Blank lines do not count.
pub(super) fn lines(bytes: &[u8], batch: &mut Checked) -> Result<(), BatchError> {
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if !line.is_empty() {
            batch.push(line)?;
        }
    }
    Ok(())
}

/// Hands each element to the batch as it stands in the text.
struct Array<'b> {
    batch: &'b mut Checked,
    /// Why reading stopped early.
    limit: &'b mut Option<BatchError>,
}

impl<'de> DeserializeSeed<'de> for Array<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Array<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element::<&RawValue>()? {
            if let Err(problem) = self.batch.push(element.get().as_bytes()) {
                *self.limit = Some(problem);
                return Err(serde::de::Error::custom("too many events"));
            }
        }
        Ok(())
    }
}
