//! The ledger of ingest: numbers of events by project, hour of arrival and verdict.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Text};
use domain::{Ledger, ProjectId, Tally, TimeRange};

use crate::backend::{Connection, on_backend};
use crate::database::Storage;
use crate::error::StorageError;
use crate::schema::ingest_ledger::dsl;
use crate::stored;

impl Storage {
    /// What arrived for a project in the hours that start in a range.
    ///
    /// # Errors
    /// The database fails.
    pub fn ledger(&self, project: ProjectId, range: TimeRange) -> Result<Ledger, StorageError> {
        let query = dsl::ingest_ledger
            .filter(dsl::project_id.eq(project.0))
            .filter(dsl::hour.between(range.start().as_micros(), range.end().as_micros()))
            .order((dsl::hour, dsl::verdict))
            .select((dsl::hour, dsl::verdict, dsl::events));
        let mut connection = self.read()?;
        let rows = on_backend!(&mut *connection, c => query.load::<(i64, String, i64)>(c))?;
        let row = stored::Row { table: "ingest_ledger", id: project.0 };
        let read = |(hour, verdict, events): (i64, String, i64)| {
            Ok((row.time("hour", hour)?, row.known("verdict", &verdict)?, row.count("events", events)?))
        };
        let entries: Vec<_> = rows.into_iter().map(read).collect::<Result<_, StorageError>>()?;
        Ok(Ledger::of(entries))
    }
}

/// Adds numbers to the ledger, one statement for each project, hour and verdict. In their order, so that no two
/// writers wait for each other in a circle.
pub(crate) fn add(c: &mut Connection, tally: &Tally) -> Result<(), StorageError> {
    for (project, hour, verdict, events) in tally.iter() {
        let add = Add {
            project_id: project.0,
            hour: hour.as_micros(),
            verdict: verdict.to_string(),
            events: i64::try_from(events).unwrap_or(i64::MAX),
        };
        on_backend!(c, c => add.execute(c))?;
    }
    Ok(())
}

/// Adds to one number. Written out because diesel prepares each of its own upserts anew, and this one runs in
/// every commit.
struct Add {
    project_id: i64,
    hour: i64,
    verdict: String,
    events: i64,
}

impl QueryId for Add {
    type QueryId = Self;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<DB> QueryFragment<DB> for Add
where
    DB: Backend + HasSqlType<BigInt> + HasSqlType<Text>,
    i64: ToSql<BigInt, DB>,
    String: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("INSERT INTO ingest_ledger (project_id, hour, verdict, events) VALUES (");
        out.push_bind_param::<BigInt, _>(&self.project_id)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&self.hour)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, _>(&self.verdict)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&self.events)?;
        out.push_sql(
            ") ON CONFLICT (project_id, hour, verdict) DO UPDATE SET events = ingest_ledger.events + excluded.events",
        );
        Ok(())
    }
}

impl<Conn> RunQueryDsl<Conn> for Add {}
