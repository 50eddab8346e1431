//! The database and its connections. Not for what is asked of them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::r2d2::{Pool, PooledConnection};

use crate::backend::{Connection, on_backend};
use crate::connection::{DatabaseUrl, Manager};
use crate::error::StorageError;
use crate::migrate;

/// How many connections answer questions.
const READERS: u32 = 8;
/// How long a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long another process that writes a SQLite file is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// A database with the newest schema. Clones share their connections.
///
/// Questions, writing and looking up keys have connections of their own: however many questions are being answered,
/// and however slowly, an event is stored and its key is found at once.
#[derive(Clone)]
pub struct Storage {
    reading: Pool<Manager>,
    writing: Pool<Manager>,
    looking_up: Pool<Manager>,
    /// Held by who writes.
    turn: Arc<Mutex<()>>,
}

impl Storage {
    /// Opens a database and brings its schema up to date; a SQLite file is created where there is none.
    ///
    /// # Errors
    /// The database cannot be reached, refuses a migration, or was written by a newer version.
    pub fn open(url: &DatabaseUrl) -> Result<Self, StorageError> {
        Self::open_with_wait(url, LOCK_WAIT)
    }

    /// The same for who has time: another process that writes a SQLite file all the time is waited for that long. Its
    /// lock goes to whoever asks at the right moment, so one that asks rarely may have to ask often.
    ///
    /// # Errors
    /// As those of [`open`](Self::open).
    pub fn open_with_wait(url: &DatabaseUrl, lock_wait: Duration) -> Result<Self, StorageError> {
        let manager = Manager::new(url.clone(), lock_wait);
        // Outside the pools first: its own error is clear and comes at once.
        let mut first = diesel::r2d2::ManageConnection::connect(&manager)?;
        migrate::run(&mut first)?;
        drop(first);
        let pool = |size: u32| {
            Pool::builder()
                .max_size(size)
                .min_idle(Some(1))
                .connection_timeout(PATIENCE)
                .test_on_check_out(url.is_remote())
                .build(manager.clone())
        };
        Ok(Self { reading: pool(READERS)?, writing: pool(1)?, looking_up: pool(1)?, turn: Arc::default() })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub fn ping(&self) -> Result<(), StorageError> {
        let mut connection = self.look_up()?;
        Ok(on_backend!(&mut *connection, c => diesel::r2d2::R2D2Connection::ping(c))?)
    }

    /// One transaction that writes. SQLite takes one writer at a time: waiting for one's turn here is fair and
    /// ends at once, waiting for its lock is a sleep of growing length. On PostgreSQL, where row locks put
    /// writers in order, it costs little: a process has one batch writer, and other changes are rare and short.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.writing.get()?.write(work)
    }

    /// A connection for a question.
    pub(crate) fn read(&self) -> Result<PooledConnection<Manager>, StorageError> {
        Ok(self.reading.get()?)
    }

    /// The connection for what every request needs first, and what takes no time.
    pub(crate) fn look_up(&self) -> Result<PooledConnection<Manager>, StorageError> {
        Ok(self.looking_up.get()?)
    }
}
