//! Types and rules of API analytics: no I/O, no framework, no clock.
//!
//! # Glossary
//!
//! * An **event** ([`RequestEvent`]) is one observed request of somebody's web API.
//! * A **project** ([`ProjectId`]) owns events.
//! * A **period** ([`Period`]) is a step of a time series; a **bucket** is one interval of it.
//! * The **ledger** ([`Ledger`]) says what became of every received event.
//! * A **dashboard** ([`Dashboard`]) holds every figure of one time range ([`TimeRange`]).
//!
//! Input becomes one of these types at the edge and is not checked again.

mod account;
mod address;
mod dashboard;
mod error;
mod event;
mod http;
mod input;
mod ledger;
mod moment;
mod period;
mod query;
mod time;
mod verdict;
mod zone;

pub use account::{AccountId, Credentials, CredentialsInput, Password, ProjectId, Username};
pub use address::ClientAddress;
pub use dashboard::{
    Apdex, Change, ClientUsage, Comparison, Coverage, Dashboard, EndpointStats, HeatCell, LATENCY_BOUNDS_US,
    LabelStats, LatencyBand, Percentiles, SeriesPoint, StatusClasses, Summary, Window,
};
pub use error::{Checks, FieldError, Rule, ValidationError};
pub use event::{Duration, EventInput, Extras, RequestEvent, StoredEvent, limits};
pub use http::{Method, StatusClass, StatusCode};
pub use input::{Fields, Params, Scalar};
pub use ledger::{Ledger, LedgerCounts, LedgerHour, LedgerQuery, Tally};
pub use moment::Moment;
pub use period::{Bucket, Period};
pub use query::{Choice, DashboardQuery, EventFilter, Include, LogOrder, LogQuery, Part, SortOrder};
pub use time::{TimeRange, Timestamp};
pub use verdict::{Reason, Verdict};
pub use zone::Zone;
