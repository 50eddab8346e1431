//! Readers of API request events. Bytes in, drafts and verdicts out: no I/O of their own, no HTTP, no clock.
//!
//! Each reader hands out one [`Item`] after the other: where it stands ([`Place`]), and the [`EventDraft`] that was
//! read there, or why none can be. [`Item::event`] is the verdict: the checked event, or what is wrong with it. What is
//! wrong with one item alone does not touch the others; what makes the whole text unreadable ends it.
//!
//! | Reader | Reads | Holds in memory |
//! |---|---|---|
//! | [`json::draft`] | one event, a JSON object | nothing |
//! | [`json::array`] | a JSON array of events | nothing |
//! | [`ndjson::lines`] | one event a line | nothing |
//! | [`csv::Reader`] | CSV with a header, from any [`Read`](std::io::Read) | two buffers of fixed length |
//!
//! ```
//! use formats::{FormatError, ndjson};
//!
//! let text = br#"{"created_at": "2025-08-20T12:00:00Z", "method": "GET", "endpoint": "/a", "process_time": 1.5, "status_code": 200}
//! {"created_at": "2025-08-20T12:00:01Z", "method": "get", "endpoint": "/b", "process_time": 2, "status_code": 700}"#;
//! let verdicts: Vec<String> = ndjson::lines(text)
//!     .map(|item| {
//!         let place = item.place;
//!         match item.event() {
//!             Ok(event) => format!("{place}: {} {}", event.method().as_str(), event.endpoint()),
//!             Err(FormatError::Invalid(error)) => {
//!                 let fields: Vec<_> = error.errors().iter().map(|error| error.field.as_ref()).collect();
//!                 format!("{place}: refused for {}", fields.join(", "))
//!             }
//!             Err(error) => format!("{place}: {error}"),
//!         }
//!     })
//!     .collect();
//! assert_eq!(verdicts, ["line 1: GET /a", "line 2: refused for method, status_code"]);
//! ```
//!
//! Readers check nothing but the form: every rule about the fields of an event is in [`domain`].

pub mod csv;
mod error;
mod format;
mod item;
pub mod json;
pub mod ndjson;

pub use domain::EventDraft;
pub use error::FormatError;
pub use format::Format;
pub use item::{Item, Place};
