//! Settings of projects: one document, with a version.

use domain::{ProjectId, ProjectSettings, Quota, Zone};
use storage::{SettingsChange, Storage, StorageError};

use crate::fixture::{Database, actor, at_once, project};
use crate::on_each_backend;

on_each_backend!(
    keeps_the_whole_document_with_its_version,
    changes_the_expected_version_only,
    of_many_that_expect_the_same_version_one_is_stored,
    a_document_that_cannot_be_read_is_damage,
);

fn settings(events_per_day: u64) -> ProjectSettings {
    ProjectSettings {
        timezone: Some(Zone::parse("Asia/Kathmandu").unwrap()),
        quota: Quota { events_per_day: Some(events_per_day), ..Quota::default() },
    }
}

fn put(storage: &Storage, project: ProjectId, events: u64, expected: Option<i64>) -> SettingsChange {
    storage.put_settings(project, &settings(events), expected, &actor("ann")).unwrap()
}

fn keeps_the_whole_document_with_its_version(database: &Database) {
    let storage = &database.storage;
    let (one, other) = (project(storage, 1), project(storage, 2));
    assert_eq!(storage.settings(one).unwrap(), Some((ProjectSettings::default(), 0)));
    assert_eq!(put(storage, one, 7, None), SettingsChange::Stored(1));
    assert_eq!(storage.settings(one).unwrap(), Some((settings(7), 1)));
    assert_eq!(storage.settings(other).unwrap(), Some((ProjectSettings::default(), 0)));
    assert_eq!(storage.settings(ProjectId(other.0 + 1)).unwrap(), None);
    assert_eq!(put(storage, ProjectId(other.0 + 1), 7, None), SettingsChange::Unknown);
}

fn changes_the_expected_version_only(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    assert_eq!(put(storage, project, 1, Some(1)), SettingsChange::Conflict(0));
    assert_eq!(put(storage, project, 2, Some(0)), SettingsChange::Stored(1));
    assert_eq!(put(storage, project, 3, Some(0)), SettingsChange::Conflict(1));
    assert_eq!(storage.settings(project).unwrap(), Some((settings(2), 1)));
}

fn of_many_that_expect_the_same_version_one_is_stored(database: &Database) {
    let project = project(&database.storage, 1);
    let processes = database.processes(6);
    for version in 0..5 {
        let outcomes = at_once(&processes, |storage, number| {
            put(storage, project, u64::try_from(number).unwrap() + 1, Some(version))
        });
        let stored = outcomes.iter().filter(|outcome| **outcome == SettingsChange::Stored(version + 1));
        assert_eq!(stored.count(), 1, "{outcomes:?}");
    }
}

fn a_document_that_cannot_be_read_is_damage(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    for document in ["", "[]", "{\"x\": 1}", "{\"quota\": {\"events_per_day\": 0}}"] {
        database.execute(&format!("UPDATE projects SET settings = '{document}'"));
        let error = storage.settings(project).unwrap_err();
        let column = "settings";
        assert!(matches!(error, StorageError::DamagedRow { column: c, .. } if c == column), "{document}");
    }
    // It can be put right.
    assert_eq!(put(storage, project, 1, Some(0)), SettingsChange::Stored(1));
    assert!(storage.settings(project).is_ok());
}
