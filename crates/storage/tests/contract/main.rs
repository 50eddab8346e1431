//! What every back end must do: one suite, run against SQLite and PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure here is a failed test"
)]

mod accounts;
mod events;
mod fixture;
mod ingest;
mod named_deletion;
mod schema;
mod segments;

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
