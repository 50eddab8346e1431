//! Why a batch is refused as a whole.

use domain::ValidationError;
use formats::FormatError;

/// Why a batch is refused as a whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BatchError {
    /// The body is no text of events.
    #[error("the body {0}")]
    Format(#[from] FormatError),
    /// The body is not gzip, though its header says so.
    #[error("the body is not valid gzip: {0}")]
    MalformedGzip(String),
    /// The body is compressed in another way.
    #[error("the body is neither plain nor gzip")]
    UnknownEncoding,
    /// A header or a parameter breaks a rule.
    #[error(transparent)]
    Invalid(#[from] ValidationError),
    /// The body is longer than this, compressed or inflated.
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    /// There are more events than this.
    #[error("a batch holds at most {0} events")]
    TooManyEvents(usize),
    /// The memory that the project may have for bodies is in use.
    #[error("too many batches are on their way")]
    MemoryFull,
}
