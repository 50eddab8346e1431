//! A cursor over the bytes of one section. Not for what they mean: see `dictionaries` and `layout`.

use std::ops::Range;

use super::error::SegmentError;

/// Reads a section from its beginning on.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    range: Range<usize>,
}

impl<'a> Reader<'a> {
    /// Reads so much of a segment's bytes.
    pub(super) const fn new(bytes: &'a [u8], range: Range<usize>) -> Self {
        Self { bytes, range }
    }

    /// The bytes of the whole segment.
    pub(super) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> Range<usize> {
        self.range.clone()
    }

    pub(super) fn skip_to(&mut self, rest: Range<usize>) {
        self.range = rest;
    }

    /// Where the next bytes lie.
    pub(super) fn take(&mut self, length: usize) -> Result<Range<usize>, SegmentError> {
        let taken = self.range.start..self.range.start.saturating_add(length);
        if taken.end > self.range.end {
            return Err(SegmentError::Damaged("a section ends early"));
        }
        self.range.start = taken.end;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], SegmentError> {
        let range = self.take(N)?;
        let bytes = self.bytes.get(range).and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or(SegmentError::Damaged("a section ends early"))
    }

    pub(super) fn u32(&mut self) -> Result<u32, SegmentError> {
        self.array().map(u32::from_le_bytes)
    }
}
