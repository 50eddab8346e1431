//! The schema's versions. They are part of the program and run at its start, forward only.

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::{MigrationSource, MigrationVersion};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::backend::Connection;
use crate::error::StorageError;

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Any number that nobody else takes: "api-anal" in ASCII.
const ADVISORY_LOCK: &str = "SELECT pg_advisory_xact_lock(7021802790217637228)";

/// Brings the schema up to date, all or nothing. Processes that start at the same time do it one after the
/// other.
pub(crate) fn run(connection: &mut Connection) -> Result<(), StorageError> {
    match connection {
        Connection::Sqlite(c) => c.immediate_transaction(|c| upgrade(c, SQLITE)),
        Connection::Postgres(c) => diesel::Connection::transaction(c, |c| {
            c.batch_execute(ADVISORY_LOCK)?;
            upgrade(c, POSTGRES)
        }),
    }
}

fn upgrade<DB: Backend, C: MigrationHarness<DB>>(
    connection: &mut C,
    migrations: EmbeddedMigrations,
) -> Result<(), StorageError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| StorageError::Migration(error.to_string());
    let known = MigrationSource::<DB>::migrations(&migrations).map_err(failed)?;
    let is_known =
        |version: &MigrationVersion<'_>| known.iter().any(|migration| migration.name().version() == *version);
    let applied = connection.applied_migrations().map_err(failed)?;
    if let Some(newer) = applied.iter().find(|version| !is_known(version)) {
        return Err(StorageError::NewerSchema(newer.to_string()));
    }
    for version in connection.run_pending_migrations(migrations).map_err(failed)? {
        tracing::info!(%version, "applied migration");
    }
    Ok(())
}
