//! Why a batch is refused as a whole.

use domain::ValidationError;

/// Why a batch is refused as a whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BatchError {
    /// The body is not JSON.
    #[error("the body is not valid JSON: {0}")]
    MalformedJson(String),
    /// The body is not gzip, though its header says so.
    #[error("the body is not valid gzip: {0}")]
    MalformedGzip(String),
    /// The body is compressed in another way.
    #[error("the body is neither plain nor gzip")]
    UnknownEncoding,
    /// A header, a parameter or the body as a whole breaks a rule.
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
