//! From the bytes of a batch to its checked events.

use std::sync::Arc;

use formats::Format;

use super::body::BatchBytes;
use super::checked::Checked;
use super::error::BatchError;
use super::options::{BodyHash, Options};
use crate::quota::KnownNames;

/// Reads a body as it came over the wire. Runs long: not on a thread that serves connections.
pub(crate) fn read(
    body: BatchBytes,
    options: &Options,
    max_events: usize,
    names: Option<Arc<KnownNames>>,
) -> Result<(Checked, BodyHash), BatchError> {
    let body = body.decoded(options.compression)?;
    let bytes = body.bytes();
    let mut batch = Checked::of_at_most(max_events, names);
    let format = options.format.unwrap_or_else(|| Format::guess(bytes));
    if let Err(error) = format.read(bytes, |item| batch.push(item)) {
        batch.names.withdraw();
        return Err(error);
    }
    let hash = if options.name.is_some() { options.body_hash(bytes) } else { [0; 32] };
    Ok((batch, hash))
}
