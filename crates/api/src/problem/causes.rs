//! What the parts of the service complain about, as problems of HTTP. Faults are logged here, where they are handled.

use domain::Reason;
use formats::FormatError;
use storage::StorageError;

use super::Problem;
use crate::auth::{Forgery, KeyError, PasswordError, RetryAfter};
use crate::batch::BatchError;
use crate::body::BodyError;
use crate::ingest::IngestError;
use crate::intake::GivenUp;
use crate::log_limit::{self, Kind};
use crate::questions::TooMany;
use crate::random::NoRandomness;
use crate::read_error::ReadError;
use crate::telemetry::describe;

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        let (problem, kind) = match &error {
            StorageError::Busy(_) => (Self::Unavailable, "busy"),
            StorageError::Connect(_) => (Self::Unavailable, "connect"),
            StorageError::Query(_) => (Self::Unavailable, "query"),
            _ => (Self::Internal, "other"),
        };
        if let Some(left_out) = log_limit::admit(Kind::Storage(kind)) {
            let left_out = left_out.count();
            // An overload is no fault.
            if matches!(error, StorageError::Busy(_)) {
                tracing::warn!(left_out, error = describe(&error), "storage");
            } else {
                tracing::error!(left_out, error = describe(&error), "storage");
            }
        }
        problem
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Storage(error) => error.into(),
            ReadError::Changed => Self::Unavailable,
            ReadError::Segment(_) | ReadError::RowsMissing { .. } => {
                if let Some(left_out) = log_limit::admit(Kind::NotRead) {
                    tracing::error!(left_out = left_out.count(), error = %error, "cannot read events");
                }
                Self::Internal
            }
        }
    }
}

impl From<actix_web::error::BlockingError> for Problem {
    fn from(error: actix_web::error::BlockingError) -> Self {
        if let Some(left_out) = log_limit::admit(Kind::BlockingPool) {
            tracing::error!(left_out = left_out.count(), error = %error, "blocking pool");
        }
        Self::Unavailable
    }
}

impl From<GivenUp> for Problem {
    fn from(error: GivenUp) -> Self {
        tracing::error!(error = %error, "threads for batches");
        Self::Unavailable
    }
}

impl From<TooMany> for Problem {
    fn from(_: TooMany) -> Self {
        Self::Unavailable
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Busy => Self::QueueFull,
            KeyError::Unavailable => Self::Unavailable,
        }
    }
}

impl From<RetryAfter> for Problem {
    fn from(wait: RetryAfter) -> Self {
        Self::Throttled(wait.seconds())
    }
}

impl From<Forgery> for Problem {
    fn from(forgery: Forgery) -> Self {
        match forgery {
            Forgery::OtherOrigin => Self::ForeignOrigin,
            Forgery::NotJson => Self::NotJson,
        }
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::PasswordsBusy,
            PasswordError::Hash(_) | PasswordError::GivenUp => {
                tracing::error!(error = %error, "cannot work on a password");
                Self::Internal
            }
        }
    }
}

impl From<NoRandomness> for Problem {
    fn from(error: NoRandomness) -> Self {
        tracing::error!(error = %error, "cannot make a secret");
        Self::Internal
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge(bytes) => Self::TooLarge(bytes),
            BodyError::TooSlow => Self::BodyTimeout,
            BodyError::Broken(what) => Self::BrokenBody(what),
        }
    }
}

impl From<FormatError> for Problem {
    /// What is wrong with a body as a whole.
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::MalformedJson(what) => Self::MalformedJson(what),
            _ => Self::Invalid(error.into_faults("body")),
        }
    }
}

impl From<BatchError> for Problem {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Format(error) => error.into(),
            BatchError::MalformedGzip(what) => Self::MalformedGzip(what),
            BatchError::UnknownEncoding => Self::UnknownEncoding,
            BatchError::Invalid(error) => Self::Invalid(error),
            BatchError::TooLarge(bytes) => Self::TooLarge(bytes),
            BatchError::TooManyEvents(events) => Self::TooManyEvents(events),
            BatchError::MemoryFull => Self::BatchesFull,
        }
    }
}

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::QueueFull => Self::QueueFull,
            IngestError::Unavailable => Self::Unavailable,
            IngestError::UnknownProject => Self::InvalidKey,
            IngestError::OverQuota { retry_after } => {
                Self::OverQuota { reason: Reason::EventsPerDay, retry_after }
            }
            IngestError::Conflict => Self::IdempotencyConflict,
        }
    }
}
