//! Types and rules of API analytics: no I/O, no framework, no clock.
//!
//! # Glossary
//!
//! * An **event** ([`RequestEvent`]) is one observed request of somebody's web API.
//! * A **project** ([`ProjectId`]) owns events. **Settings** ([`ProjectSettings`]) say how it takes them in and shows
//!   them.
//! * An **account** ([`AccountId`]) is somebody who signs in; as a **member** of a project it has a **role** ([`Role`]).
//! * An **API key** ([`KeyId`]) opens one project to programs, as far as its **scopes** ([`Scope`]) go; a **link**
//!   ([`LinkId`]) opens a part of it to whoever has it; a **session** ([`SessionId`]) is a browser that is signed in.
//! * **Access** is what one request may do with one project: who asks ([`Caller`]), and the **permission**
//!   ([`Permission`]) that it needs.
//! * A **quota** ([`Quota`]) bounds what a project takes in.
//! * A **period** ([`Period`]) is a step of a time series; a **bucket** is one interval of it.
//! * The **ledger** ([`Ledger`]) says what became of every received event.
//! * A **dashboard** ([`Dashboard`]) holds every figure of one time range ([`TimeRange`]).
//!
//! Input becomes one of these types at the edge and is not checked again.

mod access;
mod account;
mod address;
mod dashboard;
mod document;
mod error;
mod event;
mod http;
mod id;
mod input;
mod ledger;
mod link;
mod moment;
mod name;
pub mod object;
mod period;
mod query;
mod settings;
mod time;
mod verdict;
mod zone;

pub use access::{Caller, Hidden, Permission, Role, Scope, Scopes, UnknownName};
pub use account::{Credentials, CredentialsInput, Password, Username};
pub use address::ClientAddress;
pub use dashboard::{
    Apdex, Change, ClientUsage, Comparison, Coverage, Dashboard, EndpointStats, HeatCell, LATENCY_BOUNDS_US,
    LabelStats, LatencyBand, Percentiles, SeriesPoint, StatusClasses, Summary, Window,
};
pub use document::Document;
pub use error::{Checks, FieldError, Rule, ValidationError};
pub use event::{Duration, EventDraft, Extras, RequestEvent, StoredEvent, limits};
pub use http::{Method, StatusClass, StatusCode};
pub use id::{AccountId, AuditId, InvitationId, KeyId, LinkId, ProjectId, SessionId, UnknownId};
pub use input::{Params, Scalar};
pub use ledger::{Ledger, LedgerCounts, LedgerHour, LedgerQuery, Tally};
pub use link::LinkFilters;
pub use moment::Moment;
pub use name::Name;
pub use object::{Given, Object};
pub use period::{Bucket, Period};
pub use query::{Choice, DashboardQuery, EventFilter, Include, LogOrder, LogQuery, Part, SortOrder};
pub use settings::{ProjectSettings, Quota};
pub use time::{TimeRange, Timestamp};
pub use verdict::{Reason, Verdict};
pub use zone::Zone;
