//! Quotas of events: a second and a day. Those of names are the subject of `quota_names`.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Answer, Client, Key, Project, Setup, eventually, on_each_backend};

use crate::support::{event, events};

on_each_backend!(
    without_a_quota_everything_is_let_in,
    a_second_takes_in_what_it_may,
    a_batch_larger_than_a_second_is_let_in_and_paid_for,
    a_batch_that_is_over_uses_up_no_name,
    a_day_takes_in_what_it_may_and_no_more,
    a_batch_is_refused_as_a_whole,
    a_day_is_counted_after_a_restart,
    a_quota_that_changes_counts_at_once,
    another_project_has_its_own_quota,
);

/// A project that takes in as much as `quota` says, and a key to send events with.
pub(crate) fn limited(client: &Client, quota: &Value) -> (Project, Key) {
    let project = client.owner("ann");
    project.set(&json!({"quota": quota}));
    let key = project.key(&["ingest"]);
    (project, key)
}

/// The sums of the ledger, once so many events stand in it.
pub(crate) fn ledger(project: &Project, received: u64) -> Value {
    eventually("the events in the ledger", || {
        let total = project.ask("/ingest/ledger", "").expect(200).json()["total"].clone();
        (total["received"] == received).then_some(total)
    })
}

/// 429 for that reason, and after how many seconds to come again.
fn refused(answer: Answer, reason: &str) -> u64 {
    let answer = answer.expect(429);
    let detail = format!("The project is over its quota ({reason}); nothing is stored");
    assert_eq!(answer.detail(), detail);
    let seconds: u64 = answer.header("retry-after").parse().expect("whole seconds");
    assert!((1..=86_400).contains(&seconds), "{seconds}");
    seconds
}

fn without_a_quota_everything_is_let_in(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let key = project.key(&["ingest"]);
    for _ in 0..5 {
        client.track_batch(&key.text, &events(5000)).assert_status(200);
    }
    for _ in 0..100 {
        client.track(&key.text, &event()).assert_status(200);
    }
    let expected = json!({"received": 25_100, "stored": 25_100, "duplicate": 0, "rejected": {}});
    assert_eq!(ledger(&project, 25_100), expected);
}

fn a_second_takes_in_what_it_may(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (project, key) = limited(client, &json!({"events_per_second": 20}));
    let start = Instant::now();
    let (mut stored, mut over) = (0_u64, 0_u64);
    while start.elapsed() < Duration::from_secs(3) || over == 0 {
        let answer = client.track(&key.text, &event());
        if answer.status == 200 {
            stored += 1;
        } else {
            assert_eq!(refused(answer, "quota.events_per_second"), 1);
            over += 1;
            thread::sleep(Duration::from_millis(5));
        }
    }
    // A second's events at once, and then as time goes by.
    let most = 20.0 * (1.0 + start.elapsed().as_secs_f64()) + 1.0;
    assert!((60..=most as u64).contains(&stored), "{stored} of at most {most}");
    let total = ledger(&project, stored + over);
    assert_eq!(
        (&total["stored"], &total["rejected"]),
        (&json!(stored), &json!({"quota.events_per_second": over}))
    );
    assert_eq!(project.get("").expect(200).json()["events"], stored);
}

fn a_batch_larger_than_a_second_is_let_in_and_paid_for(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (project, key) = limited(client, &json!({"events_per_second": 100}));
    client.track_batch(&key.text, &events(300)).assert_status(200);
    let seconds = refused(client.track_batch(&key.text, &events(2)), "quota.events_per_second");
    assert!((1..=2).contains(&seconds), "{seconds}");
    let waited = Instant::now();
    refused(client.track(&key.text, &event()), "quota.events_per_second");
    // Who waits as long as told is let in.
    thread::sleep(Duration::from_secs(seconds).saturating_sub(waited.elapsed()));
    client.track(&key.text, &event()).assert_status(200);
    let expected = json!({
        "received": 304, "stored": 301, "duplicate": 0, "rejected": {"quota.events_per_second": 3},
    });
    assert_eq!(ledger(&project, 304), expected);
}

fn named(client: &Client, key: &Key, name: &str, count: usize) -> Answer {
    client.batch(&key.text).header("Idempotency-Key", name).json(&json!(events(count))).send()
}

fn a_batch_that_is_over_uses_up_no_name(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (project, key) = limited(client, &json!({"events_per_day": 10}));
    named(client, &key, "first", 8).assert_status(200);
    refused(named(client, &key, "second", 5), "quota.events_per_day");
    // What was stored is stored, whatever the quota says now.
    assert_eq!(named(client, &key, "first", 8).expect(200).header("idempotency-replayed"), "true");
    // The same name with another body, since nothing was stored under it.
    assert_eq!(named(client, &key, "second", 2).expect(200).header("idempotency-replayed"), "");
    assert_eq!(named(client, &key, "second", 2).expect(200).header("idempotency-replayed"), "true");
    project.set(&json!({"quota": {"events_per_second": 1}}));
    named(client, &key, "third", 3).assert_status(200);
    refused(named(client, &key, "fourth", 3), "quota.events_per_second");
    project.set(&json!({}));
    assert_eq!(named(client, &key, "fourth", 4).expect(200).header("idempotency-replayed"), "");
    let expected = json!({
        "received": 8 + 5 + 8 + 2 + 2 + 3 + 3 + 4, "stored": 8 + 2 + 3 + 4, "duplicate": 8 + 2,
        "rejected": {"quota.events_per_day": 5, "quota.events_per_second": 3},
    });
    assert_eq!(ledger(&project, 35), expected);
}

fn a_day_takes_in_what_it_may_and_no_more(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (project, key) = limited(client, &json!({"events_per_day": 25}));
    let statuses = thread::scope(|scope| {
        let senders: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| (0..10).map(|_| client.track(&key.text, &event()).status).collect::<Vec<_>>())
            })
            .collect();
        senders.into_iter().flat_map(|sender| sender.join().expect("answers")).collect::<Vec<_>>()
    });
    let stored = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!((stored, statuses.iter().filter(|status| **status == 429).count()), (25, 15));
    let seconds = refused(client.track(&key.text, &event()), "quota.events_per_day");
    // Until midnight, UTC.
    let now = chrono::Utc::now().timestamp().rem_euclid(86_400).unsigned_abs();
    assert!((86_400 - now).abs_diff(seconds) <= 2, "{seconds} at {now}");
    let expected = json!({
        "received": 41, "stored": 25, "duplicate": 0, "rejected": {"quota.events_per_day": 16},
    });
    assert_eq!(ledger(&project, 41), expected);
}

fn a_batch_is_refused_as_a_whole(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (project, key) = limited(client, &json!({"events_per_day": 10}));
    refused(client.track_batch(&key.text, &events(11)), "quota.events_per_day");
    let mut mixed = events(10);
    mixed.push(json!({}));
    // Faulty events are none that are taken in.
    client.track_batch(&key.text, &mixed).assert_status(200);
    refused(client.track_batch(&key.text, &mixed), "quota.events_per_day");
    let only_faulty = client.track_batch(&key.text, &[json!({})]).expect(200).json();
    assert_eq!(only_faulty["rejected"], 1);
    let expected = json!({
        "received": 34, "stored": 10, "duplicate": 0,
        "rejected": {"quota.events_per_day": 22, "created_at.missing": 2},
    });
    assert_eq!(ledger(&project, 34), expected);
}

fn a_day_is_counted_after_a_restart(setup: Setup) {
    let server = setup.start();
    let (_, key) = limited(server.client(), &json!({"events_per_day": 10}));
    server.client().track_batch(&key.text, &events(9)).assert_status(200);
    let server = server.kill().start();
    refused(server.client().track_batch(&key.text, &events(2)), "quota.events_per_day");
    server.client().track(&key.text, &event()).assert_status(200);
    refused(server.client().track(&key.text, &event()), "quota.events_per_day");
}

fn a_quota_that_changes_counts_at_once(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (project, key) = limited(client, &json!({"events_per_day": 1}));
    client.track(&key.text, &event()).assert_status(200);
    refused(client.track(&key.text, &event()), "quota.events_per_day");
    project.set(&json!({"quota": {"events_per_day": 3}}));
    client.track_batch(&key.text, &events(2)).assert_status(200);
    refused(client.track(&key.text, &event()), "quota.events_per_day");
    project.set(&json!({}));
    client.track_batch(&key.text, &events(100)).assert_status(200);
}

fn another_project_has_its_own_quota(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (project, key) = limited(client, &json!({"events_per_day": 1, "events_per_second": 1}));
    client.track(&key.text, &event()).assert_status(200);
    // All keys of a project together.
    client.track(&project.key(&["ingest"]).text, &event()).assert_status(429);
    let other = project.account.project("other").key(&["ingest"]);
    client.track_batch(&other.text, &events(100)).assert_status(200);
}

/// Two processes, so on the database that has room for two.
mod two_processes {
    use super::*;

    #[test]
    fn a_day_holds_for_all_of_them_together() {
        let Some(setup) = Setup::on(tests::Backend::Postgres) else { return };
        let server = setup.start();
        let (project, key) = limited(server.client(), &json!({"events_per_day": 60}));
        let twin = server.twin();
        let clients = [server.client(), twin.client()];
        let stored: u64 = thread::scope(|scope| {
            let senders = [0, 1, 0, 1].map(|process| {
                let (client, key) = (clients[process], &key);
                scope.spawn(move || {
                    let mut stored = 0;
                    for size in [7, 1, 5, 2, 9, 1, 4, 8, 3] {
                        let answer = client.track_batch(&key.text, &events(size));
                        match answer.status {
                            200 => stored += size as u64,
                            _ => assert_eq!(answer.status, 429),
                        }
                    }
                    stored
                })
            });
            senders.into_iter().map(|sender| sender.join().expect("a sender")).sum()
        });
        assert!((60 - 8..=60).contains(&stored), "{stored}");
        assert_eq!(project.get("").expect(200).json()["events"], stored);
        let total = ledger(&project, 160);
        assert_eq!(
            (&total["stored"], &total["rejected"]["quota.events_per_day"]),
            (&json!(stored), &json!(160 - stored))
        );
        for _ in stored..60 {
            clients[1].track(&key.text, &event()).assert_status(200);
        }
        for client in clients {
            refused(client.track(&key.text, &event()), "quota.events_per_day");
        }
    }
}
