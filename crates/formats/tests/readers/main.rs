//! The readers, each with a table of what comes along in the real world, and laws that hold for every text.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "a test may panic")]

mod csv;
mod json;
mod laws;
mod ndjson;
mod support;
