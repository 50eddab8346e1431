//! What the tables share: one good event, and verdicts as short texts.

use formats::{FormatError, Item};

/// A sound event of this endpoint.
pub(crate) fn event(endpoint: &str) -> String {
    format!(
        r#"{{"created_at":"2025-08-20T12:00:00Z","method":"GET","endpoint":"{endpoint}","process_time":1.5,"status_code":200}}"#
    )
}

/// The verdict: the event's endpoint, the names and rules of the faulty fields, or the fault of the whole.
pub(crate) fn verdict(item: Item<'_>) -> String {
    match item.event() {
        Ok(event) => event.endpoint().to_owned(),
        Err(FormatError::Invalid(error)) => {
            let faults =
                error.errors().iter().map(|error| format!("{}.{}", error.field, error.code.as_str()));
            faults.collect::<Vec<_>>().join(" ")
        }
        Err(error) => format!("! {error}"),
    }
}

/// The verdict with its place before it.
pub(crate) fn placed(item: Item<'_>) -> String {
    let place = item.place;
    format!("{place}: {}", verdict(item))
}
