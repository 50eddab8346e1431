//! Accounts, projects and what opens them, and events, in SQLite or PostgreSQL, behind one [`Storage`].
//!
//! Every public method is one unit of work in one transaction. It blocks, so asynchronous callers run it on
//! a pool of blocking threads. Nothing is aggregated here: what crosses the border is events.
//!
//! What changes the project or an account takes an [`Actor`] and enters into the audit log, in the same transaction,
//! who did it.

mod accounts;
mod audit;
mod backend;
mod connection;
mod creation;
mod database;
mod deletion;
mod delivery;
mod error;
mod events;
mod grants;
mod hash;
mod idempotency;
mod ingest;
mod insert;
mod invitations;
mod key_changes;
mod keys;
mod ledger;
mod links;
mod locks;
mod members;
mod migrate;
mod numbers;
mod pending;
mod projects;
mod quota;
mod registration;
mod removal;
mod schema;
mod segments;
mod sessions;
mod settings;
mod stored;
mod text;

pub use accounts::Account;
pub use audit::{Actor, AuditEntry, action};
pub use connection::DatabaseUrl;
pub use creation::Creation;
pub use database::Storage;
pub use deletion::ProjectRemoval;
pub use delivery::{Batch, Delivery, Incoming, Once, Outcome};
pub use error::StorageError;
pub use grants::KeyGrant;
pub use hash::TokenHash;
pub use invitations::Invitation;
pub use key_changes::{KeyChange, KeyChanges, NewSecret};
pub use keys::{KeyRecord, NewKey};
pub use links::{Link, NewLink};
pub use members::{Member, MemberChange};
pub use projects::Project;
pub use registration::Registration;
pub use removal::AccountRemoval;
pub use segments::{NewSegment, Seal, SegmentEntry};
pub use sessions::SessionRecord;
pub use settings::SettingsChange;
