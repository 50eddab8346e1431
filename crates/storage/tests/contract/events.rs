//! Batches of events.

use domain::{Extras, Method, ProjectId, StoredEvent};

use crate::fixture::{Database, event, project};
use crate::on_each_backend;

on_each_backend!(
    keeps_every_field,
    numbers_events_without_gaps_for_each_project,
    stores_batches_of_any_size,
    stores_nothing_for_projects_that_do_not_exist,
    numbers_stay_unique_under_concurrent_writers,
    hands_out_a_range_of_numbers_with_both_ends,
);

/// All events of a project in the order of their numbers.
fn all(database: &Database, project: ProjectId) -> Vec<StoredEvent> {
    let mut events = Vec::new();
    database.storage.events(project, 1..=i64::MAX, |stored| events.push(stored)).unwrap();
    events
}

fn keeps_every_field(database: &Database) {
    let project = project(&database.storage, 1);
    let plain = event("0001-01-01", Method::Trace, "/ж/用", "", 0, 100);
    let full =
        event("9999-12-31T23:59:59.999999Z", Method::Get, "/%_'", "2001:db8::1", 1_000_000_000_000_000, 599)
            .with_extras(Extras {
                route: Some("/{x}".to_owned()),
                user_agent: Some("curl".to_owned()),
                hostname: Some("a.example".to_owned()),
                consumer: Some("ann".to_owned()),
                request_bytes: Some(0),
                response_bytes: Some(i64::MAX.unsigned_abs()),
            });
    database.storage.append(&[(project, plain.clone()), (project, full.clone())]).unwrap();
    let events: Vec<_> = all(database, project).into_iter().map(|stored| stored.event).collect();
    assert_eq!(events, [plain, full]);
}

fn numbers_events_without_gaps_for_each_project(database: &Database) {
    let (first, second) = (project(&database.storage, 1), project(&database.storage, 2));
    let event = |name: &str| event("2025-01-01", Method::Get, name, "::1", 1, 200);
    for round in 0..3 {
        let batch = [(first, event("/a")), (second, event("/b")), (first, event(&format!("/{round}")))];
        assert!(database.storage.append(&batch).unwrap().is_empty());
    }
    let ids = |project| all(database, project).iter().map(|stored| stored.id).collect::<Vec<_>>();
    assert_eq!(ids(first), [1, 2, 3, 4, 5, 6]);
    assert_eq!(ids(second), [1, 2, 3]);
    assert_eq!(all(database, first)[5].event.endpoint(), "/2");
}

fn stores_batches_of_any_size(database: &Database) {
    let project = project(&database.storage, 1);
    let mut stored = 0;
    for size in [0, 1, 63, 64, 500, 501, 1200] {
        let batch: Vec<_> =
            (0..size).map(|us| (project, event("2025-01-01", Method::Get, "/a", "::1", us, 200))).collect();
        database.storage.append(&batch).unwrap();
        stored += batch.len();
    }
    assert_eq!(all(database, project).len(), stored);
}

fn stores_nothing_for_projects_that_do_not_exist(database: &Database) {
    let known = project(&database.storage, 1);
    let unknown = ProjectId(known.0 + 1000);
    let event = event("2025-01-01", Method::Get, "/a", "::1", 1, 200);
    let refused = database.storage.append(&[(unknown, event.clone()), (known, event)]).unwrap();
    assert_eq!(refused, [unknown]);
    assert_eq!(all(database, known).len(), 1);
    assert!(all(database, unknown).is_empty());
}

fn numbers_stay_unique_under_concurrent_writers(database: &Database) {
    let projects = [project(&database.storage, 1), project(&database.storage, 2)];
    std::thread::scope(|scope| {
        for writer in 0..4_usize {
            scope.spawn(move || {
                for _ in 0..10 {
                    // Writers name the projects in different orders.
                    let batch = [0, 1, 1, 0].map(|place: usize| {
                        let project = projects[(place + writer) % 2];
                        (project, event("2025-01-01", Method::Get, "/a", "::1", 1, 200))
                    });
                    database.storage.append(&batch).unwrap();
                }
            });
        }
    });
    for project in projects {
        let ids: Vec<_> = all(database, project).iter().map(|stored| stored.id).collect();
        assert_eq!(ids, (1..=80).collect::<Vec<_>>());
    }
}

fn hands_out_a_range_of_numbers_with_both_ends(database: &Database) {
    let (project, other) = (project(&database.storage, 1), project(&database.storage, 2));
    let event = |us| event("2025-01-01", Method::Get, "/a", "::1", us, 200);
    let batch: Vec<_> = (1..=5).flat_map(|us| [(project, event(us)), (other, event(us))]).collect();
    database.storage.append(&batch).unwrap();
    let mut seen = Vec::new();
    let visit = |stored: StoredEvent| seen.push((stored.id, stored.event.process_time().as_micros()));
    database.storage.events(project, 2..=4, visit).unwrap();
    assert_eq!(seen, [(2, 2), (3, 3), (4, 4)]);
}
