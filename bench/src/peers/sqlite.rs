//! Plain SQL on the service's own SQLite file, beside the running service.

use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, OpenFlags, params};

use crate::data::FIRST_SECOND;

const OF: &str = "FROM events WHERE project_id = ?1 AND created_at >= ?2 AND created_at < ?3";
const DAY_US: i64 = 86_400_000_000;

/// What time is asked about.
#[derive(Clone, Copy)]
pub(super) enum Span {
    /// All 90 days.
    All,
    /// The last seven of them.
    Week,
}

/// A read-only connection and the project that holds the data set.
pub(super) struct Questions {
    connection: Connection,
    project: i64,
}

impl Questions {
    /// Opens the file.
    pub(super) fn open(file: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.pragma_update(None, "cache_size", -256 * 1024)?;
        let project = connection.query_row("SELECT max(project_id) FROM events", [], |row| row.get(0))?;
        Ok(Self { connection, project })
    }

    /// How many events there are.
    pub(super) fn total(&self, span: Span) -> rusqlite::Result<u64> {
        let (start, end) = bounds(span);
        let sql = format!("SELECT count(*) {OF}");
        let count: i64 =
            self.connection.query_row(&sql, params![self.project, start, end], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// The milliseconds that all questions take, one after the other.
    pub(super) fn ask(&self, span: Span) -> anyhow::Result<f64> {
        let (start, end) = bounds(span);
        let started = Instant::now();
        for sql in statements() {
            let mut statement = self.connection.prepare(&sql)?;
            let mut rows = statement.query(params![self.project, start, end])?;
            let mut count = 0;
            while rows.next()?.is_some() {
                count += 1;
            }
            anyhow::ensure!(count > 0, "no answer to {sql}");
        }
        Ok(started.elapsed().as_secs_f64() * 1000.0)
    }
}

fn bounds(span: Span) -> (i64, i64) {
    let first = FIRST_SECOND * 1_000_000;
    match span {
        Span::All => (first, first + 90 * DAY_US),
        Span::Week => (first + 83 * DAY_US, first + 90 * DAY_US),
    }
}

/// Summary, methods, statuses, endpoints, addresses, days, exact quantiles.
fn statements() -> [String; 7] {
    [
        format!(
            "SELECT count(*), count(DISTINCT ip), avg(process_time_us), min(process_time_us),
             max(process_time_us), sum(status_code >= 400) * 100.0 / count(*) {OF}"
        ),
        format!("SELECT method, count(*) {OF} GROUP BY method"),
        format!("SELECT status_code, count(*) {OF} GROUP BY status_code"),
        format!(
            "SELECT endpoint, count(*) AS n, avg(process_time_us), sum(status_code >= 400) {OF}
             GROUP BY endpoint ORDER BY n DESC, endpoint LIMIT 5"
        ),
        format!("SELECT ip, count(*) AS n {OF} AND ip IS NOT NULL GROUP BY ip ORDER BY n DESC, ip LIMIT 5"),
        format!(
            "SELECT created_at / {DAY_US} AS day, count(*), avg(process_time_us),
             sum(status_code >= 400) * 100.0 / count(*) {OF} GROUP BY day ORDER BY day"
        ),
        format!(
            "WITH sorted AS (SELECT process_time_us, row_number() OVER (ORDER BY process_time_us) AS rank,
                             count(*) OVER () AS n {OF})
             SELECT process_time_us FROM sorted
             WHERE rank IN ((n + 1) / 2, (n * 95 + 99) / 100, (n * 99 + 99) / 100)"
        ),
    ]
}
