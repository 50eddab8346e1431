//! The numbers of events within their project.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType};
use domain::{ProjectId, Timestamp};

use crate::backend::{Connection, on_backend};
use crate::error::StorageError;

/// The first of as many new numbers of a project, the last of which is for an event of time `newest`; `None` if there
/// is no such project. Until the transaction ends, nobody else gets numbers of that project.
pub(crate) fn reserve(
    c: &mut Connection,
    project: ProjectId,
    events: usize,
    newest: Timestamp,
) -> Result<Option<i64>, StorageError> {
    let count = i64::try_from(events).unwrap_or(i64::MAX);
    let raise = Raise { project_id: project.0, count, newest: newest.as_micros() };
    let last = on_backend!(c, c => raise.get_result::<i64>(c).optional())?;
    Ok(last.map(|last| last - count + 1))
}

/// Raises the last number of a project and gives it. Written out because diesel prepares each of its own updates
/// anew, and this one runs in every commit.
struct Raise {
    project_id: i64,
    count: i64,
    newest: i64,
}

impl QueryId for Raise {
    type QueryId = Self;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Raise {
    type SqlType = BigInt;
}

impl<DB> QueryFragment<DB> for Raise
where
    DB: Backend + HasSqlType<BigInt>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE projects SET last_event_id = last_event_id + ");
        out.push_bind_param::<BigInt, _>(&self.count)?;
        out.push_sql(", last_event_at = ");
        out.push_bind_param::<BigInt, _>(&self.newest)?;
        out.push_sql(" WHERE id = ");
        out.push_bind_param::<BigInt, _>(&self.project_id)?;
        out.push_sql(" RETURNING last_event_id");
        Ok(())
    }
}

impl<Conn> RunQueryDsl<Conn> for Raise {}
