//! A database as the version before projects wrote it, with data in it. Not for databases of any other version.
//!
//! The rows were made by that version itself, from what it was sent: two accounts; four API keys, the third of them
//! revoked, the fourth without an event; events with and without each optional field, some of them in segments and some
//! in none; the ledger; batches with an `Idempotency-Key`. [`answers`] holds what it was sent and what it answered.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use postgres::NoTls;
use serde_json::Value;

/// Version and statements of each migration that it had.
macro_rules! migrations {
    ($backend:literal) => {
        [
            (
                "20261124000001",
                include_str!(concat!("../../migrations/", $backend, "/2026-11-24-000001_accounts/up.sql")),
            ),
            (
                "20261124000002",
                include_str!(concat!("../../migrations/", $backend, "/2026-11-24-000002_events/up.sql")),
            ),
            (
                "20261125000003",
                include_str!(concat!("../../migrations/", $backend, "/2026-11-25-000003_ingest/up.sql")),
            ),
            (
                "20261125000004",
                include_str!(concat!("../../migrations/", $backend, "/2026-11-25-000004_segments/up.sql")),
            ),
        ]
    };
}

const SQLITE: [(&str, &str); 4] = migrations!("sqlite");
const POSTGRES: [(&str, &str); 4] = migrations!("postgres");
const DATA: &str = include_str!("../fixtures/upgrade/data.sql");
const ANSWERS: &str = include_str!("../fixtures/upgrade/answers.json");

/// As that version made it.
const APPLIED: &str = "CREATE TABLE __diesel_schema_migrations (
    version VARCHAR(50) PRIMARY KEY NOT NULL,
    run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);";

/// `users` with their passwords; `keys` with the user and the number that each has (now that of its project); `batches`
/// with their names and the answers they got; `questions` about a project, with the answer.
///
/// # Panics
/// When the file is no JSON.
#[must_use]
pub fn answers() -> Value {
    serde_json::from_str(ANSWERS).expect("JSON")
}

/// Makes the database in a new SQLite file.
///
/// # Panics
/// When it cannot be made.
pub fn fill_sqlite(path: &Path) {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).expect("a folder");
    }
    fill_connection(&rusqlite::Connection::open(path).expect("a new file"));
}

/// Runs statements on a SQLite file.
pub(crate) fn execute_sqlite(path: &Path, statements: &str) {
    let connection = rusqlite::Connection::open(path).expect("the database");
    connection.busy_timeout(std::time::Duration::from_secs(30)).expect("a timeout");
    connection.execute_batch(statements).expect("statements");
}

/// Runs statements on a PostgreSQL database.
pub(crate) fn execute_postgres(url: &str, statements: &str) {
    let mut client = postgres::Client::connect(url, NoTls).expect("the database");
    client.batch_execute(statements).expect("statements");
}

/// The same in memory, to be compared with what became of another one.
///
/// # Panics
/// When it cannot be made.
#[must_use]
pub fn in_memory() -> rusqlite::Connection {
    let connection = rusqlite::Connection::open_in_memory().expect("memory");
    fill_connection(&connection);
    connection
}

/// Makes the database in an empty one of PostgreSQL.
///
/// # Panics
/// When it cannot be made.
pub fn fill_postgres(url: &str) {
    let mut client = postgres::Client::connect(url, NoTls).expect("an empty database");
    client.batch_execute(&statements(&POSTGRES, &bytes_of_postgres(DATA))).expect("the old schema and data");
}

fn fill_connection(connection: &rusqlite::Connection) {
    connection.execute_batch(&statements(&SQLITE, DATA)).expect("the old schema and data");
}

fn statements(migrations: &[(&str, &str)], data: &str) -> String {
    let mut statements = APPLIED.to_owned();
    for (version, up) in migrations {
        statements.push_str(up);
        statements.push_str(&format!(
            ";\nINSERT INTO __diesel_schema_migrations (version) VALUES ('{version}');\n"
        ));
    }
    statements.push_str(data);
    // Batches are remembered for a day, counted from when they came.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_micros();
    statements.push_str(&format!("UPDATE idempotency_keys SET created_at = {now};"));
    statements
}

/// Literals of bytes as PostgreSQL writes them: `'\x00'`, not `x'00'`.
fn bytes_of_postgres(statements: &str) -> String {
    let mut rewritten = String::with_capacity(statements.len());
    // Every second piece stands between quotes.
    for (place, piece) in statements.split('\'').enumerate() {
        let is_text = place % 2 == 1;
        match piece.strip_suffix('x').filter(|_| !is_text) {
            Some(before) => rewritten.push_str(&format!("{before}'\\x")),
            None => rewritten.push_str(&format!("{piece}'")),
        }
    }
    rewritten.pop();
    rewritten
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_as_they_are() {
        let sqlite = "VALUES (x'0a', 'x', 'it''s x''', 'a,x''1''', x'')";
        assert_eq!(bytes_of_postgres(sqlite), "VALUES ('\\x0a', 'x', 'it''s x''', 'a,x''1''', '\\x')");
    }
}
