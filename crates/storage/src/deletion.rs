//! How projects go: at once for everybody who asks, and in portions from the disk.

use diesel::prelude::*;
use domain::{Name, ProjectId};

use crate::audit::{Actor, action, enter};
use crate::backend::{Connection, load_locked, on_backend};
use crate::database::Storage;
use crate::error::StorageError;
use crate::locks::lock_project;
use crate::schema::{
    api_keys, audit, deleted_projects, events, idempotency_keys, ingest_ledger, invitations, links, members,
    projects, segments,
};
use crate::text::numbered;

/// So many segments go in one transaction; each may hold many megabytes.
const SEGMENTS_AT_ONCE: i64 = 8;
/// So many values of one statement.
const MAX_ROWS: u32 = 10_000;

/// What became of a project that was to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectRemoval {
    /// It is gone.
    Deleted,
    /// It has another name; nothing has changed.
    OtherName,
    /// There is no such project.
    Unknown,
}

impl Storage {
    /// Ends a project: it takes in nothing any more, and its keys, members, links, invitations and audit log are gone.
    /// Its events can be found by nobody; [`purge_project`](Self::purge_project) and
    /// [`purge_deleted`](Self::purge_deleted) remove them. Says whether there was such a project.
    ///
    /// # Errors
    /// The database fails.
    pub fn delete_project(&self, project: ProjectId, by: &Actor) -> Result<bool, StorageError> {
        self.write(|c| {
            if !lock_project(c, project)? {
                return Ok(false);
            }
            delete(c, project, by)?;
            Ok(true)
        })
    }

    /// The same, if the project has this name.
    ///
    /// # Errors
    /// The database fails.
    pub fn delete_project_named(
        &self,
        project: ProjectId,
        name: &Name,
        by: &Actor,
    ) -> Result<ProjectRemoval, StorageError> {
        let known = projects::table.filter(projects::id.eq(project.0)).select(projects::name);
        self.write(|c| {
            if !lock_project(c, project)? {
                return Ok(ProjectRemoval::Unknown);
            }
            if on_backend!(c, c => known.first::<String>(c))? != name.as_str() {
                return Ok(ProjectRemoval::OtherName);
            }
            delete(c, project, by)?;
            Ok(ProjectRemoval::Deleted)
        })
    }

    /// Removes what deleted projects have left, about `limit` rows of it. Says whether there is more.
    ///
    /// # Errors
    /// The database fails.
    pub fn purge_deleted(&self, limit: u32) -> Result<bool, StorageError> {
        let limit = i64::from(limit.clamp(1, MAX_ROWS));
        let next = deleted_projects::table
            .order(deleted_projects::project_id)
            .limit(1)
            .select(deleted_projects::project_id);
        self.write(|c| {
            let Some(project) = on_backend!(c, c => next.first::<i64>(c).optional())? else {
                return Ok(false);
            };
            portion(c, project, limit)?;
            Ok(on_backend!(c, c => next.first::<i64>(c).optional())?.is_some())
        })
    }

    /// Removes what one deleted project has left, about `limit` rows of it. Says how many of them were events; `None`
    /// if nothing was left.
    ///
    /// # Errors
    /// The database fails.
    pub fn purge_project(&self, project: ProjectId, limit: u32) -> Result<Option<u64>, StorageError> {
        let limit = i64::from(limit.clamp(1, MAX_ROWS));
        self.write(|c| portion(c, project.0, limit))
    }
}

/// Ends a project that is locked.
fn delete(c: &mut Connection, project: ProjectId, by: &Actor) -> Result<(), StorageError> {
    let id = project.0;
    let name = on_backend!(c, c => {
        diesel::delete(api_keys::table.filter(api_keys::project_id.eq(id))).execute(c)?;
        diesel::delete(members::table.filter(members::project_id.eq(id))).execute(c)?;
        diesel::delete(links::table.filter(links::project_id.eq(id))).execute(c)?;
        diesel::delete(invitations::table.filter(invitations::project_id.eq(id))).execute(c)?;
        diesel::delete(audit::table.filter(audit::project_id.eq(id))).execute(c)?;
        diesel::insert_into(deleted_projects::table)
            .values(deleted_projects::project_id.eq(id))
            .execute(c)?;
        diesel::delete(projects::table.filter(projects::id.eq(id)))
            .returning(projects::name)
            .get_result::<String>(c)?
    });
    enter(c, [&by.did(action::PROJECT_DELETE, numbered(&name, id))])
}

/// Removes one portion and says how many events were in it; `None` if nothing was left, and it is forgotten.
fn portion(c: &mut Connection, project: i64, limit: i64) -> Result<Option<u64>, StorageError> {
    let deleted = deleted_projects::table.filter(deleted_projects::project_id.eq(project));
    // One process at a time: two might take the same rows in different orders, and wait for each other.
    let locked = deleted.select(deleted_projects::project_id);
    if load_locked!(c, for_update, locked => i64)?.is_empty() {
        return Ok(None);
    }
    let removed = purge(c, project, limit)?;
    if removed.is_none() {
        on_backend!(c, c => diesel::delete(deleted).execute(c))?;
    }
    Ok(removed)
}

fn purge(c: &mut Connection, project: i64, limit: i64) -> Result<Option<u64>, StorageError> {
    if purge_segments(c, project)? > 0 {
        return Ok(Some(0));
    }
    let events = purge_events(c, project, limit)?;
    if events > 0 || purge_ledger(c, project, limit)? > 0 || purge_notes(c, project, limit)? > 0 {
        return Ok(Some(events as u64));
    }
    Ok(None)
}

fn purge_segments(c: &mut Connection, project: i64) -> Result<usize, StorageError> {
    let of = segments::table.filter(segments::project_id.eq(project));
    let first = of.order(segments::first_id).limit(SEGMENTS_AT_ONCE).select(segments::first_id);
    let first = on_backend!(c, c => first.load::<i64>(c))?;
    let Some(last) = first.last() else { return Ok(0) };
    Ok(on_backend!(c, c => diesel::delete(of.filter(segments::first_id.le(*last))).execute(c))?)
}

fn purge_events(c: &mut Connection, project: i64, limit: i64) -> Result<usize, StorageError> {
    let of = events::table.filter(events::project_id.eq(project));
    let first = of.order(events::id).limit(1).select(events::id);
    let Some(first) = on_backend!(c, c => first.first::<i64>(c).optional())? else { return Ok(0) };
    Ok(on_backend!(c, c => diesel::delete(of.filter(events::id.lt(first + limit))).execute(c))?)
}

fn purge_ledger(c: &mut Connection, project: i64, limit: i64) -> Result<usize, StorageError> {
    let of = ingest_ledger::table.filter(ingest_ledger::project_id.eq(project));
    let hours = of.order(ingest_ledger::hour).limit(limit).select(ingest_ledger::hour);
    let hours = on_backend!(c, c => hours.load::<i64>(c))?;
    let Some(last) = hours.last() else { return Ok(0) };
    Ok(on_backend!(c, c => diesel::delete(of.filter(ingest_ledger::hour.le(*last))).execute(c))?)
}

fn purge_notes(c: &mut Connection, project: i64, limit: i64) -> Result<usize, StorageError> {
    let of = idempotency_keys::table.filter(idempotency_keys::project_id.eq(project));
    let ids = of.limit(limit).select(idempotency_keys::id);
    let ids = on_backend!(c, c => ids.load::<i64>(c))?;
    if ids.is_empty() {
        return Ok(0);
    }
    Ok(
        on_backend!(c, c => diesel::delete(idempotency_keys::table.filter(idempotency_keys::id.eq_any(ids))).execute(c))?,
    )
}
