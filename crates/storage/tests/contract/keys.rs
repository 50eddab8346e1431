//! API keys: made, changed, rotated, revoked.

use domain::{KeyId, ProjectId, Scope, Scopes};
use storage::{Creation, KeyChange, KeyChanges, KeyRecord, NewKey, NewSecret, Storage};

use crate::fixture::{
    Database, account, actor, actor_at, at, at_once, by, created, name, project, project_of,
};
use crate::on_each_backend;

on_each_backend!(
    keeps_every_field_of_a_key,
    lists_keys_page_by_page,
    changes_what_is_named_and_nothing_else,
    revokes_a_key_once,
    a_rotated_key_has_a_successor_and_an_end,
    a_key_that_has_ended_stays_as_it_is,
    keys_of_other_projects_are_not_found,
    a_project_has_a_bounded_number_of_keys_in_force,
    the_oldest_ended_key_is_forgotten_beyond_a_thousand,
    a_bound_holds_for_many_at_once,
);

fn new_key(hash: u8) -> NewKey {
    NewKey {
        name: name(&format!("key {hash}")),
        hash: [hash; 32],
        prefix: "pre".to_owned(),
        scopes: Scopes::INGEST,
        expires_at: None,
    }
}

fn secret(hash: u8) -> NewSecret {
    NewSecret { hash: [hash; 32], prefix: "new".to_owned() }
}

fn key(storage: &Storage, project: ProjectId, hash: u8) -> KeyRecord {
    created(storage.create_key(project, &new_key(hash), &actor("ann")).unwrap())
}

fn changed(change: KeyChange) -> KeyRecord {
    match change {
        KeyChange::Changed(key) => key,
        other => panic!("{other:?}"),
    }
}

fn all(storage: &Storage, project: ProjectId) -> Vec<KeyRecord> {
    storage.keys(project, None, 2000).unwrap()
}

fn keeps_every_field_of_a_key(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let project = project_of(storage, ann, "shop");
    let scopes = Scopes::of(Scope::ALL).unwrap();
    let new = NewKey { scopes, expires_at: Some(at("2026-01-01")), ..new_key(1) };
    let key = created(storage.create_key(project, &new, &by(ann)).unwrap());
    assert_eq!((key.project, key.name.as_str(), key.prefix.as_deref()), (project, "key 1", Some("pre")));
    assert_eq!((key.scopes, key.created_at, key.created_by), (scopes, at("2025-01-01"), Some(ann)));
    assert_eq!((key.expires_at, key.last_used_at, key.revoked_at), (Some(at("2026-01-01")), None, None));
    assert_eq!(all(storage, project), [key]);
    let unknown = storage.create_key(ProjectId(project.0 + 1), &new_key(2), &by(ann)).unwrap();
    assert_eq!(unknown, Creation::Unknown);
    assert!(storage.create_key(project, &new_key(1), &by(ann)).is_err(), "a hash is unique");
}

fn lists_keys_page_by_page(database: &Database) {
    let storage = &database.storage;
    let (one, other) = (project(storage, 1), project(storage, 2));
    let keys: Vec<_> = (1..=3).map(|hash| key(storage, one, hash)).collect();
    key(storage, other, 4);
    assert_eq!(storage.keys(one, None, 2).unwrap(), keys[..2]);
    assert_eq!(storage.keys(one, Some(keys[1].id), 2).unwrap(), keys[2..]);
}

fn changes_what_is_named_and_nothing_else(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    let (one, other) = (key(storage, project, 1), key(storage, project, 2));
    let change = |changes| changed(storage.update_key(project, one.id, &changes, &actor("ann")).unwrap());
    let renamed = change(KeyChanges { name: Some(name("new")), ..KeyChanges::default() });
    assert_eq!(renamed, KeyRecord { name: name("new"), ..one.clone() });
    let ending = change(KeyChanges { expires_at: Some(Some(at("2026-01-01"))), ..KeyChanges::default() });
    assert_eq!(ending.expires_at, Some(at("2026-01-01")));
    let reading = change(KeyChanges { scopes: Some(Scopes::READ), ..KeyChanges::default() });
    assert_eq!((reading.scopes, reading.expires_at), (Scopes::READ, Some(at("2026-01-01"))));
    let endless = change(KeyChanges { expires_at: Some(None), ..KeyChanges::default() });
    assert_eq!(all(storage, project), [endless.clone(), other]);
    assert_eq!(endless, KeyRecord { name: name("new"), scopes: Scopes::READ, ..one });
}

fn revokes_a_key_once(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    let key = key(storage, project, 1);
    assert!(storage.revoke_key(project, key.id, &actor_at("ann", "2025-02-01")).unwrap());
    assert!(storage.revoke_key(project, key.id, &actor_at("ann", "2025-03-01")).unwrap());
    assert_eq!(all(storage, project)[0].revoked_at, Some(at("2025-02-01")));
    assert!(!storage.revoke_key(project, KeyId(key.id.0 + 1), &actor("ann")).unwrap());
    let entries = storage.audit(project, None, 10).unwrap();
    let revoked = entries.iter().filter(|(_, entry)| entry.action == storage::action::KEY_REVOKE);
    assert_eq!(revoked.count(), 1);
}

fn a_rotated_key_has_a_successor_and_an_end(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    let old = key(storage, project, 1);
    let rotate = |key, hash, until| {
        changed(storage.rotate_key(project, key, &secret(hash), at(until), &actor("ann")).unwrap())
    };
    let new = rotate(old.id, 2, "2025-02-01");
    assert_eq!((new.name.clone(), new.scopes, new.expires_at), (old.name.clone(), old.scopes, None));
    assert_eq!(new.prefix.as_deref(), Some("new"));
    let ending = KeyRecord { expires_at: Some(at("2025-02-01")), ..old };
    assert_eq!(all(storage, project), [ending, new.clone()]);
    // An end of its own that comes earlier stays, and the successor has it, too.
    let end = KeyChanges { expires_at: Some(Some(at("2025-06-01"))), ..KeyChanges::default() };
    changed(storage.update_key(project, new.id, &end, &actor("ann")).unwrap());
    let newer = rotate(new.id, 3, "2025-07-01");
    assert_eq!(newer.expires_at, Some(at("2025-06-01")));
    assert_eq!(all(storage, project)[1].expires_at, Some(at("2025-06-01")));
    let found: Vec<_> = [[1; 32], [2; 32], [3; 32]].to_vec();
    assert_eq!(storage.grants(&found).unwrap().len(), 3);
}

fn a_key_that_has_ended_stays_as_it_is(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    let revoked = key(storage, project, 1);
    assert!(storage.revoke_key(project, revoked.id, &actor("ann")).unwrap());
    let expiring = NewKey { expires_at: Some(at("2025-02-01")), ..new_key(2) };
    let expired = created(storage.create_key(project, &expiring, &actor("ann")).unwrap());
    let before = all(storage, project);
    let late = actor_at("ann", "2025-02-01");
    for key in [revoked.id, expired.id] {
        let rotated = storage.rotate_key(project, key, &secret(3), at("2025-03-01"), &late).unwrap();
        assert_eq!(rotated, KeyChange::Ended);
        let longer = KeyChanges { expires_at: Some(None), ..KeyChanges::default() };
        assert_eq!(storage.update_key(project, key, &longer, &late).unwrap(), KeyChange::Ended);
    }
    assert_eq!(all(storage, project), before);
}

fn keys_of_other_projects_are_not_found(database: &Database) {
    let storage = &database.storage;
    let (one, other) = (project(storage, 1), project(storage, 2));
    let key = key(storage, one, 1);
    let by = actor("ann");
    for project in [other, ProjectId(other.0 + 1)] {
        assert!(!storage.revoke_key(project, key.id, &by).unwrap());
        let rotated = storage.rotate_key(project, key.id, &secret(2), at("2025-02-01"), &by).unwrap();
        assert_eq!(rotated, KeyChange::Unknown);
        let changes = KeyChanges { name: Some(name("new")), ..KeyChanges::default() };
        assert_eq!(storage.update_key(project, key.id, &changes, &by).unwrap(), KeyChange::Unknown);
    }
    assert_eq!(all(storage, one), [key]);
}

fn a_project_has_a_bounded_number_of_keys_in_force(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    let keys: Vec<_> = (0..100).map(|hash| key(storage, project, hash)).collect();
    let create = |hash| storage.create_key(project, &new_key(hash), &actor("ann")).unwrap();
    assert_eq!(create(100), Creation::Full);
    let rotated = storage.rotate_key(project, keys[0].id, &secret(100), at("2025-02-01"), &actor("ann"));
    assert_eq!(rotated.unwrap(), KeyChange::Full);
    assert_eq!(all(storage, project), keys);
    assert!(storage.revoke_key(project, keys[0].id, &actor("ann")).unwrap());
    created(create(100));
    assert_eq!(create(101), Creation::Full);
    // Keys that have expired do not count.
    let end = KeyChanges { expires_at: Some(Some(at("2025-01-02"))), ..KeyChanges::default() };
    changed(storage.update_key(project, keys[1].id, &end, &actor("ann")).unwrap());
    assert_eq!(create(101), Creation::Full);
    created(storage.create_key(project, &new_key(101), &actor_at("ann", "2025-01-02")).unwrap());
}

fn the_oldest_ended_key_is_forgotten_beyond_a_thousand(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    let first = key(storage, project, 1);
    let second = key(storage, project, 2);
    assert!(storage.revoke_key(project, second.id, &actor("ann")).unwrap());
    let hash = if database.is_sqlite() { "randomblob(32)" } else { "sha256(n::text::bytea)" };
    database.execute(&format!(
        "INSERT INTO api_keys (project_id, name, key_hash, scopes, created_at, revoked_at)
             WITH RECURSIVE numbers (n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000)
             SELECT {project}, 'old', {hash}, 'ingest', 0, 0 FROM numbers"
    ));
    assert_eq!(all(storage, project).len(), 1000);
    let new = key(storage, project, 3);
    let keys = all(storage, project);
    assert_eq!((keys.len(), &keys[0], &keys[999]), (1000, &first, &new));
    assert!(keys.iter().all(|key| key.id != second.id));
}

fn a_bound_holds_for_many_at_once(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    (0..97).for_each(|hash| drop(key(storage, project, hash)));
    at_once(&database.processes(8), |storage, number| {
        let hash = 100 + u8::try_from(number).unwrap();
        storage.create_key(project, &new_key(hash), &actor("ann")).unwrap()
    });
    assert_eq!(all(storage, project).len(), 100);
}
