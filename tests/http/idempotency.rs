//! `Idempotency-Key`: a batch that is sent again is not stored again, whatever happened in between.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};
use tests::{Answer, Backend, Client, Server, Setup, on_each_backend};

use crate::support::{event_with, events, gzip, lines};

on_each_backend!(
    a_repetition_gets_the_original_answer_and_stores_nothing,
    a_repetition_may_be_compressed_otherwise,
    another_body_under_the_same_name_is_refused,
    names_belong_to_their_api_key,
    names_must_be_short_and_visible,
    a_refused_batch_does_not_use_up_its_name,
    concurrent_repetitions_store_once,
    a_repetition_after_a_crash_stores_nothing,
    batches_cut_off_by_a_crash_are_stored_once_when_sent_again,
);

fn send(client: &Client, key: &str, name: &str, batch: &[Value]) -> Answer {
    client.batch(key).header("Idempotency-Key", name).json(&Value::from(batch)).send()
}

fn is_replayed(answer: &Answer) -> bool {
    match answer.header("idempotency-replayed") {
        "true" => true,
        "" => false,
        other => panic!("Idempotency-Replayed: {other}"),
    }
}

fn a_repetition_gets_the_original_answer_and_stores_nothing(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let mut batch = events(150);
    batch[2..130].iter_mut().for_each(|event| event["method"] = json!("get"));
    let first = send(client, &tenant.key, "one", &batch).expect(200);
    assert!(!is_replayed(&first));
    assert_eq!(first.json()["rejected"], 128);
    for _ in 0..3 {
        let again = send(client, &tenant.key, "one", &batch).expect(200);
        assert!(is_replayed(&again));
        assert_eq!(again.text(), first.text());
        assert_eq!(again.header("content-type"), first.header("content-type"));
    }
    assert_eq!(client.all_logs(&tenant).len(), 22);
    // The same events under another name, or none, are other events.
    assert!(!is_replayed(&send(client, &tenant.key, "two", &batch)));
    assert!(!is_replayed(&client.track_batch(&tenant.key, &batch)));
    assert_eq!(client.all_logs(&tenant).len(), 66);
    assert!(!is_replayed(&send(client, &tenant.key, "empty", &[])));
    assert!(is_replayed(&send(client, &tenant.key, "empty", &[])));
}

fn a_repetition_may_be_compressed_otherwise(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let body = lines(&events(3));
    let call = || client.batch(&tenant.key).header("Idempotency-Key", "one");
    let first = call().body("application/x-ndjson", body.clone()).send().expect(200);
    let call = call().header("Content-Encoding", "gzip");
    let again = call.body("application/x-ndjson", gzip(body.as_bytes())).send().expect(200);
    assert!(is_replayed(&again));
    assert_eq!(again.text(), first.text());
    assert_eq!(client.all_logs(&tenant).len(), 3);
}

fn another_body_under_the_same_name_is_refused(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    send(client, &tenant.key, "one", &events(2)).assert_status(200);
    let answer = send(client, &tenant.key, "one", &events(3)).expect(422);
    assert!(answer.detail().contains("Idempotency-Key"), "{}", answer.detail());
    // The same events, but asked to be stored as a whole.
    let call =
        client.call("POST", "/track/batch?atomic=true").key(&tenant.key).header("Idempotency-Key", "one");
    call.json(&Value::from(events(2))).send().assert_status(422);
    assert!(is_replayed(&send(client, &tenant.key, "one", &events(2))));
    assert_eq!(client.all_logs(&tenant).len(), 2);
}

fn names_belong_to_their_api_key(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    for name in ["alice", "bob"] {
        let tenant = client.tenant(name);
        assert!(!is_replayed(&send(client, &tenant.key, "one", &events(2)).expect(200)));
        let key = client.generate_key(&tenant.token).expect(200).json();
        let key = key.as_str().expect("a key");
        assert!(!is_replayed(&send(client, key, "one", &events(3)).expect(200)));
        assert_eq!(client.all_logs(&tenant).len(), 2);
    }
}

fn names_must_be_short_and_visible(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let long = "~".repeat(255);
    for name in ["0", "\"quoted\"", &long] {
        send(client, &tenant.key, name, &events(1)).assert_status(200);
        assert!(is_replayed(&send(client, &tenant.key, name, &events(1))), "{name}");
    }
    for name in ["", "a b", "é", &format!("{long}~")] {
        let answer = send(client, &tenant.key, name, &events(1)).expect(422);
        assert_eq!(answer.faulty_fields(), ["Idempotency-Key"], "{name:?}");
    }
    let twice = client.batch(&tenant.key).header("Idempotency-Key", "a").header("Idempotency-Key", "b");
    twice.json(&json!([])).send().assert_status(422);
    assert_eq!(client.all_logs(&tenant).len(), 3);
}

fn a_refused_batch_does_not_use_up_its_name(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let atomic = |batch: &Value| {
        let call = client.call("POST", "/track/batch?atomic=true").key(&tenant.key);
        call.header("Idempotency-Key", "one").json(batch).send()
    };
    atomic(&json!([event_with(&json!({})), 1])).assert_status(422);
    atomic(&json!("no array")).assert_status(422);
    let good = Value::from(events(2));
    assert!(!is_replayed(&atomic(&good).expect(200)));
    assert!(is_replayed(&atomic(&good).expect(200)));
    assert_eq!(client.all_logs(&tenant).len(), 2);
}

/// Sends one batch under one name from several threads, spread over the clients; one of them is the first.
fn assert_stored_once(clients: &[&Client], key: &str, name: &str) {
    let firsts = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..8 {
            let firsts = &firsts;
            scope.spawn(move || {
                let answer = send(clients[thread % clients.len()], key, name, &events(50)).expect(200);
                assert_eq!(answer.json()["stored"], 50);
                firsts.fetch_add(usize::from(!is_replayed(&answer)), Ordering::Relaxed);
            });
        }
    });
    assert_eq!(firsts.into_inner(), 1, "{name}");
}

fn concurrent_repetitions_store_once(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    for round in 0..5 {
        assert_stored_once(&[client], &tenant.key, &format!("round {round}").replace(' ', "-"));
    }
    assert_eq!(client.all_logs(&tenant).len(), 250);
}

/// PostgreSQL only: a SQLite file is for one service.
#[test]
fn concurrent_repetitions_at_two_processes_store_once() {
    let Some(server) = Server::start(Backend::Postgres) else {
        return;
    };
    let twin = server.twin();
    let client = server.client();
    let tenant = client.tenant("alice");
    for round in 0..5 {
        assert_stored_once(&[client, twin.client()], &tenant.key, &format!("round-{round}"));
    }
    assert_eq!(client.all_logs(&tenant).len(), 250);
    let counts = client.ledger(&tenant, "").expect(200).json()["total"].clone();
    assert_eq!(counts["stored"], 250);
    assert_eq!(counts["duplicate"], 7 * 250);
}

fn a_repetition_after_a_crash_stores_nothing(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    let first = send(server.client(), &tenant.key, "one", &events(70)).expect(200);
    let server = server.kill().start();
    let again = send(server.client(), &tenant.key, "one", &events(70)).expect(200);
    assert!(is_replayed(&again));
    assert_eq!(again.text(), first.text());
    assert_eq!(server.client().all_logs(&tenant).len(), 70);
}

const SIZE: usize = 20;

/// Batch number `number` of a writer; its events can be told from all others.
fn batch(writer: usize, number: usize) -> Vec<Value> {
    (0..SIZE).map(|event| event_with(&json!({"endpoint": format!("/{writer}/{number}/{event}")}))).collect()
}

fn batches_cut_off_by_a_crash_are_stored_once_when_sent_again(setup: Setup) {
    const WRITERS: usize = 4;
    let server = setup.start();
    let client = server.client().clone();
    let tenant = client.tenant("alice");
    let acknowledged = AtomicUsize::new(0);
    let (setup, sent) = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (client, key, acknowledged) = (&client, &tenant.key, &acknowledged);
                scope.spawn(move || {
                    for number in 0.. {
                        let call = client.batch(key).header("Idempotency-Key", &format!("{writer}-{number}"));
                        let answer = call.json(&Value::from(batch(writer, number))).try_send();
                        let Ok(answer) = answer else { return number + 1 };
                        answer.assert_status(200);
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                    }
                    0
                })
            })
            .collect();
        while acknowledged.load(Ordering::Relaxed) < 20 {
            assert!(writers.iter().any(|writer| !writer.is_finished()), "the writers stopped early");
            thread::yield_now();
        }
        let setup = server.kill();
        (setup, writers.into_iter().map(|writer| writer.join().expect("a writer")).collect::<Vec<_>>())
    });
    let server = setup.start();
    let mut total = 0;
    for (writer, batches) in sent.into_iter().enumerate() {
        for number in 0..batches {
            let name = format!("{writer}-{number}");
            send(server.client(), &tenant.key, &name, &batch(writer, number)).assert_status(200);
            total += SIZE;
        }
    }
    let mut stored: BTreeMap<String, usize> = BTreeMap::new();
    for log in server.client().all_logs(&tenant) {
        *stored.entry(log["endpoint"].as_str().expect("an endpoint").to_owned()).or_default() += 1;
    }
    assert_eq!(stored.len(), total);
    assert!(stored.values().all(|times| *times == 1));
    let counts = server.client().ledger(&tenant, "").expect(200).json()["total"].clone();
    assert_eq!(counts["stored"], total);
}
