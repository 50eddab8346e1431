//! The bytes of a batch: collected and inflated up to a limit, in memory that is accounted for.

use std::io::Read;

use domain::ProjectId;
use flate2::read::MultiGzDecoder;

use super::error::BatchError;
use super::memory::{Memory, Share};
use super::options::Compression;

/// Memory is taken in pieces of at least so much.
const PIECE_BYTES: usize = 4 << 10;

/// The body of a batch, as much of it as has come.
pub(crate) struct BatchBytes {
    bytes: Vec<u8>,
    limit_bytes: usize,
    share: Share,
}

impl BatchBytes {
    /// An empty one that may become so long.
    pub(crate) fn new(memory: &Memory, project: ProjectId, limit_bytes: usize) -> Self {
        Self { bytes: Vec::new(), limit_bytes, share: memory.share(project) }
    }

    /// Adds what has come.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), BatchError> {
        let length = self.bytes.len().saturating_add(piece.len());
        if length > self.limit_bytes {
            return Err(BatchError::TooLarge(self.limit_bytes));
        }
        let capacity = self.bytes.capacity();
        if length > capacity {
            // Twice as much, that it need not be copied for each piece; what is needed, if there is no more.
            let ample = capacity.saturating_mul(2).max(PIECE_BYTES).clamp(length, self.limit_bytes);
            let capacity = match self.share.grow(ample - capacity) {
                Ok(()) => ample,
                Err(_) => self.share.grow(length - capacity).map(|()| length)?,
            };
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the client compressed. Stops at the limit, however much more there would be.
    pub(super) fn decoded(self, compression: Compression) -> Result<Self, BatchError> {
        if compression == Compression::Identity {
            return Ok(self);
        }
        let mut inflated =
            Self { bytes: Vec::new(), limit_bytes: self.limit_bytes, share: self.share.sibling() };
        let mut decoder = MultiGzDecoder::new(self.bytes.as_slice());
        let mut piece = [0; 16 << 10];
        loop {
            let length =
                decoder.read(&mut piece).map_err(|error| BatchError::MalformedGzip(error.to_string()))?;
            if length == 0 {
                return Ok(inflated);
            }
            inflated.push(piece.get(..length).unwrap_or_default())?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;

    use super::*;

    const PROJECT: ProjectId = ProjectId(1);

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn body(memory: &Memory, limit_bytes: usize, bytes: &[u8]) -> BatchBytes {
        let mut body = BatchBytes::new(memory, PROJECT, limit_bytes);
        body.push(bytes).unwrap();
        body
    }

    #[test]
    fn takes_what_has_come_and_not_what_may_come() {
        let memory = Memory::new(4 * PIECE_BYTES);
        let mut bodies = vec![body(&memory, 1 << 30, b"a"), body(&memory, 1 << 30, b"b")];
        let mut third = BatchBytes::new(&memory, PROJECT, 1 << 30);
        assert!(matches!(third.push(b"c"), Err(BatchError::MemoryFull)));
        bodies.pop();
        third.push(b"c").unwrap();
    }

    #[test]
    fn grows_to_the_limit_and_no_further() {
        let memory = Memory::new(1 << 20);
        let mut body = body(&memory, 10_000, &[b'x'; 9_999]);
        body.push(b"y").unwrap();
        assert!(matches!(body.push(b"z"), Err(BatchError::TooLarge(10_000))));
        assert_eq!(body.bytes().len(), 10_000);
    }

    #[test]
    fn inflated_bytes_count_too() {
        let blanks = vec![b' '; 100_000];
        let inflate = |total_bytes| {
            let memory = Memory::new(total_bytes);
            body(&memory, 100_000, &gzip(&blanks)).decoded(Compression::Gzip).map(|body| body.bytes)
        };
        assert!(matches!(inflate(2 * 100_000), Err(BatchError::MemoryFull)));
        assert_eq!(inflate(2 * 100_000 + 4 * PIECE_BYTES).unwrap(), blanks);
    }
}
