//! Deliveries: events, ledger and idempotency in one transaction.

use std::collections::BTreeMap;

use domain::{Ledger, Method, ProjectId, Reason, RequestEvent, Rule, StoredEvent, Tally, TimeRange, Verdict};
use storage::{Batch, Delivery, Incoming, Once, Outcome};

use crate::fixture::{Database, at, event, project};
use crate::on_each_backend;

on_each_backend!(
    stores_events_and_batches_in_the_order_given,
    enters_what_became_of_every_event_into_the_ledger,
    adds_up_the_ledger_over_commits,
    knows_a_batch_that_comes_again_in_the_same_commit_or_later,
    stores_nothing_under_the_name_of_another_batch,
    forgets_batches_after_their_time,
    forgets_the_oldest_batches_in_bounded_steps,
    stores_nothing_for_projects_that_do_not_exist,
    concurrent_commits_of_one_batch_store_it_once,
    concurrent_commits_do_not_wait_for_each_other_in_a_circle,
);

const NOW: &str = "2025-06-01T10:20:30Z";
const BAD_STATUS: Reason = Reason::Field("status_code", Rule::Range);

fn plain(endpoint: &str) -> RequestEvent {
    event("2025-01-01", Method::Get, endpoint, "::1", 1, 200)
}

fn single(endpoint: &str) -> Delivery {
    Delivery::Event(plain(endpoint))
}

fn batch(events: usize, rejected: u64, once: Option<Once>) -> Delivery {
    let events = (0..events).map(|number| plain(&format!("/{number}"))).collect();
    Delivery::Batch(Box::new(Batch { events, rejected: BTreeMap::from([(BAD_STATUS, rejected)]), once }))
}

fn once(name: u8, body: u8, answer: &str) -> Option<Once> {
    let forgotten_before = at("2025-05-31T10:20:30Z");
    Some(Once { name_hash: [name; 32], body_hash: [body; 32], answer: answer.to_owned(), forgotten_before })
}

fn commit(database: &Database, deliveries: &[(ProjectId, Delivery)], now: &str) -> Vec<Outcome> {
    database.storage.commit(&incoming(deliveries), &Tally::default(), at(now)).unwrap()
}

fn incoming(deliveries: &[(ProjectId, Delivery)]) -> Vec<Incoming> {
    let incoming = |(project, delivery): &(ProjectId, Delivery)| Incoming {
        project: *project,
        delivery: delivery.clone(),
        events_per_day: None,
    };
    deliveries.iter().map(incoming).collect()
}

fn endpoints(database: &Database, project: ProjectId) -> Vec<String> {
    let mut endpoints = Vec::new();
    let visit = |stored: StoredEvent| endpoints.push(stored.event.endpoint().to_owned());
    database.storage.events(project, 1..=i64::MAX, visit).unwrap();
    endpoints
}

fn ledger(database: &Database, project: ProjectId) -> Ledger {
    database.storage.ledger(project, TimeRange::ALL).unwrap()
}

fn stores_events_and_batches_in_the_order_given(database: &Database) {
    let (first, second) = (project(&database.storage, 1), project(&database.storage, 2));
    let deliveries = [
        (second, single("/a")),
        (first, single("/b")),
        (second, batch(130, 0, None)),
        (first, batch(0, 3, None)),
        (second, single("/c")),
    ];
    assert_eq!(commit(database, &deliveries, NOW), vec![Outcome::Stored; 5]);
    let mut newest = Vec::new();
    database.storage.events(second, 131..=i64::MAX, |stored| newest.push(stored)).unwrap();
    let newest: Vec<_> = newest.iter().map(|stored| (stored.id, stored.event.endpoint())).collect();
    assert_eq!(newest, [(131, "/129"), (132, "/c")]);
    assert_eq!(endpoints(database, first), ["/b"]);
}

fn enters_what_became_of_every_event_into_the_ledger(database: &Database) {
    let (first, second) = (project(&database.storage, 1), project(&database.storage, 2));
    let mut refused = Tally::default();
    refused.record(second, at("2025-06-01T09:59:59Z"), Verdict::Rejected(Reason::Other), 2);
    let deliveries = [(first, single("/a")), (first, batch(3, 2, None)), (second, batch(1, 0, None))];
    database.storage.commit(&incoming(&deliveries), &refused, at(NOW)).unwrap();
    let counts = ledger(database, first).total;
    assert_eq!((counts.received, counts.stored, counts.duplicate), (6, 4, 0));
    assert_eq!(counts.rejected, BTreeMap::from([("status_code.range".to_owned(), 2)]));
    let hours = ledger(database, second).hours;
    assert_eq!(hours.len(), 2);
    assert_eq!(hours[0].hour, at("2025-06-01T09:00:00Z"));
    assert_eq!((hours[0].counts.received, hours[0].counts.stored), (2, 0));
    assert_eq!((hours[1].counts.received, hours[1].counts.stored), (1, 1));
    let range = TimeRange::new(at("2025-06-01T10:00:00Z"), at("2025-06-01T10:00:00Z")).unwrap();
    assert_eq!(database.storage.ledger(second, range).unwrap().total.received, 1);
}

fn adds_up_the_ledger_over_commits(database: &Database) {
    let project = project(&database.storage, 1);
    for now in ["2025-06-01T10:00:00Z", "2025-06-01T10:59:59.999999Z", "2025-06-01T11:00:00Z"] {
        commit(database, &[(project, batch(2, 1, None)), (project, single("/a"))], now);
    }
    let ledger = ledger(database, project);
    let hours: Vec<_> = ledger.hours.iter().map(|hour| (hour.hour, hour.counts.received)).collect();
    assert_eq!(hours, [(at("2025-06-01T10:00:00Z"), 8), (at("2025-06-01T11:00:00Z"), 4)]);
    assert_eq!(ledger.total.stored, 9);
}

fn knows_a_batch_that_comes_again_in_the_same_commit_or_later(database: &Database) {
    let (first, second) = (project(&database.storage, 1), project(&database.storage, 2));
    let replayed = |answer: &str| Outcome::Replayed(answer.to_owned());
    let deliveries = [
        (first, batch(2, 1, once(1, 1, "first"))),
        (first, batch(2, 1, once(1, 1, "second"))),
        (second, batch(2, 1, once(1, 1, "third"))),
    ];
    let outcomes = commit(database, &deliveries, NOW);
    assert_eq!(outcomes, [Outcome::Stored, replayed("first"), Outcome::Stored]);
    let again = commit(database, &[(first, batch(2, 1, once(1, 1, "fourth")))], NOW);
    assert_eq!(again, [replayed("first")]);
    assert_eq!(endpoints(database, first).len(), 2);
    let counts = ledger(database, first).total;
    assert_eq!((counts.received, counts.stored, counts.duplicate), (9, 2, 6));
}

fn stores_nothing_under_the_name_of_another_batch(database: &Database) {
    let project = project(&database.storage, 1);
    commit(database, &[(project, batch(2, 0, once(1, 1, "first")))], NOW);
    let outcomes = commit(
        database,
        &[(project, batch(3, 1, once(1, 2, "other"))), (project, batch(4, 0, once(2, 2, "")))],
        NOW,
    );
    assert_eq!(outcomes, [Outcome::Conflict, Outcome::Stored]);
    assert_eq!(endpoints(database, project).len(), 6);
    let counts = ledger(database, project).total;
    assert_eq!(counts.rejected, BTreeMap::from([("batch.conflict".to_owned(), 4)]));
    assert_eq!(counts.received, 10);
}

fn forgets_batches_after_their_time(database: &Database) {
    let project = project(&database.storage, 1);
    let send = |body: u8, answer: &str, now: &str| {
        commit(database, &[(project, batch(1, 0, once(1, body, answer)))], now).remove(0)
    };
    // One microsecond older than what is remembered, and just not older.
    assert_eq!(send(1, "first", "2025-05-31T10:20:29.999999Z"), Outcome::Stored);
    assert_eq!(send(2, "second", "2025-05-31T10:20:30Z"), Outcome::Stored);
    assert_eq!(send(2, "third", NOW), Outcome::Replayed("second".to_owned()));
    assert_eq!(send(1, "fourth", NOW), Outcome::Conflict);
    assert_eq!(endpoints(database, project).len(), 2);
}

fn forgets_the_oldest_batches_in_bounded_steps(database: &Database) {
    let project = project(&database.storage, 1);
    for (name, day) in (1..=5_u8).zip(["2025-06-05", "2025-06-01", "2025-06-03", "2025-06-02", "2025-06-04"])
    {
        commit(database, &[(project, batch(1, 0, once(name, 1, day)))], day);
    }
    assert_eq!(database.storage.forget_batches(at("2025-06-04"), 2).unwrap(), 2);
    let known = |name: u8, day: &str| {
        let outcomes = commit(database, &[(project, batch(1, 0, once(name, 1, "new")))], "2025-06-06");
        outcomes == [Outcome::Replayed(day.to_owned())]
    };
    assert!(known(3, "2025-06-03"));
    assert_eq!(database.storage.forget_batches(at("2025-06-04"), 2).unwrap(), 1);
    assert_eq!(database.storage.forget_batches(at("2025-06-04"), 2).unwrap(), 0);
    assert!(known(5, "2025-06-04") && known(1, "2025-06-05"));
    assert!(!known(2, "2025-06-01") && !known(3, "2025-06-03") && !known(4, "2025-06-02"));
}

fn stores_nothing_for_projects_that_do_not_exist(database: &Database) {
    let known = project(&database.storage, 1);
    let unknown = ProjectId(known.0 + 1000);
    let deliveries = [(unknown, single("/a")), (known, single("/b")), (unknown, batch(2, 1, None))];
    let outcomes = commit(database, &deliveries, NOW);
    assert_eq!(outcomes, [Outcome::UnknownProject, Outcome::Stored, Outcome::UnknownProject]);
    assert!(endpoints(database, unknown).is_empty());
    assert_eq!(ledger(database, unknown), Ledger::default());
    assert_eq!(ledger(database, known).total.stored, 1);
}

fn concurrent_commits_of_one_batch_store_it_once(database: &Database) {
    let project = project(&database.storage, 1);
    let mut outcomes = Vec::new();
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let answer = writer.to_string();
                scope.spawn(move || {
                    commit(database, &[(project, batch(20, 0, once(1, 1, &answer)))], NOW).remove(0)
                })
            })
            .collect();
        outcomes.extend(writers.into_iter().map(|writer| writer.join().unwrap()));
    });
    let first = outcomes.iter().position(|outcome| *outcome == Outcome::Stored).unwrap();
    outcomes.remove(first);
    assert_eq!(outcomes, vec![Outcome::Replayed(first.to_string()); 7]);
    assert_eq!(endpoints(database, project).len(), 20);
}

fn concurrent_commits_do_not_wait_for_each_other_in_a_circle(database: &Database) {
    let projects = [project(&database.storage, 1), project(&database.storage, 2)];
    std::thread::scope(|scope| {
        for writer in 0..4_u8 {
            scope.spawn(move || {
                for round in 0..10_u8 {
                    // Writers name projects and batches in different orders.
                    let order: [u8; 4] = if writer % 2 == 0 { [0, 1, 2, 3] } else { [3, 2, 1, 0] };
                    let deliveries = order.map(|place| {
                        let name = once(round * 2 + place / 2, 1, "");
                        (projects[usize::from(place % 2)], batch(2, 1, name))
                    });
                    commit(database, &deliveries, NOW);
                }
            });
        }
    });
    for project in projects {
        assert_eq!(endpoints(database, project).len(), 40);
        let counts = ledger(database, project).total;
        assert_eq!((counts.received, counts.stored, counts.duplicate), (240, 40, 180));
    }
}
