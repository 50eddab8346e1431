//! Why events are not stored.

/// Why events are not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IngestError {
    /// Too many events wait.
    #[error("too many events are waiting to be stored")]
    QueueFull,
    /// The database fails, or the service stops.
    #[error("events cannot be stored at the moment")]
    Unavailable,
    /// The project has been removed.
    #[error("the project does not exist")]
    UnknownProject,
    /// The project has taken in as many events today as it may.
    #[error("the project is over its quota of events a day")]
    OverQuota {
        /// When the next day begins, in seconds.
        retry_after: u64,
    },
    /// Another batch was sent under this name.
    #[error("another batch has this idempotency key")]
    Conflict,
}
