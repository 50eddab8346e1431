//! The one place that branches on the kind of database.
//!
//! Queries are written once, inside these macros, and are checked by the compiler for each database.

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;

use crate::error::StorageError;

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

/// Loads rows, and on PostgreSQL locks them until the transaction ends; on SQLite no other transaction writes
/// meanwhile. `$lock` is `for_update`, or `for_key_share` where the rows must merely stay.
macro_rules! load_locked {
    ($connection:expr, $lock:ident, $query:expr => $row:ty) => {
        match $connection {
            $crate::backend::Connection::Sqlite(c) => diesel::RunQueryDsl::load::<$row>($query, c),
            $crate::backend::Connection::Postgres(c) => {
                diesel::RunQueryDsl::load::<$row>(diesel::QueryDsl::$lock($query), c)
            }
        }
    };
}

impl Connection {
    /// Runs the work as one transaction that writes. SQLite takes its write lock at once: a transaction that
    /// begins by reading could be refused the lock later, without waiting for it.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        match self {
            Self::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")?,
            Self::Postgres(c) => AnsiTransactionManager::begin_transaction(c)?,
        }
        let outcome = work(self);
        match outcome {
            Ok(value) => {
                on_backend!(self, c => AnsiTransactionManager::commit_transaction(c))?;
                Ok(value)
            }
            Err(error) => {
                // A failed rollback leaves a broken connection, which the pool throws away.
                let _ = on_backend!(self, c => AnsiTransactionManager::rollback_transaction(c));
                Err(error)
            }
        }
    }

    /// Lets nobody else make an account until the transaction ends; on SQLite nobody can.
    pub(crate) fn lock_accounts(&mut self) -> Result<(), StorageError> {
        if let Self::Postgres(c) = self {
            c.batch_execute("LOCK TABLE accounts IN SHARE ROW EXCLUSIVE MODE")?;
        }
        Ok(())
    }
}

pub(crate) use {load_locked, on_backend, read_transaction};
