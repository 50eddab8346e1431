//! What keys open, and when they were used.

use domain::{KeyId, ProjectSettings, Quota, Scopes, Zone};
use storage::{KeyGrant, NewKey, StorageError};

use crate::fixture::{Database, actor, at, created, name, project};
use crate::on_each_backend;

on_each_backend!(
    finds_the_keys_that_are_not_revoked,
    finds_any_number_of_keys,
    a_damaged_project_is_an_error_of_its_own_keys,
    notes_when_keys_were_used_to_the_minute,
    never_notes_an_earlier_use,
    processes_that_note_uses_do_not_wait_for_each_other_in_a_circle,
);

fn key(database: &Database, project: domain::ProjectId, hash: u8) -> KeyId {
    let new = NewKey {
        name: name("key"),
        hash: [hash; 32],
        prefix: "pre".to_owned(),
        scopes: Scopes::INGEST,
        expires_at: (hash == 2).then(|| at("2025-01-02")),
    };
    created(database.storage.create_key(project, &new, &actor("ann")).unwrap()).id
}

fn finds_the_keys_that_are_not_revoked(database: &Database) {
    let storage = &database.storage;
    let (one, other) = (project(storage, 1), project(storage, 2));
    let [first, second, third] = [(1, one), (2, other), (3, one)].map(|(hash, of)| key(database, of, hash));
    let settings = ProjectSettings {
        timezone: Some(Zone::parse("Europe/Berlin").unwrap()),
        quota: Quota { events_per_day: Some(7), ..Quota::default() },
    };
    storage.put_settings(other, &settings, None, &actor("ann")).unwrap();
    storage.revoke_key(one, third, &actor("ann")).unwrap();
    let mut found = storage.grants(&[[3; 32], [2; 32], [1; 32], [9; 32]]).unwrap();
    found.sort_by_key(|(hash, _)| *hash);
    let found: Vec<_> = found.into_iter().map(|(hash, grant)| (hash, grant.unwrap())).collect();
    let grant = |key, project, expires_at, settings| KeyGrant {
        key,
        project,
        scopes: Scopes::INGEST,
        expires_at,
        settings,
    };
    let of_first = grant(first, one, None, ProjectSettings::default());
    let of_second = grant(second, other, Some(at("2025-01-02")), settings);
    assert_eq!(found, [([1; 32], of_first), ([2; 32], of_second)]);
    assert!(storage.grants(&[]).unwrap().is_empty());
}

fn finds_any_number_of_keys(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    key(database, project, 1);
    let mut hashes: Vec<[u8; 32]> = (0..2500_u32)
        .map(|number| {
            let mut hash = [9; 32];
            hash[..4].copy_from_slice(&number.to_le_bytes());
            hash
        })
        .collect();
    hashes.push([1; 32]);
    assert_eq!(storage.grants(&hashes).unwrap().len(), 1);
}

fn a_damaged_project_is_an_error_of_its_own_keys(database: &Database) {
    let storage = &database.storage;
    let [settings, scopes, good] = [1, 2, 3].map(|number| project(storage, number));
    for (hash, project) in [(1, settings), (2, scopes), (3, good)] {
        key(database, project, hash);
    }
    database.execute(&format!("UPDATE projects SET settings = '{{\"x\": 1}}' WHERE id = {settings}"));
    database.execute(&format!("UPDATE api_keys SET scopes = 'everything' WHERE project_id = {scopes}"));
    for (hash, grant) in storage.grants(&[[1; 32], [2; 32], [3; 32]]).unwrap() {
        match grant {
            Ok(grant) => assert_eq!((hash, grant.project), ([3; 32], good)),
            Err(StorageError::DamagedRow { column, .. }) => {
                assert_eq!(column, if hash == [1; 32] { "settings" } else { "scopes" });
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(matches!(storage.settings(settings), Err(StorageError::DamagedRow { .. })));
    assert!(matches!(storage.keys(scopes, None, 9), Err(StorageError::DamagedRow { .. })));
}

fn uses(database: &Database, project: domain::ProjectId) -> Vec<Option<String>> {
    let keys = database.storage.keys(project, None, 100).unwrap();
    keys.iter().map(|key| key.last_used_at.map(|at| at.to_string())).collect()
}

fn notes_when_keys_were_used_to_the_minute(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    let [first, second, _] = [1, 2, 3].map(|hash| key(database, project, hash));
    storage
        .touch_keys(&[
            (second, at("2025-01-01T10:00:59.999999Z")),
            (first, at("2025-01-01T10:02:00Z")),
            (second, at("2025-01-01T10:01:30Z")),
            (KeyId(second.0 + 1000), at("2025-01-01T10:01:30Z")),
        ])
        .unwrap();
    let expected = [Some("2025-01-01T10:02:00Z"), Some("2025-01-01T10:01:00Z"), None];
    assert_eq!(uses(database, project), expected.map(|text| text.map(str::to_owned)));
    storage.touch_keys(&[]).unwrap();
}

fn never_notes_an_earlier_use(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    let key = key(database, project, 1);
    for time in ["2025-01-01T10:02:00Z", "2025-01-01T10:01:00Z"] {
        storage.touch_keys(&[(key, at(time))]).unwrap();
    }
    assert_eq!(uses(database, project), [Some("2025-01-01T10:02:00Z".to_owned())]);
}

fn processes_that_note_uses_do_not_wait_for_each_other_in_a_circle(database: &Database) {
    let project = project(&database.storage, 1);
    let keys: Vec<_> = (1..=20).map(|hash| key(database, project, hash)).collect();
    let other = storage::Storage::open(&database.url).unwrap();
    std::thread::scope(|scope| {
        for (storage, turn) in [(&database.storage, 0), (&other, 1)] {
            let keys = &keys;
            scope.spawn(move || {
                for round in 0..20 {
                    // Which key was used in which minute differs between the processes.
                    let minute = |place: usize| ["10:00", "10:01"][(place + turn) % 2];
                    let used = keys.iter().enumerate().map(|(place, key)| {
                        (*key, at(&format!("2025-01-{:02}T{}:00Z", round + 1, minute(place))))
                    });
                    storage.touch_keys(&used.collect::<Vec<_>>()).unwrap();
                }
            });
        }
    });
    assert!(uses(database, project).iter().all(Option::is_some));
}
