//! What can go wrong while a report is made; none of it is the fault of the data.

/// A report could not be made. All variants are faults of this program: answer with an internal error.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The figures could not be serialised.
    #[error("cannot serialise report: {0}")]
    Json(#[from] serde_json::Error),
    /// A font could not be used.
    #[error("cannot use font: {0}")]
    Font(String),
    /// A chart could not be drawn.
    #[error("cannot draw chart: {0}")]
    Chart(String),
    /// The document could not be put together.
    #[error("cannot write document: {0}")]
    Document(#[from] genpdf::error::Error),
}
