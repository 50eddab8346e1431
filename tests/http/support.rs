//! Events and comparisons that several modules need. Not for anything that talks to the service.

use std::io::Write;

use serde_json::{Value, json};

/// A plain event that the service accepts.
pub(crate) fn event() -> Value {
    json!({
        "created_at": "2025-08-20T12:00:00Z",
        "method": "GET",
        "endpoint": "/users",
        "ip": "192.0.2.1",
        "process_time": 12.5,
        "status_code": 200,
    })
}

/// The plain event with other values for some fields; `null` stays `null`.
pub(crate) fn event_with(changes: &Value) -> Value {
    let mut event = event();
    for (name, value) in changes.as_object().expect("an object of changes") {
        event[name] = value.clone();
    }
    event
}

/// The plain event without one field.
pub(crate) fn event_without(field: &str) -> Value {
    let mut event = event();
    event.as_object_mut().expect("an object").remove(field);
    event
}

/// An instant as served, without the ways of writing that mean the same: `Z`, trailing zeros.
pub(crate) fn instant(value: &Value) -> String {
    let text = value.as_str().expect("an instant");
    let text = text.trim_end_matches('Z').trim_end_matches("+00:00");
    match text.split_once('.') {
        Some((whole, fraction)) => {
            let fraction = fraction.trim_end_matches('0');
            let dot = if fraction.is_empty() { "" } else { "." };
            format!("{whole}{dot}{fraction}")
        }
        None => text.to_owned(),
    }
}

/// The texts of one field of a list of objects.
pub(crate) fn texts(list: &[Value], field: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in list {
        texts.push(entry[field].as_str().unwrap_or_default().to_owned());
    }
    texts
}

/// Plain events of the endpoints `/0`, `/1`, …
pub(crate) fn events(count: usize) -> Vec<Value> {
    (0..count).map(|number| event_with(&json!({"endpoint": format!("/{number}")}))).collect()
}

/// One JSON value a line.
pub(crate) fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

/// The bytes, compressed.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}
