//! Rows of the table `events` and the fastest statements that insert them.
//!
//! diesel prepares an insert of several rows anew each time, since their number is not part of its type. Here it
//! is, so each statement is prepared once for each connection.

use diesel::RunQueryDsl;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Binary, Nullable, SmallInt, Text};
use diesel::sqlite::Sqlite;
use domain::{ProjectId, RequestEvent};

use crate::backend::Connection;
use crate::error::StorageError;

/// Rows of one statement on SQLite; what is left over goes in one by one. 14 values each, and SQLite binds at
/// most 32,766.
const SQLITE_ROWS: usize = 64;
/// Rows of one statement on PostgreSQL: bounds the copies of their values.
const POSTGRES_ROWS: usize = 4096;

const INSERT: &str = "INSERT INTO events (project_id, id, created_at, method, endpoint, ip, process_time_us, \
    status_code, route, user_agent, hostname, consumer, request_bytes, response_bytes) ";

/// One event as it is stored.
pub(crate) struct Row<'a> {
    project_id: i64,
    id: i64,
    created_at: i64,
    method: &'static str,
    endpoint: &'a str,
    ip: Option<&'a [u8]>,
    process_time_us: i64,
    status_code: i16,
    route: Option<&'a str>,
    user_agent: Option<&'a str>,
    hostname: Option<&'a str>,
    consumer: Option<&'a str>,
    request_bytes: Option<i64>,
    response_bytes: Option<i64>,
}

impl<'a> Row<'a> {
    pub(crate) fn new(project: ProjectId, id: i64, event: &'a RequestEvent) -> Self {
        let extras = event.extras();
        // Checked types hold nothing beyond the limits of the columns.
        let size = |bytes: Option<u64>| bytes.and_then(|bytes| i64::try_from(bytes).ok());
        Self {
            project_id: project.0,
            id,
            created_at: event.created_at().as_micros(),
            method: event.method().as_str(),
            endpoint: event.endpoint(),
            ip: event.ip_bytes(),
            process_time_us: event.process_time().as_micros().cast_signed(),
            status_code: event.status_code().get().cast_signed(),
            route: extras.and_then(|extras| extras.route.as_deref()),
            user_agent: extras.and_then(|extras| extras.user_agent.as_deref()),
            hostname: extras.and_then(|extras| extras.hostname.as_deref()),
            consumer: extras.and_then(|extras| extras.consumer.as_deref()),
            request_bytes: extras.and_then(|extras| size(extras.request_bytes)),
            response_bytes: extras.and_then(|extras| size(extras.response_bytes)),
        }
    }
}

/// Inserts all rows.
pub(crate) fn insert(connection: &mut Connection, rows: &[Row<'_>]) -> Result<(), StorageError> {
    match connection {
        Connection::Sqlite(c) => {
            let mut parts = rows.chunks_exact(SQLITE_ROWS);
            for part in parts.by_ref() {
                Values::<SQLITE_ROWS>(part).execute(c)?;
            }
            for row in parts.remainder().chunks(1) {
                Values::<1>(row).execute(c)?;
            }
        }
        Connection::Postgres(c) => {
            for part in rows.chunks(POSTGRES_ROWS) {
                Columns::new(part).execute(c)?;
            }
        }
    }
    Ok(())
}

/// `INSERT … VALUES` of exactly `N` rows.
struct Values<'a, const N: usize>(&'a [Row<'a>]);

impl<const N: usize> QueryId for Values<'_, N> {
    type QueryId = Values<'static, N>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<const N: usize> QueryFragment<Sqlite> for Values<'_, N> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(INSERT);
        out.push_sql("VALUES ");
        for (place, row) in self.0.iter().enumerate() {
            out.push_sql(if place == 0 { "(" } else { ", (" });
            out.push_bind_param::<BigInt, _>(&row.project_id)?;
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(&row.id)?;
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(&row.created_at)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(&row.method)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(&row.endpoint)?;
            out.push_sql(", ");
            out.push_bind_param::<Nullable<Binary>, _>(&row.ip)?;
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(&row.process_time_us)?;
            out.push_sql(", ");
            out.push_bind_param::<SmallInt, _>(&row.status_code)?;
            for text in [&row.route, &row.user_agent, &row.hostname, &row.consumer] {
                out.push_sql(", ");
                out.push_bind_param::<Nullable<Text>, _>(text)?;
            }
            for size in [&row.request_bytes, &row.response_bytes] {
                out.push_sql(", ");
                out.push_bind_param::<Nullable<BigInt>, _>(size)?;
            }
            out.push_sql(")");
        }
        Ok(())
    }
}

impl<Conn, const N: usize> RunQueryDsl<Conn> for Values<'_, N> {}

/// `INSERT … SELECT` of one array a column: one statement and one round trip for any number of rows.
#[derive(Default)]
struct Columns<'a> {
    project_id: Vec<i64>,
    id: Vec<i64>,
    created_at: Vec<i64>,
    method: Vec<&'a str>,
    endpoint: Vec<&'a str>,
    ip: Vec<Option<&'a [u8]>>,
    process_time_us: Vec<i64>,
    status_code: Vec<i16>,
    route: Vec<Option<&'a str>>,
    user_agent: Vec<Option<&'a str>>,
    hostname: Vec<Option<&'a str>>,
    consumer: Vec<Option<&'a str>>,
    request_bytes: Vec<Option<i64>>,
    response_bytes: Vec<Option<i64>>,
}

impl<'a> Columns<'a> {
    fn new(rows: &[Row<'a>]) -> Self {
        Self {
            project_id: rows.iter().map(|row| row.project_id).collect(),
            id: rows.iter().map(|row| row.id).collect(),
            created_at: rows.iter().map(|row| row.created_at).collect(),
            method: rows.iter().map(|row| row.method).collect(),
            endpoint: rows.iter().map(|row| row.endpoint).collect(),
            ip: rows.iter().map(|row| row.ip).collect(),
            process_time_us: rows.iter().map(|row| row.process_time_us).collect(),
            status_code: rows.iter().map(|row| row.status_code).collect(),
            route: rows.iter().map(|row| row.route).collect(),
            user_agent: rows.iter().map(|row| row.user_agent).collect(),
            hostname: rows.iter().map(|row| row.hostname).collect(),
            consumer: rows.iter().map(|row| row.consumer).collect(),
            request_bytes: rows.iter().map(|row| row.request_bytes).collect(),
            response_bytes: rows.iter().map(|row| row.response_bytes).collect(),
        }
    }
}

impl QueryId for Columns<'_> {
    type QueryId = Columns<'static>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for Columns<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(INSERT);
        out.push_sql("SELECT * FROM unnest(");
        out.push_bind_param::<Array<BigInt>, _>(&self.project_id)?;
        for numbers in [&self.id, &self.created_at] {
            out.push_sql(", ");
            out.push_bind_param::<Array<BigInt>, _>(numbers)?;
        }
        for texts in [&self.method, &self.endpoint] {
            out.push_sql(", ");
            out.push_bind_param::<Array<Text>, _>(texts)?;
        }
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Binary>>, _>(&self.ip)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.process_time_us)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<SmallInt>, _>(&self.status_code)?;
        for texts in [&self.route, &self.user_agent, &self.hostname, &self.consumer] {
            out.push_sql(", ");
            out.push_bind_param::<Array<Nullable<Text>>, _>(texts)?;
        }
        for sizes in [&self.request_bytes, &self.response_bytes] {
            out.push_sql(", ");
            out.push_bind_param::<Array<Nullable<BigInt>>, _>(sizes)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

impl<Conn> RunQueryDsl<Conn> for Columns<'_> {}
