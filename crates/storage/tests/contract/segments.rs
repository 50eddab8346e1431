//! Segments beside the rows: each event in exactly one, also with several sealers.

use domain::{Method, ProjectId};
use storage::{NewSegment, Seal, SegmentEntry};

use crate::fixture::{Database, event, project};
use crate::on_each_backend;

on_each_backend!(
    keeps_segments_with_their_entries,
    seals_each_event_once,
    concurrent_sealers_seal_each_event_once,
    replaces_segments_of_the_known_version_only,
    tells_readers_what_is_new,
    dropped_segments_leave_the_rows,
);

/// A project with so many events.
fn filled(database: &Database, events: u64) -> ProjectId {
    let project = project(&database.storage, 1);
    let batch: Vec<_> =
        (0..events).map(|us| (project, event("2025-01-01", Method::Get, "/a", "::1", us, 200))).collect();
    database.storage.append(&batch).unwrap();
    project
}

fn entry(first_id: i64, last_id: i64, data: &[u8]) -> SegmentEntry {
    let size_bytes = i64::try_from(data.len()).unwrap();
    SegmentEntry { first_id, last_id, first_time: -first_id, last_time: last_id, size_bytes }
}

fn add(database: &Database, project: ProjectId, first_id: i64, last_id: i64) -> bool {
    let data = format!("{first_id}-{last_id}").into_bytes();
    let entry = entry(first_id, last_id, &data);
    database.storage.add_segment(project, &NewSegment { entry, data: &data }).unwrap()
}

fn entries(database: &Database, project: ProjectId) -> Vec<(i64, i64)> {
    let (_, entries) = database.storage.news(project, None, i64::MAX, |_| {}).unwrap();
    entries.unwrap().iter().map(|entry| (entry.first_id, entry.last_id)).collect()
}

fn keeps_segments_with_their_entries(database: &Database) {
    let project = filled(database, 5);
    let data: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let entry = entry(1, 5, &data);
    assert_eq!(entry.count(), 5);
    assert!(database.storage.add_segment(project, &NewSegment { entry, data: &data }).unwrap());
    assert_eq!(database.storage.segment(project, 1).unwrap(), Some(data));
    assert_eq!(database.storage.segment(project, 2).unwrap(), None);
    let (seal, entries) = database.storage.news(project, None, 0, |_| {}).unwrap();
    assert_eq!(entries, Some(vec![entry]));
    assert_eq!(seal.unsealed(), 0);
    assert_eq!(database.storage.seals().unwrap(), [(project, seal)]);
}

fn seals_each_event_once(database: &Database) {
    let project = filled(database, 10);
    assert!(!add(database, project, 2, 4), "a gap before");
    assert!(!add(database, project, 1, 11), "events that are not there");
    assert!(add(database, project, 1, 4));
    assert!(!add(database, project, 1, 4), "again");
    assert!(!add(database, project, 3, 6), "an overlap");
    assert!(add(database, project, 5, 10));
    assert_eq!(entries(database, project), [(1, 4), (5, 10)]);
}

fn concurrent_sealers_seal_each_event_once(database: &Database) {
    let project = filled(database, 40);
    let added = std::thread::scope(|scope| {
        let seal = || (1..=10).filter(|part| add(database, project, part * 4 - 3, part * 4)).count();
        let sealers: Vec<_> = (0..4).map(|_| scope.spawn(seal)).collect();
        sealers.into_iter().map(|sealer| sealer.join().unwrap()).sum::<usize>()
    });
    let expected: Vec<_> = (1..=10).map(|part| (part * 4 - 3, part * 4)).collect();
    // All see the same order, so whoever comes late finds its part sealed.
    assert_eq!(entries(database, project), expected[..added]);
    assert_eq!(added, 10);
}

fn replaces_segments_of_the_known_version_only(database: &Database) {
    let project = filled(database, 9);
    for first in [1, 4, 7] {
        assert!(add(database, project, first, first + 2));
    }
    let version = database.storage.seals().unwrap()[0].1.version;
    let replace = |version| {
        let entry = entry(1, 6, b"larger");
        database.storage.replace_segments(project, version, &NewSegment { entry, data: b"larger" }).unwrap()
    };
    assert!(!replace(version - 1));
    assert_eq!(entries(database, project), [(1, 3), (4, 6), (7, 9)]);
    assert!(replace(version));
    assert!(!replace(version), "the version has grown");
    assert_eq!(entries(database, project), [(1, 6), (7, 9)]);
    assert_eq!(database.storage.segment(project, 1).unwrap().as_deref(), Some(&b"larger"[..]));
}

fn tells_readers_what_is_new(database: &Database) {
    let project = filled(database, 6);
    let news = |known, after| {
        let mut rows = Vec::new();
        let (seal, entries) =
            database.storage.news(project, known, after, |stored| rows.push(stored.id)).unwrap();
        (seal, entries.map(|entries| entries.len()), rows)
    };
    let (seal, segments, rows) = news(None, 0);
    assert_eq!(seal, Seal { version: 0, sealed_id: 0, last_id: 6 });
    assert_eq!((segments, rows), (Some(0), vec![1, 2, 3, 4, 5, 6]));
    assert_eq!(news(Some(seal.version), 4), (seal, None, vec![5, 6]));
    assert_eq!(news(Some(seal.version), 6), (seal, None, vec![]));
    assert!(add(database, project, 1, 5));
    let (sealed, segments, rows) = news(Some(seal.version), 6);
    assert_eq!((sealed.sealed_id, segments, rows), (5, Some(1), vec![6]));
    // Who never asked for this project before gets the same.
    assert_eq!(news(None, 0), (sealed, Some(1), vec![6]));
}

fn dropped_segments_leave_the_rows(database: &Database) {
    let project = filled(database, 3);
    assert!(add(database, project, 1, 3));
    database.storage.drop_segments(project).unwrap();
    assert_eq!(entries(database, project), []);
    let mut rows = 0;
    let (seal, _) = database.storage.news(project, None, 0, |_| rows += 1).unwrap();
    assert_eq!((rows, seal.sealed_id), (3, 0));
    assert!(add(database, project, 1, 3), "they can be sealed again");
}
