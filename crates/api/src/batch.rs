//! Batches of events: their encodings, their limits, and a verdict for each event. Not for storing them: see
//! `ingest`.

mod body;
mod checked;
mod error;
mod memory;
mod options;
mod read;

pub(crate) use body::BatchBytes;
pub(crate) use checked::{Checked, Refusal, RefusedEvent};
pub(crate) use error::BatchError;
pub(crate) use memory::Memory;
pub(crate) use options::{BodyHash, Compression, Limits, Options};
pub(crate) use read::read;
