//! What an acknowledgement is worth: events after a crash, after a shutdown, and with a full queue.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::json;
use tests::{Client, Server, Setup, Tenant, on_each_backend};

use crate::support::event_with;

on_each_backend!(
    acknowledged_events_survive_a_crash_exactly_once,
    acknowledged_events_survive_a_shutdown_under_load,
    a_full_queue_refuses_and_counts_right,
);

const WRITERS: usize = 6;

/// Acknowledgements after which the server is ended, in the middle of the load.
const ENOUGH: usize = 150;

/// Sends from several threads until the server goes away, which `end` sees to once there are
/// enough acknowledgements. Gives what `end` gave and the acknowledged names.
fn load_until<T>(client: &Client, tenant: &Tenant, end: impl FnOnce() -> T) -> (T, Vec<String>) {
    let count = AtomicUsize::new(0);
    let mut acknowledged = Vec::new();
    let ended = thread::scope(|scope| {
        let mut writers = Vec::new();
        for writer in 0..WRITERS {
            let count = &count;
            writers.push(scope.spawn(move || write(client, tenant, writer, count)));
        }
        while count.load(Ordering::Relaxed) < ENOUGH {
            assert!(writers.iter().any(|writer| !writer.is_finished()), "the writers stopped early");
            thread::yield_now();
        }
        let ended = end();
        for writer in writers {
            acknowledged.extend(writer.join().expect("a writer"));
        }
        ended
    });
    (ended, acknowledged)
}

fn write(client: &Client, tenant: &Tenant, writer: usize, count: &AtomicUsize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0..100_000 {
        let endpoint = format!("/{writer}/{number}");
        let event = event_with(&json!({"endpoint": endpoint}));
        let call = client.call("POST", "/track").key(&tenant.key).json(&event);
        match call.try_send() {
            Ok(answer) if answer.status == 200 => {
                acknowledged.push(endpoint);
                count.fetch_add(1, Ordering::Relaxed);
            }
            Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.text()),
            Err(_) => break,
        }
    }
    acknowledged
}

fn assert_stored_once(server: &Server, tenant: &Tenant, acknowledged: &[String]) {
    let mut stored: BTreeMap<String, usize> = BTreeMap::new();
    for log in server.client().all_logs(tenant) {
        *stored.entry(log["endpoint"].as_str().expect("an endpoint").to_owned()).or_default() += 1;
    }
    for endpoint in acknowledged {
        assert_eq!(stored.get(endpoint), Some(&1), "{endpoint} was acknowledged");
    }
    for (endpoint, times) in &stored {
        assert_eq!(*times, 1, "{endpoint} is stored more than once");
    }
    // Each writer had at most one request on its way when the server went.
    assert!(stored.len() <= acknowledged.len() + WRITERS, "{} stored", stored.len());
}

fn acknowledged_events_survive_a_crash_exactly_once(setup: Setup) {
    let server = setup.start();
    let client = server.client().clone();
    let tenant = client.tenant("alice");
    let (setup, acknowledged) = load_until(&client, &tenant, || server.kill());
    assert!(acknowledged.len() >= ENOUGH);
    let server = setup.start();
    assert_stored_once(&server, &tenant, &acknowledged);
}

fn acknowledged_events_survive_a_shutdown_under_load(setup: Setup) {
    let server = setup.start();
    let client = server.client().clone();
    let tenant = client.tenant("alice");
    let (setup, acknowledged) = load_until(&client, &tenant, || server.stop());
    assert!(acknowledged.len() >= ENOUGH);
    let server = setup.start();
    assert_stored_once(&server, &tenant, &acknowledged);
}

fn a_full_queue_refuses_and_counts_right(setup: Setup) {
    let server = setup.env("API_ANALYTICS_QUEUE_CAPACITY", "1").start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let accepted = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let answer = client.track(&tenant.key, &event_with(&json!({})));
                    if answer.status == 200 {
                        accepted.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                    assert_eq!(answer.status, 503, "{}", answer.text());
                    let seconds = answer.header("retry-after");
                    assert!(seconds.parse::<u32>().is_ok(), "Retry-After: {seconds:?}");
                }
            });
        }
    });
    let accepted = accepted.into_inner();
    assert!(accepted > 0);
    assert_eq!(client.all_logs(&tenant).len(), accepted);
}
