//! Quotas of a day.

use std::collections::BTreeMap;

use domain::{Method, ProjectId, Reason, Tally, TimeRange, Verdict};
use storage::{Batch, Delivery, Incoming, Once, Outcome, Storage};

use crate::fixture::{Database, at, at_once, event, project};
use crate::on_each_backend;

on_each_backend!(
    takes_in_as_many_events_as_the_quota_allows,
    a_day_begins_at_midnight_utc,
    each_project_has_its_own_quota,
    a_refused_batch_stands_in_the_ledger_and_uses_up_no_name,
    a_name_in_one_commit_is_judged_anew_after_a_refusal,
    faulty_events_and_repetitions_do_not_count,
    a_quota_that_was_lowered_refuses_events_only,
    the_quota_holds_for_many_at_once,
);

const NOW: &str = "2025-06-01T10:20:30Z";

fn incoming(project: ProjectId, events: u64, quota: u64, once: Option<(u8, u8)>) -> Incoming {
    let events = (0..events).map(|us| event("2025-01-01", Method::Get, "/a", "::1", us, 200)).collect();
    let once = once.map(|(name, body)| Once {
        name_hash: [name; 32],
        body_hash: [body; 32],
        answer: format!("{name} {body}"),
        forgotten_before: at("2025-05-01"),
    });
    let delivery = Delivery::Batch(Box::new(Batch { events, rejected: BTreeMap::new(), once }));
    Incoming { project, delivery, events_per_day: Some(quota) }
}

fn commit(storage: &Storage, incoming: &[Incoming], now: &str) -> Vec<Outcome> {
    storage.commit(incoming, &Tally::default(), at(now)).unwrap()
}

fn stored(storage: &Storage, project: ProjectId) -> u64 {
    let mut events = 0;
    storage.events(project, 1..=i64::MAX, |_| events += 1).unwrap();
    assert_eq!(storage.ledger(project, TimeRange::ALL).unwrap().total.stored, events);
    events
}

fn takes_in_as_many_events_as_the_quota_allows(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    let commit = |sizes: &[u64]| {
        let incoming: Vec<_> = sizes.iter().map(|size| incoming(project, *size, 10, None)).collect();
        commit(storage, &incoming, NOW)
    };
    // In the order given: what does not fit is refused, what comes after it may fit.
    let (fits, over) = (Outcome::Stored, Outcome::OverQuota);
    assert_eq!(commit(&[4, 7, 3]), [fits.clone(), over.clone(), fits.clone()]);
    assert_eq!(commit(&[4, 3]), [over.clone(), fits]);
    assert_eq!(commit(&[1]), [over]);
    assert_eq!(stored(storage, project), 10);
    let mut ids = Vec::new();
    storage.events(project, 1..=i64::MAX, |stored| ids.push(stored.id)).unwrap();
    assert_eq!(ids, (1..=10).collect::<Vec<_>>(), "no number is left out");
}

fn a_day_begins_at_midnight_utc(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    let outcome = |now| commit(storage, &[incoming(project, 6, 10, None)], now).remove(0);
    assert_eq!(outcome("2025-06-01T00:00:00Z"), Outcome::Stored);
    assert_eq!(outcome("2025-06-01T23:59:59.999999Z"), Outcome::OverQuota);
    assert_eq!(outcome("2025-06-02T00:00:00Z"), Outcome::Stored);
    assert_eq!(outcome("1969-12-31T23:00:00Z"), Outcome::Stored);
    assert_eq!(outcome("1969-12-31T00:00:00Z"), Outcome::OverQuota);
}

fn each_project_has_its_own_quota(database: &Database) {
    let storage = &database.storage;
    let (one, other) = (project(storage, 1), project(storage, 2));
    let without = Incoming { events_per_day: None, ..incoming(other, 50, 0, None) };
    let all = [incoming(one, 5, 5, None), without, incoming(one, 1, 5, None), incoming(other, 1, 50, None)];
    let (fits, over) = (Outcome::Stored, Outcome::OverQuota);
    assert_eq!(commit(storage, &all, NOW), [fits.clone(), fits, over.clone(), over]);
    assert_eq!((stored(storage, one), stored(storage, other)), (5, 50));
}

fn a_refused_batch_stands_in_the_ledger_and_uses_up_no_name(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    let refused = incoming(project, 3, 2, Some((1, 1)));
    assert_eq!(commit(storage, &[refused], NOW), [Outcome::OverQuota]);
    let total = storage.ledger(project, TimeRange::ALL).unwrap().total;
    let reason = Verdict::Rejected(Reason::EventsPerDay).to_string();
    assert_eq!((total.received, total.stored), (3, 0));
    assert_eq!(total.rejected, BTreeMap::from([(reason, 3)]));
    // Another body under the same name is no conflict, and a repetition of that one is known.
    let other = incoming(project, 2, 2, Some((1, 2)));
    assert_eq!(commit(storage, std::slice::from_ref(&other), NOW), [Outcome::Stored]);
    assert_eq!(commit(storage, &[other], NOW), [Outcome::Replayed("1 2".to_owned())]);
}

fn a_name_in_one_commit_is_judged_anew_after_a_refusal(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    let of = |events, body| incoming(project, events, 5, Some((1, body)));
    let outcomes = commit(storage, &[of(9, 1), of(9, 1), of(3, 2), of(9, 1), of(3, 2)], NOW);
    let (over, replayed) = (Outcome::OverQuota, Outcome::Replayed("1 2".to_owned()));
    assert_eq!(outcomes, [over.clone(), over, Outcome::Stored, Outcome::Conflict, replayed]);
    assert_eq!(stored(storage, project), 3);
}

fn faulty_events_and_repetitions_do_not_count(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    let mut first = incoming(project, 4, 5, Some((1, 1)));
    if let Delivery::Batch(batch) = &mut first.delivery {
        batch.rejected.insert(Reason::Other, 100);
    }
    let replayed = Outcome::Replayed("1 1".to_owned());
    assert_eq!(commit(storage, &[first.clone(), first], NOW), [Outcome::Stored, replayed]);
    let outcomes = commit(storage, &[incoming(project, 1, 5, None), incoming(project, 1, 5, None)], NOW);
    assert_eq!(outcomes, [Outcome::Stored, Outcome::OverQuota]);
}

fn a_quota_that_was_lowered_refuses_events_only(database: &Database) {
    let storage = &database.storage;
    let project = project(storage, 1);
    commit(storage, &[incoming(project, 9, 10, None)], NOW);
    let outcomes = commit(storage, &[incoming(project, 0, 5, None), incoming(project, 1, 5, None)], NOW);
    assert_eq!(outcomes, [Outcome::Stored, Outcome::OverQuota]);
}

fn the_quota_holds_for_many_at_once(database: &Database) {
    let projects = [project(&database.storage, 1), project(&database.storage, 2)];
    let processes = database.processes(6);
    for day in 1..=10 {
        at_once(&processes, |storage, number| {
            let mut all = projects.map(|project| incoming(project, 3, 8, None)).to_vec();
            if number % 2 == 0 {
                all.reverse();
            }
            commit(storage, &all, &format!("2025-06-{day:02}"))
        });
    }
    for project in projects {
        // Two of six on each day.
        assert_eq!(stored(&database.storage, project), 10 * 2 * 3);
        let total = database.storage.ledger(project, TimeRange::ALL).unwrap().total;
        assert_eq!(total.received, 10 * 6 * 3);
    }
}
