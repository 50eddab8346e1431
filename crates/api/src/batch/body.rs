//! The bytes of a batch: read and inflated up to a limit.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::error::BatchError;
use super::options::Compression;

/// The bytes that the client compressed. Stops at the limit, however much more there would be.
pub(super) fn decoded(
    bytes: &[u8],
    compression: Compression,
    limit: usize,
) -> Result<Cow<'_, [u8]>, BatchError> {
    match compression {
        Compression::Identity => Ok(Cow::Borrowed(bytes)),
        Compression::Gzip => {
            let mut inflated = Vec::new();
            let one_more = (limit as u64).saturating_add(1);
            MultiGzDecoder::new(bytes)
                .take(one_more)
                .read_to_end(&mut inflated)
                .map_err(|error| BatchError::MalformedGzip(error.to_string()))?;
            if inflated.len() > limit {
                return Err(BatchError::TooLarge(limit));
            }
            Ok(Cow::Owned(inflated))
        }
    }
}
