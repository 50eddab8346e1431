//! Segments: blobs that are derived from rows, kept beside them, and opaque here.
//!
//! A project's segments hold its events up to `sealed_id`, each in exactly one segment. Every change of them
//! is one transaction that raises the project's `segments_version`; who worked from an older version is told so,
//! and nothing of its work is kept.

use std::ops::RangeInclusive;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use domain::{ProjectId, StoredEvent};

use crate::backend::{on_backend, read_transaction};
use crate::database::Storage;
use crate::error::StorageError;
use crate::events::{CoreRow, ExtraRow, rows_of, stored_event};
use crate::schema::{projects, segments};

/// Where a segment's events lie, without the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentEntry {
    /// The number of its first event.
    pub first_id: i64,
    /// The number of its last event; it holds all in between.
    pub last_id: i64,
    /// The time of its oldest event in microseconds since the Unix epoch.
    pub first_time: i64,
    /// The time of its newest event.
    pub last_time: i64,
    /// The size of its data.
    pub size_bytes: i64,
}

impl SegmentEntry {
    /// The number of its events.
    #[must_use]
    pub const fn count(&self) -> u64 {
        (self.last_id - self.first_id).unsigned_abs() + 1
    }
}

/// How far the events of a project are sealed into segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// Grows with every change of the segments.
    pub version: i64,
    /// The number of the last event that is in a segment.
    pub sealed_id: i64,
    /// The number of the newest event.
    pub last_id: i64,
}

impl Seal {
    /// The number of events that are in no segment yet.
    #[must_use]
    pub const fn unsealed(&self) -> u64 {
        (self.last_id - self.sealed_id).unsigned_abs()
    }
}

impl Storage {
    /// How far each project is sealed, in the order of the projects.
    ///
    /// # Errors
    /// The database fails.
    pub fn seals(&self) -> Result<Vec<(ProjectId, Seal)>, StorageError> {
        let query = projects::table.order(projects::id).select((
            projects::id,
            projects::segments_version,
            projects::sealed_id,
            projects::last_event_id,
        ));
        let mut connection = self.read()?;
        let rows = on_backend!(&mut *connection, c => query.load::<(i64, i64, i64, i64)>(c))?;
        let seal = |(project, version, sealed_id, last_id)| {
            (ProjectId(project), Seal { version, sealed_id, last_id })
        };
        Ok(rows.into_iter().map(seal).collect())
    }

    /// What is new for a reader who knows the segments of version `known` and the events up to `after`: the
    /// segments, if their version is another one, and the rows that are neither in them nor known. All of it is
    /// of one instant.
    ///
    /// # Errors
    /// The database fails, or a row is damaged; then some events may have been visited.
    pub fn news(
        &self,
        project: ProjectId,
        known: Option<i64>,
        after: i64,
        mut visit: impl FnMut(StoredEvent),
    ) -> Result<(Seal, Option<Vec<SegmentEntry>>), StorageError> {
        let head = projects::table.filter(projects::id.eq(project.0)).select((
            projects::segments_version,
            projects::sealed_id,
            projects::last_event_id,
        ));
        let list =
            segments::table.filter(segments::project_id.eq(project.0)).order(segments::first_id).select((
                segments::first_id,
                segments::last_id,
                segments::first_time,
                segments::last_time,
                segments::size_bytes,
            ));
        let mut connection = self.read()?;
        read_transaction!(&mut *connection, c => {
            let head = head.first::<(i64, i64, i64)>(c).optional()?;
            let (version, sealed_id, last_id) = head.unwrap_or_default();
            let seal = Seal { version, sealed_id, last_id };
            let mut entries = None;
            let mut after = after;
            if known != Some(version) {
                let rows = list.load::<(i64, i64, i64, i64, i64)>(c)?;
                entries = Some(rows.into_iter().map(entry).collect());
                after = sealed_id;
            }
            if after < last_id {
                let rows = rows_of(project, after + 1, last_id);
                for row in rows.load_iter::<(CoreRow, ExtraRow), DefaultLoadingMode>(c)? {
                    visit(stored_event(project, row?)?);
                }
            }
            Ok::<_, StorageError>((seal, entries))
        })
    }

    /// Hands the events of a project whose numbers lie in the range to `visit`, in the order of their numbers.
    ///
    /// # Errors
    /// The database fails, or a row is damaged; then some events may have been visited.
    pub fn events(
        &self,
        project: ProjectId,
        ids: RangeInclusive<i64>,
        mut visit: impl FnMut(StoredEvent),
    ) -> Result<(), StorageError> {
        let mut connection = self.read()?;
        on_backend!(&mut *connection, c => {
            let rows = rows_of(project, *ids.start(), *ids.end());
            for row in rows.load_iter::<(CoreRow, ExtraRow), DefaultLoadingMode>(c)? {
                visit(stored_event(project, row?)?);
            }
        });
        Ok(())
    }

    /// The data of the segment that begins with this event; `None` if there is none (any more).
    ///
    /// # Errors
    /// The database fails.
    pub fn segment(&self, project: ProjectId, first_id: i64) -> Result<Option<Vec<u8>>, StorageError> {
        let query = segments::table
            .filter(segments::project_id.eq(project.0).and(segments::first_id.eq(first_id)))
            .select(segments::data);
        let mut connection = self.read()?;
        Ok(on_backend!(&mut *connection, c => query.first::<Vec<u8>>(c).optional())?)
    }

    /// Keeps the segment of the events that follow the sealed ones. Says whether it was kept: `false` if others
    /// have sealed these events already.
    ///
    /// # Errors
    /// The database fails; then nothing has changed.
    pub fn add_segment(&self, project: ProjectId, segment: &NewSegment<'_>) -> Result<bool, StorageError> {
        let SegmentEntry { first_id, last_id, .. } = segment.entry;
        let waiting = projects::table
            .filter(projects::id.eq(project.0))
            .filter(projects::sealed_id.eq(first_id - 1))
            .filter(projects::last_event_id.ge(last_id));
        let seal = diesel::update(waiting).set((
            projects::sealed_id.eq(last_id),
            projects::segments_version.eq(projects::segments_version + 1),
        ));
        let insert = diesel::insert_into(segments::table).values(segment.row(project));
        self.write(|c| {
            let is_next = on_backend!(c, c => seal.execute(c))? == 1;
            if is_next {
                on_backend!(c, c => insert.execute(c))?;
            }
            Ok(is_next)
        })
    }

    /// Puts one segment in the place of those that hold the same events together. Says whether it did: `false`
    /// if the segments are not those of version `known` any more.
    ///
    /// # Errors
    /// The database fails; then nothing has changed.
    pub fn replace_segments(
        &self,
        project: ProjectId,
        known: i64,
        segment: &NewSegment<'_>,
    ) -> Result<bool, StorageError> {
        let SegmentEntry { first_id, last_id, .. } = segment.entry;
        let same =
            projects::table.filter(projects::id.eq(project.0)).filter(projects::segments_version.eq(known));
        let replaced = segments::table
            .filter(segments::project_id.eq(project.0))
            .filter(segments::first_id.ge(first_id).and(segments::last_id.le(last_id)));
        let change = diesel::update(same).set(projects::segments_version.eq(projects::segments_version + 1));
        let insert = diesel::insert_into(segments::table).values(segment.row(project));
        self.write(|c| {
            let is_same = on_backend!(c, c => change.execute(c))? == 1;
            if is_same {
                on_backend!(c, c => diesel::delete(replaced).execute(c))?;
                on_backend!(c, c => insert.execute(c))?;
            }
            Ok(is_same)
        })
    }

    /// Lets all segments of a project go; its events are unsealed again.
    ///
    /// # Errors
    /// The database fails; then nothing has changed.
    pub fn drop_segments(&self, project: ProjectId) -> Result<(), StorageError> {
        let unseal = diesel::update(projects::table.filter(projects::id.eq(project.0)))
            .set((projects::sealed_id.eq(0), projects::segments_version.eq(projects::segments_version + 1)));
        let delete = diesel::delete(segments::table.filter(segments::project_id.eq(project.0)));
        self.write(|c| {
            on_backend!(c, c => unseal.execute(c))?;
            on_backend!(c, c => delete.execute(c))?;
            Ok(())
        })
    }
}

/// A segment to be kept.
pub struct NewSegment<'a> {
    /// Where its events lie; the size is that of the data.
    pub entry: SegmentEntry,
    /// The segment itself.
    pub data: &'a [u8],
}

#[derive(Insertable)]
#[diesel(table_name = segments)]
struct NewRow<'a> {
    project_id: i64,
    first_id: i64,
    last_id: i64,
    first_time: i64,
    last_time: i64,
    size_bytes: i64,
    data: &'a [u8],
}

impl NewSegment<'_> {
    fn row(&self, project: ProjectId) -> NewRow<'_> {
        let SegmentEntry { first_id, last_id, first_time, last_time, size_bytes } = self.entry;
        NewRow {
            project_id: project.0,
            first_id,
            last_id,
            first_time,
            last_time,
            size_bytes,
            data: self.data,
        }
    }
}

const fn entry(row: (i64, i64, i64, i64, i64)) -> SegmentEntry {
    let (first_id, last_id, first_time, last_time, size_bytes) = row;
    SegmentEntry { first_id, last_id, first_time, last_time, size_bytes }
}
