//! What can go wrong with a database, by what the caller can do about it.

/// An error of the storage layer.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The URL names no kind of database that is known here.
    #[error("database URL must begin with sqlite: or postgres://, not {0:?}")]
    UnknownScheme(String),
    /// The database cannot be opened: wrong place, wrong rights, or not running.
    #[error("cannot open the database")]
    Connect(#[from] diesel::ConnectionError),
    /// Every connection is in use, or none can be made.
    #[error("no database connection is free")]
    Busy(#[from] r2d2::Error),
    /// A newer version of the program has changed the schema.
    #[error("the database has a newer schema ({0}) than this program knows; use a newer program")]
    NewerSchema(String),
    /// A migration failed; nothing of it is kept.
    #[error("cannot bring the schema up to date: {0}")]
    Migration(String),
    /// A statement failed; its transaction was rolled back.
    #[error("the database refused a statement")]
    Query(#[from] diesel::result::Error),
    /// A stored value breaks a rule that every writer keeps.
    #[error("event {id} of project {project} is damaged: its {column} breaks a rule")]
    Damaged {
        /// The number of the project.
        project: i64,
        /// The event's number.
        id: i64,
        /// The column that cannot be read.
        column: &'static str,
    },
    /// The same of a row that is no event.
    #[error("row {id} of {table} is damaged: its {column} breaks a rule")]
    DamagedRow {
        /// The table.
        table: &'static str,
        /// The row's number; in a table without numbers, that of its project.
        id: i64,
        /// The column that cannot be read.
        column: &'static str,
    },
}
