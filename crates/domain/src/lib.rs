//! Types and rules of API analytics: no I/O, no framework, no clock.
//!
//! # Glossary
//!
//! * An **event** ([`RequestEvent`]) is one observed request of somebody's web API.
//! * The **API key** ([`KeyId`]) owns events; an account owns keys.
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
mod period;
mod query;
mod time;
mod verdict;

pub use account::{AccountId, Credentials, CredentialsInput, KeyId, Password, Username};
pub use address::ClientAddress;
pub use dashboard::{ClientUsage, Dashboard, EndpointStats, SeriesPoint, Summary};
pub use error::{Checks, FieldError, Rule, ValidationError};
pub use event::{Duration, EventInput, Extras, RequestEvent, StoredEvent, limits};
pub use http::{Method, StatusCode};
pub use input::{Fields, Params, Scalar};
pub use ledger::{Ledger, LedgerCounts, LedgerHour, LedgerQuery, Tally};
pub use period::{Bucket, Period};
pub use query::{DashboardQuery, EventFilter, LogOrder, LogQuery, SortOrder};
pub use time::{Moment, TimeRange, Timestamp};
pub use verdict::{Reason, Verdict};
