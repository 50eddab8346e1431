//! Why bytes are refused: the error of opening and reading segments.

/// Why bytes are no segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// Something else, or the beginning is damaged.
    #[error("no segment")]
    NoSegment,
    /// A newer program wrote it.
    #[error("segment of the unknown version {0}")]
    NewerVersion(u16),
    /// The checksum is wrong.
    #[error("the segment's checksum is wrong")]
    Checksum,
    /// The checksum is right, but the contents contradict themselves.
    #[error("the segment is damaged: {0}")]
    Damaged(&'static str),
}
