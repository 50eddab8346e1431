//! Accounts, API keys and events in SQLite or PostgreSQL, behind one [`Storage`].
//!
//! Every public method is one unit of work in one transaction. It blocks, so asynchronous callers run it on
//! a pool of blocking threads. Nothing is aggregated here: what crosses the border is events.

mod accounts;
mod backend;
mod connection;
mod error;
mod events;
mod idempotency;
mod ingest;
mod insert;
mod keys;
mod ledger;
mod migrate;
mod numbers;
mod schema;
mod segments;

use std::sync::{Arc, Mutex, PoisonError};

use diesel::r2d2::{Pool, PooledConnection};

pub use accounts::Account;
pub use connection::DatabaseUrl;
pub use error::StorageError;
pub use ingest::{Batch, Delivery, Once, Outcome};
pub use keys::ApiKey;
pub use segments::{NewSegment, Seal, SegmentEntry};

use connection::Manager;

/// How many connections a [`Storage`] holds at most.
const POOL_SIZE: u32 = 8;

/// A database with the newest schema. Clones share their connections.
#[derive(Clone)]
pub struct Storage {
    pool: Pool<Manager>,
    /// Held by who writes.
    writing: Arc<Mutex<()>>,
}

impl Storage {
    /// Opens a database and brings its schema up to date; a SQLite file is created where there is none.
    ///
    /// # Errors
    /// The database cannot be reached, refuses a migration, or was written by a newer version.
    pub fn open(url: &DatabaseUrl) -> Result<Self, StorageError> {
        let manager = Manager::new(url.clone());
        // Outside the pool first: its own error is clear and comes at once.
        let mut first = diesel::r2d2::ManageConnection::connect(&manager)?;
        migrate::run(&mut first)?;
        drop(first);
        let pool = Pool::builder()
            .max_size(POOL_SIZE)
            .min_idle(Some(1))
            .connection_timeout(std::time::Duration::from_secs(10))
            .test_on_check_out(url.is_remote())
            .build(manager)?;
        Ok(Self { pool, writing: Arc::default() })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub fn ping(&self) -> Result<(), StorageError> {
        let mut connection = self.connection()?;
        Ok(backend::on_backend!(&mut *connection, c => diesel::r2d2::R2D2Connection::ping(c))?)
    }

    /// One transaction that writes. SQLite takes one writer at a time: waiting for one's turn here is fair and
    /// ends at once, waiting for its lock is a sleep of growing length. On PostgreSQL, where row locks put
    /// writers in order, it costs nothing: a process has one batch writer and a rare sealer.
    fn write<T>(
        &self,
        work: impl FnOnce(&mut backend::Connection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let mut connection = self.connection()?;
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        connection.write(work)
    }

    fn connection(&self) -> Result<PooledConnection<Manager>, StorageError> {
        Ok(self.pool.get()?)
    }
}
