//! The one place that branches on the kind of database.
//!
//! Queries are written once, inside these macros, and are checked by the compiler for each database.

use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;

/// A connection to either database.
pub(crate) enum Connection {
    /// A SQLite file.
    Sqlite(SqliteConnection),
    /// A PostgreSQL server.
    Postgres(PgConnection),
}

/// Runs the body with `$c` as the connection itself.
macro_rules! on_backend {
    ($connection:expr, $c:ident => $body:expr) => {
        match $connection {
            $crate::backend::Connection::Sqlite($c) => $body,
            $crate::backend::Connection::Postgres($c) => $body,
        }
    };
}

/// Runs the body in a transaction that writes. SQLite takes its write lock at once: a transaction that
/// begins by reading could be refused the lock later, without waiting for it.
macro_rules! write_transaction {
    ($connection:expr, $c:ident => $body:expr) => {
        match $connection {
            $crate::backend::Connection::Sqlite(c) => c.immediate_transaction(|$c| $body),
            $crate::backend::Connection::Postgres(c) => diesel::Connection::transaction(c, |$c| $body),
        }
    };
}

/// Runs the body in a transaction that reads: all of its statements see the same state.
macro_rules! read_transaction {
    ($connection:expr, $c:ident => $body:expr) => {
        match $connection {
            $crate::backend::Connection::Sqlite(c) => diesel::Connection::transaction(c, |$c| $body),
            $crate::backend::Connection::Postgres(c) => {
                c.build_transaction().repeatable_read().read_only().run(|$c| $body)
            }
        }
    };
}

pub(crate) use {on_backend, read_transaction, write_transaction};
