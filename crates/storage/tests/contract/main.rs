//! What every back end must do: one suite, run against SQLite and PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a failure here is a failed test, and what takes time is measured"
)]

mod accounts;
mod audit;
mod connections;
mod deletion;
mod events;
mod fixture;
mod grants;
mod ingest;
mod invitations;
mod keys;
mod links;
mod members;
mod named_deletion;
mod projects;
mod quota;
mod schema;
mod segments;
mod sessions;
mod settings;
mod tables;
mod upgrade;

/// Makes of each function one test for SQLite and one for PostgreSQL.
macro_rules! on_each_backend {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $test() { super::$test(&crate::fixture::sqlite()); })+
        }
        mod postgres {
            $(#[test] fn $test() {
                if let Some(database) = crate::fixture::postgres() { super::$test(&database); }
            })+
        }
    };
}
pub(crate) use on_each_backend;
