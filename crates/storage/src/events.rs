//! Events: appended in batches, read back in the order of arrival.

use diesel::prelude::*;
use domain::{
    ClientAddress, Duration, Extras, Method, ProjectId, RequestEvent, StatusCode, StoredEvent, Timestamp,
};

use crate::database::Storage;
use crate::error::StorageError;
use crate::insert::{Row, insert};
use crate::numbers::reserve;
use crate::schema::events;

impl Storage {
    /// Stores events of any projects, all or nothing and durably, and numbers them within their projects in the order
    /// given. Projects that do not exist are returned; their events are not stored.
    ///
    /// # Errors
    /// The database fails; then nothing is stored.
    pub fn append(&self, batch: &[(ProjectId, RequestEvent)]) -> Result<Vec<ProjectId>, StorageError> {
        let mut by_project: Vec<&(ProjectId, RequestEvent)> = batch.iter().collect();
        // Stable, and the same order of projects for every writer, so that none waits for another in a circle.
        by_project.sort_by_key(|(project, _)| *project);
        self.write(|c| {
            let mut unknown = Vec::new();
            let mut rows = Vec::with_capacity(batch.len());
            for group in by_project.chunk_by(|a, b| a.0 == b.0) {
                let Some((project, newest)) = group.last() else { continue };
                match reserve(c, *project, group.len(), newest.created_at())? {
                    Some(first) => {
                        rows.extend(
                            (first..).zip(group).map(|(id, (_, event))| Row::new(*project, id, event)),
                        );
                    }
                    None => unknown.push(*project),
                }
            }
            insert(c, &rows)?;
            Ok(unknown)
        })
    }
}

/// Number, time, method, endpoint, address, duration and status of a row.
pub(crate) type CoreRow = (i64, i64, String, String, Option<Vec<u8>>, i64, i16);
/// The optional fields of a row.
pub(crate) type ExtraRow =
    (Option<String>, Option<String>, Option<String>, Option<String>, Option<i64>, Option<i64>);

/// The rows of a project with numbers of a range, in order.
#[diesel::dsl::auto_type]
pub(crate) fn rows_of(project: ProjectId, first_id: i64, last_id: i64) -> _ {
    let project: i64 = project.0;
    events::table
        .filter(events::project_id.eq(project))
        .filter(events::id.between(first_id, last_id))
        .order(events::id)
        .select((
            (
                events::id,
                events::created_at,
                events::method,
                events::endpoint,
                events::ip,
                events::process_time_us,
                events::status_code,
            ),
            (
                events::route,
                events::user_agent,
                events::hostname,
                events::consumer,
                events::request_bytes,
                events::response_bytes,
            ),
        ))
}

/// The event of a row.
pub(crate) fn stored_event(
    project: ProjectId,
    (core, optional): (CoreRow, ExtraRow),
) -> Result<StoredEvent, StorageError> {
    let id = core.0;
    let event = event(core).map_err(|column| StorageError::Damaged { project: project.0, id, column })?;
    Ok(StoredEvent { id, event: event.with_extras(extras(optional)) })
}

/// The event of a row, or the column that breaks a rule.
fn event(row: CoreRow) -> Result<RequestEvent, &'static str> {
    let (_, created_at, method, endpoint, ip, process_time_us, status_code) = row;
    let ip = ip.map(|bytes| <[u8; 16]>::try_from(bytes).map(ClientAddress::from_bytes)).transpose();
    RequestEvent::new(
        Timestamp::from_micros(created_at).ok_or("created_at")?,
        method.parse::<Method>().map_err(|()| "method")?,
        endpoint,
        ip.map_err(|_| "ip")?,
        u64::try_from(process_time_us).ok().and_then(Duration::from_micros).ok_or("process_time_us")?,
        u16::try_from(status_code).ok().and_then(StatusCode::new).ok_or("status_code")?,
    )
    .ok_or("endpoint")
}

/// The optional fields of a row; sizes below zero cannot occur.
fn extras(row: ExtraRow) -> Extras {
    let (route, user_agent, hostname, consumer, request_bytes, response_bytes) = row;
    let size = |bytes: Option<i64>| bytes.and_then(|bytes| u64::try_from(bytes).ok());
    Extras {
        route,
        user_agent,
        hostname,
        consumer,
        request_bytes: size(request_bytes),
        response_bytes: size(response_bytes),
    }
}
