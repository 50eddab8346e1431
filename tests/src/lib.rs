//! Fixtures shared by the tests of this workspace: a throw-away PostgreSQL server, a running
//! service, and a client that names its verbs. Not for use outside tests: a failure panics.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "fixtures of tests: a failure here is a failed test, and the time is that of the service under test"
)]

pub mod account;
pub mod answer;
pub mod binary;
pub mod call;
pub mod client;
pub mod command;
mod connection;
mod database;
pub mod old_database;
pub mod patience;
pub mod postgres;
pub mod raw;
mod running;
pub mod server;

pub use account::{Account, Key, Project};
pub use answer::Answer;
pub use binary::binary;
pub use call::Call;
pub use client::{Client, Tenant};
pub use command::Said;
pub use patience::eventually;
pub use server::{Backend, SECRET_KEY, Server, Setup, Twin};

/// Makes of each named `fn(Setup)` one test for each back end: `sqlite::name`, `postgres::name`.
#[macro_export]
macro_rules! on_each_backend {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                if let Some(setup) = $crate::Setup::on($crate::Backend::Sqlite) {
                    super::$name(setup);
                }
            })+
        }
        mod postgres {
            $(#[test]
            fn $name() {
                if let Some(setup) = $crate::Setup::on($crate::Backend::Postgres) {
                    super::$name(setup);
                }
            })+
        }
    };
}
