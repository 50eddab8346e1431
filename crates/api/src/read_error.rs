//! Why events cannot be read.

use analytics::SegmentError;
use storage::StorageError;

/// Why events cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// Rows that must be there are not.
    #[error("the events {first_id} to {last_id} of project {project} are not all there")]
    RowsMissing {
        /// The number of the project.
        project: i64,
        /// The first event.
        first_id: i64,
        /// The last event.
        last_id: i64,
    },
    /// Other segments have been put in the place of those that were to be read.
    #[error("the segments change too often to be read")]
    Changed,
}
