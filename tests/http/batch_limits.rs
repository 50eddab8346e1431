//! `POST /track/batch` with too much of something: events, bytes, inflated bytes, waiting batches; and with hostile
//! bodies.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};
use tests::{Client, Setup, on_each_backend, raw};

use crate::support::{event, event_with, events, gzip, lines};

on_each_backend!(
    takes_as_many_events_as_the_limit_and_no_more,
    takes_as_many_bytes_as_the_limit_and_no_more,
    bombs_are_refused,
    broken_gzip_is_refused,
    a_full_queue_refuses_whole_batches,
    hostile_batches_never_break_anything,
);

fn takes_as_many_events_as_the_limit_and_no_more(setup: Setup) {
    let server = setup.env("API_ANALYTICS_BATCH_MAX_EVENTS", "10").start();
    let client = server.client();
    let tenant = client.tenant("alice");
    client.track_batch(&tenant.key, &events(10)).assert_status(200);
    client.track_batch(&tenant.key, &events(11)).assert_status(413);
    // Faulty events count as well.
    client.track_batch(&tenant.key, &vec![json!(1); 11]).assert_status(413);
    let ten = lines(&events(10));
    client.batch(&tenant.key).body("application/x-ndjson", format!("\n{ten}\n\n")).send().assert_status(200);
    let eleven = format!("{ten}nonsense\n");
    client.batch(&tenant.key).body("application/x-ndjson", eleven).send().assert_status(413);
    assert_eq!(client.all_logs(&tenant).len(), 20);
}

/// `POST /track/batch` of any bytes with `Connection: close`, where the server may hang up early.
fn send(client: &Client, key: &str, headers: &str, body: &[u8]) -> (u16, String) {
    let address = client.address();
    let head = format!(
        "POST /track/batch HTTP/1.1\r\nHost: {address}\r\nX-API-Key: {key}\r\n{headers}\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    raw::exchange(address, &[head.as_bytes(), body].concat())
}

fn takes_as_many_bytes_as_the_limit_and_no_more(setup: Setup) {
    let server = setup.env("API_ANALYTICS_BATCH_MAX_BYTES", "4096").start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let padded = |length: usize| format!("{:<length$}", Value::from(events(2)).to_string()).into_bytes();
    client.batch(&tenant.key).bytes(padded(4096)).send().assert_status(200);
    let (status, text) = send(client, &tenant.key, "", &padded(4097));
    assert_eq!(status, 413, "{text}");
    assert!(text.contains("application/problem+json"), "{text}");
    let gzipped =
        |body: &[u8]| client.batch(&tenant.key).header("Content-Encoding", "gzip").bytes(gzip(body)).send();
    gzipped(&padded(4096)).assert_status(200);
    gzipped(&padded(4097)).assert_status(413);
    assert_eq!(client.all_logs(&tenant).len(), 4);
}

fn bombs_are_refused(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    // 1 GiB of blanks in 1 MiB, made of equal members.
    let bomb = gzip(&vec![b' '; 16 << 20]).repeat(64);
    let call = client.batch(&tenant.key).header("Content-Encoding", "gzip").bytes(bomb);
    call.send().assert_status(413);
    let (status, text) = send(client, &tenant.key, "", &vec![b' '; 9 << 20]);
    assert_eq!(status, 413, "{text}");
    client.track_batch(&tenant.key, &events(1)).assert_status(200);
    assert_eq!(client.all_logs(&tenant).len(), 1);
}

fn broken_gzip_is_refused(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let whole = gzip(Value::from(events(50)).to_string().as_bytes());
    let mut corrupt = whole.clone();
    let middle = corrupt.len() / 2;
    corrupt[middle] ^= 0xff;
    let mut wrong_sum = whole.clone();
    let sum = wrong_sum.len() - 6;
    wrong_sum[sum] ^= 0xff;
    let plain = Value::from(events(50)).to_string().into_bytes();
    let trailing = [whole.as_slice(), b"more"].concat();
    for body in [Vec::new(), whole[..whole.len() - 9].to_vec(), corrupt, wrong_sum, plain, trailing] {
        let call =
            client.batch(&tenant.key).header("Content-Encoding", "gzip").body("application/json", body);
        call.send().assert_status(400);
    }
    assert!(client.all_logs(&tenant).is_empty());
}

fn a_full_queue_refuses_whole_batches(setup: Setup) {
    const SIZE: usize = 40;
    let server = setup.env("API_ANALYTICS_QUEUE_CAPACITY", "1").start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let accepted = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let answer = client.track_batch(&tenant.key, &events(SIZE));
                    if answer.status == 200 {
                        accepted.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                    assert_eq!(answer.status, 503, "{}", answer.text());
                    assert!(answer.header("retry-after").parse::<u32>().is_ok());
                }
            });
        }
    });
    // A batch that is larger than the whole queue still finds its way in.
    client.track_batch(&tenant.key, &events(SIZE)).assert_status(200);
    assert_eq!(client.all_logs(&tenant).len(), (accepted.into_inner() + 1) * SIZE);
}

fn hostile_batches_never_break_anything(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_objects = format!("{}1{}", "{\"a\":".repeat(50_000), "}".repeat(50_000));
    let mut elements: Vec<String> = [
        "NaN",
        "1e999",
        "-0",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "{\"a\":",
        "}",
        "\u{feff}",
        "{\"\":\"\"}",
        "[[]]",
        &deep,
        &deep_objects,
    ]
    .map(str::to_owned)
    .to_vec();
    elements.push("9".repeat(10_000));
    elements
        .push(format!("{{{}}}", (0..5_000).map(|n| format!("\"{n}\":{n}")).collect::<Vec<_>>().join(",")));
    elements.push(event_with(&json!({"endpoint": "x".repeat(1_000_000)})).to_string());
    let mut stored = 0;
    for element in &elements {
        for body in [format!("[{},{element}]", event()), format!("{}\n{element}\n", event()), element.clone()]
        {
            for content_type in ["application/json", "application/x-ndjson", "text/plain"] {
                let answer = client.batch(&tenant.key).body(content_type, body.clone()).send();
                let shown = body.chars().take(200).collect::<String>();
                assert!(
                    [200, 400, 422].contains(&answer.status),
                    "{shown}: {} {}",
                    answer.status,
                    answer.text()
                );
                if answer.status == 200 {
                    stored += answer.json()["stored"].as_u64().expect("a count");
                }
            }
        }
    }
    assert_eq!(client.all_logs(&tenant).len() as u64, stored);
    for name in ["atomic", "x"] {
        for value in ["", "%00", "%ff", "true&atomic=false", "[]"] {
            let path = format!("/track/batch?{name}={value}");
            let answer = client.call("POST", &path).key(&tenant.key).json(&json!([])).send();
            assert!([200, 422].contains(&answer.status), "{path}: {}", answer.status);
        }
    }
    client.ledger(&tenant, "").assert_status(200);
}
