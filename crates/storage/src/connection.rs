//! Database URLs and how connections are made.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::sqlite::SqliteConnection;

use crate::backend::{Connection, on_backend};
use crate::error::StorageError;

/// After the wait for locks, since changing the journal needs one. FULL: a commit is on the disk.
const SQLITE_SETTINGS: &str = "PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;";

/// Where the data lies.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// The path of a SQLite file.
    Sqlite(String),
    /// The URL of a PostgreSQL database; it may hold a password.
    Postgres(String),
}

impl DatabaseUrl {
    /// The file that holds the database, if one does.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            // What SQLite takes for a name of something else.
            Self::Sqlite(path) if path.is_empty() || path == ":memory:" || path.starts_with("file:") => None,
            Self::Sqlite(path) => Some(Path::new(path)),
            Self::Postgres(_) => None,
        }
    }

    /// Whether the connection can break without this machine failing.
    #[must_use]
    pub const fn is_remote(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

impl FromStr for DatabaseUrl {
    type Err = StorageError;

    /// `sqlite:PATH`, `sqlite://PATH`, `postgres://…` or `postgresql://…`
    fn from_str(url: &str) -> Result<Self, StorageError> {
        if let Some(rest) = url.strip_prefix("sqlite:") {
            return Ok(Self::Sqlite(rest.strip_prefix("//").unwrap_or(rest).to_owned()));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let scheme: String = url.chars().take_while(|c| *c != ':').take(20).collect();
        Err(StorageError::UnknownScheme(scheme))
    }
}

impl fmt::Debug for DatabaseUrl {
    /// Without a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{path}"),
            Self::Postgres(url) => {
                let host = url.rsplit_once('@').map_or("…", |(_, host)| host);
                write!(f, "postgres://{host}")
            }
        }
    }
}

/// Makes and checks the connections of the pool.
#[derive(Clone)]
pub(crate) struct Manager {
    url: DatabaseUrl,
    lock_wait: Duration,
}

impl Manager {
    pub(crate) const fn new(url: DatabaseUrl, lock_wait: Duration) -> Self {
        Self { url, lock_wait }
    }
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = StorageError;

    fn connect(&self) -> Result<Connection, StorageError> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => {
                let mut connection = <SqliteConnection as diesel::Connection>::establish(path)?;
                connection.batch_execute(&format!("PRAGMA busy_timeout = {}", self.lock_wait.as_millis()))?;
                connection.batch_execute(SQLITE_SETTINGS)?;
                Ok(Connection::Sqlite(connection))
            }
            DatabaseUrl::Postgres(url) => {
                Ok(Connection::Postgres(<PgConnection as diesel::Connection>::establish(url)?))
            }
        }
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), StorageError> {
        Ok(on_backend!(connection, c => c.ping())?)
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        on_backend!(connection, c => c.is_broken())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_urls_by_their_scheme() {
        let sqlite = |path: &str| DatabaseUrl::Sqlite(path.to_owned());
        assert_eq!("sqlite:data/a.db".parse::<DatabaseUrl>().unwrap(), sqlite("data/a.db"));
        assert_eq!("sqlite:///data/a.db".parse::<DatabaseUrl>().unwrap(), sqlite("/data/a.db"));
        assert!("postgresql://localhost/a".parse::<DatabaseUrl>().unwrap().is_remote());
        assert!("mysql://localhost/a".parse::<DatabaseUrl>().is_err());
    }

    #[test]
    fn knows_the_file_of_a_database() {
        let file = |url: &str| url.parse::<DatabaseUrl>().unwrap().file().map(Path::to_owned);
        assert_eq!(file("sqlite://data/a.db"), Some("data/a.db".into()));
        for url in ["sqlite::memory:", "sqlite:", "sqlite:file:a.db?mode=ro", "postgres://localhost/a"] {
            assert_eq!(file(url), None, "{url}");
        }
    }

    #[test]
    fn does_not_show_passwords() {
        let url: DatabaseUrl = "postgres://user:secret@localhost/a".parse().unwrap();
        assert_eq!(format!("{url:?}"), "postgres://localhost/a");
    }
}
