//! Sealing rows into segments, compacting segments, and mending damaged ones.

use std::ops::RangeInclusive;

use analytics::{Segment, SegmentBuilder, SegmentError};
use domain::ProjectId;
use storage::{NewSegment, Seal, SegmentEntry, Storage};

use crate::read_error::ReadError;

/// Fewer rows stay rows for the time being.
pub(crate) const MIN_ROWS: u64 = 1 << 14;
/// Rows of a new segment at most.
const MAX_ROWS: i64 = 1 << 18;
/// Segments are compacted up to this size.
const COMPACTED_ROWS: u64 = 1 << 20;
/// So many neighbours of about the same size are compacted into one.
const FAN_IN: usize = 8;

/// Seals the rows of a project as long as there are `min_rows` of them; returns how many rows were sealed. Others
/// may do the same at the same time: each row is sealed once.
pub(crate) fn seal(
    storage: &Storage,
    project: ProjectId,
    mut seal: Seal,
    min_rows: u64,
) -> Result<u64, ReadError> {
    let mut rows = 0;
    while seal.unsealed() >= min_rows.max(1) {
        let last_id = seal.last_id.min(seal.sealed_id + MAX_ROWS);
        let segment = from_rows(storage, project, seal.sealed_id + 1..=last_id)?;
        if !storage.add_segment(project, &new_segment(&segment))? {
            break;
        }
        rows += segment.len() as u64;
        seal.sealed_id = last_id;
    }
    Ok(rows)
}

/// Puts larger segments in the place of small neighbours; says whether there was anything to do.
pub(crate) fn compact(storage: &Storage, project: ProjectId) -> Result<bool, ReadError> {
    let (seal, entries) = storage.news(project, None, i64::MAX, |_| {})?;
    let entries = entries.unwrap_or_default();
    let Some(run) = compactable(&entries) else {
        return Ok(false);
    };
    let mut builder = SegmentBuilder::default();
    for entry in run {
        builder.append(&load(storage, project, seal.version, entry)?);
    }
    storage.replace_segments(project, seal.version, &new_segment(&builder.build()))?;
    Ok(true)
}

/// Neighbours that are worth compacting: [`FAN_IN`] segments of one size class or below that fit into one.
/// Each row is compacted at most once for each class.
fn compactable(entries: &[SegmentEntry]) -> Option<&[SegmentEntry]> {
    let classes = [MIN_ROWS * FAN_IN as u64, COMPACTED_ROWS];
    classes.into_iter().find_map(|limit| {
        let mut run = 0..0;
        for (place, entry) in entries.iter().enumerate() {
            let rows: u64 =
                entries.get(run.clone()).unwrap_or_default().iter().map(SegmentEntry::count).sum();
            let fits = entry.count() < limit && rows + entry.count() <= COMPACTED_ROWS;
            run = if fits { run.start..place + 1 } else { place + 1..place + 1 };
            if run.len() == FAN_IN || (run.len() >= 2 && rows + entry.count() == COMPACTED_ROWS) {
                return entries.get(run);
            }
        }
        None
    })
}

/// A segment as it is kept. A damaged one is reported, rebuilt from the rows and put right.
pub(crate) fn load(
    storage: &Storage,
    project: ProjectId,
    version: i64,
    entry: &SegmentEntry,
) -> Result<Segment, ReadError> {
    let data = storage.segment(project, entry.first_id)?.ok_or(ReadError::Changed)?;
    let damage = match Segment::open(data) {
        // Another version of the program may understand it: it stays.
        Err(SegmentError::NewerVersion(_)) => {
            return from_rows(storage, project, entry.first_id..=entry.last_id);
        }
        Ok(segment) if new_segment(&segment).entry == *entry => return Ok(segment),
        Ok(segment) if segment.bounds().last_id != entry.last_id => return Err(ReadError::Changed),
        Ok(_) => "it does not hold what its entry says".to_owned(),
        Err(error) => error.to_string(),
    };
    tracing::error!(
        project = project.0,
        segment = entry.first_id,
        damage,
        "rebuilding a damaged segment from its rows"
    );
    let segment = from_rows(storage, project, entry.first_id..=entry.last_id)?;
    storage.replace_segments(project, version, &new_segment(&segment))?;
    Ok(segment)
}

/// Events that must be in a segment and are in none: a segment is missing.
pub(crate) fn gap(entries: &[SegmentEntry], sealed_id: i64) -> Option<RangeInclusive<i64>> {
    let mut next = 1;
    for entry in entries {
        if entry.first_id > next {
            return Some(next..=entry.first_id - 1);
        }
        next = entry.last_id + 1;
    }
    (next <= sealed_id).then_some(next..=sealed_id)
}

/// Puts a segment made of the rows where one is missing, and reports it.
pub(crate) fn fill(
    storage: &Storage,
    project: ProjectId,
    version: i64,
    gap: &RangeInclusive<i64>,
) -> Result<(), ReadError> {
    let (first_id, last_id) = (*gap.start(), (*gap.end()).min(*gap.start() + MAX_ROWS - 1));
    tracing::error!(project = project.0, first_id, last_id, "rebuilding a missing segment from its rows");
    let segment = from_rows(storage, project, first_id..=last_id)?;
    storage.replace_segments(project, version, &new_segment(&segment))?;
    Ok(())
}

/// The segment of some rows.
pub(crate) fn from_rows(
    storage: &Storage,
    project: ProjectId,
    ids: RangeInclusive<i64>,
) -> Result<Segment, ReadError> {
    let mut builder = SegmentBuilder::default();
    storage.events(project, ids.clone(), |stored| builder.push(stored.id, &stored.event))?;
    let segment = builder.build();
    let wanted = ids.end() - ids.start() + 1;
    if i64::from(segment.bounds().count) != wanted {
        return Err(ReadError::RowsMissing {
            project: project.0,
            first_id: *ids.start(),
            last_id: *ids.end(),
        });
    }
    Ok(segment)
}

/// The segment with what is kept beside it.
pub(crate) fn new_segment(segment: &Segment) -> NewSegment<'_> {
    let bounds = segment.bounds();
    let data = segment.bytes();
    let entry = SegmentEntry {
        first_id: bounds.first_id,
        last_id: bounds.last_id,
        first_time: bounds.first_time,
        last_time: bounds.last_time,
        size_bytes: i64::try_from(data.len()).unwrap_or(i64::MAX),
    };
    NewSegment { entry, data }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(counts: &[i64]) -> Vec<SegmentEntry> {
        let mut first_id = 1;
        let mut entries = Vec::new();
        for count in counts {
            let last_id = first_id + count - 1;
            entries.push(SegmentEntry { first_id, last_id, first_time: 0, last_time: 0, size_bytes: 0 });
            first_id = last_id + 1;
        }
        entries
    }

    #[test]
    fn gaps_are_found_wherever_they_are() {
        let all = entries(&[10, 20, 30]);
        assert_eq!(gap(&all, 60), None);
        assert_eq!(gap(&[], 0), None);
        assert_eq!(gap(&[], 7), Some(1..=7));
        assert_eq!(gap(&all[1..], 60), Some(1..=10));
        assert_eq!(gap(&[all[0], all[2]], 60), Some(11..=30));
        assert_eq!(gap(&all[..2], 60), Some(31..=60));
    }

    #[test]
    fn compacts_eight_small_neighbours() {
        let small = [20_000; 8];
        assert_eq!(compactable(&entries(&small[..7])), None);
        assert_eq!(compactable(&entries(&small)).map(<[_]>::len), Some(8));
        let interrupted = [[20_000; 4].as_slice(), &[1 << 20], &[20_000; 4]].concat();
        assert_eq!(compactable(&entries(&interrupted)), None);
    }

    #[test]
    fn compaction_ends_with_few_large_segments() {
        let mut counts: Vec<i64> = Vec::new();
        for _ in 0..1000 {
            counts.push(1 << 14);
            while let Some(run) = compactable(&entries(&counts)) {
                let all = entries(&counts);
                let start = all.iter().position(|entry| entry.first_id == run[0].first_id).unwrap();
                let merged = run.iter().map(|entry| i64::try_from(entry.count()).unwrap()).sum();
                counts.splice(start..start + run.len(), [merged]);
            }
        }
        assert_eq!(counts.iter().sum::<i64>(), 1000 << 14);
        assert!(counts.iter().all(|count| *count <= 1 << 20));
        assert!(counts.len() <= 15 + 16, "{counts:?}");
    }
}
