//! How projects go: at once for everybody who asks, and in portions from the disk.

use std::collections::BTreeMap;
use std::sync::Barrier;

use domain::{Hidden, Method, ProjectId, Reason, Role, Scopes, StoredEvent, Tally, TimeRange, Verdict};
use storage::{
    Batch, Creation, Delivery, Incoming, NewKey, NewLink, NewSegment, Once, Outcome, SegmentEntry, Storage,
};

use crate::fixture::{Database, account, actor, at, by, created, event, name, project_of};
use crate::on_each_backend;

on_each_backend!(
    a_project_ends_at_once_for_everybody,
    what_a_project_leaves_goes_in_portions,
    one_project_may_be_emptied_by_itself,
    those_that_empty_a_project_together_remove_each_row_once,
    what_comes_for_a_project_that_is_gone_leaves_nothing,
    commits_and_the_end_of_their_project_do_not_disturb_each_other,
);

const TABLES: [&str; 4] = ["events", "segments", "ingest_ledger", "idempotency_keys"];

fn batch(project: ProjectId, events: u64, batch_name: u8) -> Incoming {
    let events = (0..events).map(|us| event("2025-01-01", Method::Get, "/a", "::1", us, 200)).collect();
    let once = Once {
        name_hash: [batch_name; 32],
        body_hash: [1; 32],
        answer: String::new(),
        forgotten_before: at("2024-12-01"),
    };
    let rejected = BTreeMap::from([(Reason::Atomic, 1)]);
    let delivery = Delivery::Batch(Box::new(Batch { events, rejected, once: Some(once) }));
    Incoming { project, delivery, events_per_day: None }
}

fn commit(storage: &Storage, incoming: &Incoming) -> Outcome {
    let incoming = std::slice::from_ref(incoming);
    storage.commit(incoming, &Tally::default(), at("2025-01-01")).unwrap().remove(0)
}

/// A project with something in every table.
fn filled(database: &Database, owner: domain::AccountId) -> ProjectId {
    let storage = &database.storage;
    let project = project_of(storage, owner, "a");
    let hash = [u8::try_from(project.0).unwrap(); 32];
    let key =
        NewKey { name: name("key"), hash, prefix: String::new(), scopes: Scopes::INGEST, expires_at: None };
    created(storage.create_key(project, &key, &by(owner)).unwrap());
    let link =
        NewLink { name: name("link"), hash, filters: Vec::new(), hidden: Hidden::NOTHING, expires_at: None };
    created(storage.create_link(project, &link, &by(owner)).unwrap());
    let to = Some((project, Role::Viewer));
    created(storage.create_invitation(to, &hash, at("2026-01-01"), &by(owner)).unwrap());
    for number in 0..5 {
        assert_eq!(commit(storage, &batch(project, 20, number)), Outcome::Stored);
    }
    for first_id in (1..=90).step_by(10) {
        let entry =
            SegmentEntry { first_id, last_id: first_id + 9, first_time: 0, last_time: 0, size_bytes: 1 };
        assert!(storage.add_segment(project, &NewSegment { entry, data: b"x" }).unwrap());
    }
    project
}

fn rows(database: &Database, table: &str, project: ProjectId) -> i64 {
    let count = format!("SELECT CAST(count(*) AS TEXT) FROM {table} WHERE project_id = {project}");
    database.text(&count).parse().unwrap()
}

fn a_project_ends_at_once_for_everybody(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let (gone, stays) = (filled(database, ann), filled(database, ann));
    assert!(storage.delete_project(gone, &by(ann)).unwrap());
    assert!(!storage.delete_project(gone, &by(ann)).unwrap());
    for table in ["api_keys", "members", "links", "invitations", "audit"] {
        assert_eq!(rows(database, table, gone), 0, "{table}");
        assert_ne!(rows(database, table, stays), 0, "{table}");
    }
    let hash = [u8::try_from(gone.0).unwrap(); 32];
    assert!(storage.grants(&[hash]).unwrap().is_empty());
    assert_eq!(storage.link(&hash).unwrap(), None);
    assert_eq!(storage.accept_invitation(&hash, ann, &by(ann)).unwrap(), None);
    assert_eq!((storage.project(gone).unwrap(), storage.settings(gone).unwrap()), (None, None));
    assert_eq!(storage.membership(gone, ann).unwrap(), None);
    assert_eq!(storage.seals().unwrap().iter().map(|(project, _)| *project).collect::<Vec<_>>(), [stays]);
    assert_eq!(commit(storage, &batch(gone, 1, 99)), Outcome::UnknownProject);
    assert_eq!(commit(storage, &batch(stays, 1, 99)), Outcome::Stored);
    assert!(project_of(storage, ann, "new") > stays, "its number is not used again");
}

fn what_a_project_leaves_goes_in_portions(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let [gone, stays, also_gone] = [0; 3].map(|_| filled(database, ann));
    assert!(!storage.purge_deleted(10).unwrap(), "nothing is deleted");
    storage.delete_project(gone, &by(ann)).unwrap();
    storage.delete_project(also_gone, &by(ann)).unwrap();
    let counts = |project| TABLES.map(|table| rows(database, table, project));
    let (before, untouched) = (counts(gone), counts(stays));
    assert_eq!(before, [100, 9, 2, 5]);
    let mut steps = 0;
    let mut left: i64 = counts(gone).iter().sum::<i64>() + counts(also_gone).iter().sum::<i64>();
    while storage.purge_deleted(10).unwrap() {
        let now = counts(gone).iter().sum::<i64>() + counts(also_gone).iter().sum::<i64>();
        assert!(left - now <= 10, "{left} {now}");
        (left, steps) = (now, steps + 1);
        assert!(steps < 100);
    }
    assert_eq!((counts(gone), counts(also_gone)), ([0; 4], [0; 4]));
    assert_eq!(counts(stays), untouched);
    assert_eq!(rows(database, "deleted_projects", gone), 0);
}

fn one_project_may_be_emptied_by_itself(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let [earlier, gone, stays] = [0; 3].map(|_| filled(database, ann));
    assert_eq!(storage.purge_project(gone, 10).unwrap(), None, "it is not deleted");
    storage.delete_project(earlier, &by(ann)).unwrap();
    storage.delete_project(gone, &by(ann)).unwrap();
    let counts = |project| TABLES.map(|table| rows(database, table, project));
    let untouched = (counts(earlier), counts(stays));
    let (mut events, mut steps) = (0, 0);
    while let Some(removed) = storage.purge_project(gone, 10).unwrap() {
        assert!(removed <= 10, "{removed}");
        (events, steps) = (events + removed, steps + 1);
        assert_eq!(counts(gone)[0], 100 - i64::try_from(events).unwrap());
        assert!(steps < 100);
    }
    assert_eq!((events, counts(gone)), (100, [0; 4]));
    assert_eq!((counts(earlier), counts(stays)), untouched);
    assert_eq!(storage.purge_project(gone, 10).unwrap(), None);
    assert_eq!(rows(database, "deleted_projects", gone), 0);
    assert_eq!(rows(database, "deleted_projects", earlier), 1);
}

fn those_that_empty_a_project_together_remove_each_row_once(database: &Database) {
    let storage = &database.storage;
    let other = Storage::open(&database.url).unwrap();
    let ann = account(storage, "ann");
    for _ in 0..5 {
        let gone = filled(database, ann);
        storage.delete_project(gone, &by(ann)).unwrap();
        let start = Barrier::new(3);
        let empty = |storage: &Storage| {
            start.wait();
            let mut events = 0;
            while let Some(removed) = storage.purge_project(gone, 7).unwrap() {
                events += removed;
            }
            events
        };
        let events = std::thread::scope(|scope| {
            let first = scope.spawn(|| empty(storage));
            let second = scope.spawn(|| empty(&other));
            start.wait();
            while storage.purge_deleted(7).unwrap() {}
            first.join().unwrap() + second.join().unwrap()
        });
        assert!(events <= 100, "{events}");
        assert_eq!(TABLES.map(|table| rows(database, table, gone)), [0; 4]);
    }
}

fn what_comes_for_a_project_that_is_gone_leaves_nothing(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let (gone, stays) = (project_of(storage, ann, "a"), project_of(storage, ann, "b"));
    storage.delete_project(gone, &by(ann)).unwrap();
    let mut refused = Tally::default();
    refused.record(gone, at("2025-01-01"), Verdict::Rejected(Reason::Other), 3);
    refused.record(stays, at("2025-01-01"), Verdict::Rejected(Reason::Other), 4);
    // With and without events; with a quota; a name that comes twice.
    let with_quota = Incoming { events_per_day: Some(5), ..batch(gone, 2, 3) };
    let incoming = [batch(gone, 2, 1), batch(gone, 0, 2), batch(gone, 2, 1), with_quota];
    let outcomes = storage.commit(&incoming, &refused, at("2025-01-01")).unwrap();
    assert_eq!(outcomes, vec![Outcome::UnknownProject; 4]);
    // Nothing but refusals, and nothing but a batch without a good event.
    storage.commit(&[], &refused, at("2025-01-01")).unwrap();
    assert_eq!(commit(storage, &batch(gone, 0, 4)), Outcome::UnknownProject);
    assert_eq!(TABLES.map(|table| rows(database, table, gone)), [0; 4]);
    assert_eq!(storage.ledger(stays, TimeRange::ALL).unwrap().total.received, 8);
}

fn commits_and_the_end_of_their_project_do_not_disturb_each_other(database: &Database) {
    let storage = &database.storage;
    let other = Storage::open(&database.url).unwrap();
    let ann = account(storage, "ann");
    for _ in 0..5 {
        let (gone, stays) = (project_of(storage, ann, "a"), project_of(storage, ann, "b"));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..20 {
                    let incoming =
                        [batch(stays, 2, number), batch(gone, 2, number), batch(gone, 0, number + 100)];
                    other.commit(&incoming, &Tally::default(), at("2025-01-01")).unwrap();
                }
            });
            scope.spawn(|| {
                std::thread::yield_now();
                assert!(storage.delete_project(gone, &by(ann)).unwrap());
                while storage.purge_deleted(100).unwrap() {}
            });
        });
        while storage.purge_deleted(100).unwrap() {}
        assert_eq!(TABLES.map(|table| rows(database, table, gone)), [0; 4]);
        let mut events = 0;
        storage.events(stays, 1..=i64::MAX, |_: StoredEvent| events += 1).unwrap();
        assert_eq!(events, 40);
        let key = NewKey {
            name: name("late"),
            hash: [250; 32],
            prefix: String::new(),
            scopes: Scopes::INGEST,
            expires_at: None,
        };
        assert_eq!(storage.create_key(gone, &key, &actor("ann")).unwrap(), Creation::Unknown);
    }
}
