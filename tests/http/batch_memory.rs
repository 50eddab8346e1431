//! Memory for the bodies of batches: counted by what has come, shared out by project, given back in every case; and
//! an overload does not flood the log.

use std::time::{Duration, Instant};

use tests::raw::Connection;
use tests::{Client, Server, Setup, Tenant, on_each_backend};

use crate::support::events;

on_each_backend!(
    bodies_that_were_only_announced_take_no_memory,
    one_project_cannot_take_the_memory_of_others,
    memory_comes_back_when_clients_hang_up,
    inflated_bytes_count,
    equal_lines_of_the_log_are_counted_instead_of_written,
);

const MIB: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(60);

/// Room for four bodies of a MiB, so two for one project.
fn start(setup: Setup) -> Server {
    let setup = setup.env("API_ANALYTICS_BATCH_MAX_BYTES", &MIB.to_string());
    setup.env("API_ANALYTICS_BATCH_MEMORY_MIB", "4").env("API_ANALYTICS_BODY_SECONDS", "600").start()
}

fn head(tenant: &Tenant, length: usize) -> String {
    let key = &tenant.key;
    format!("POST /track/batch HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nContent-Length: {length}\r\n\r\n")
}

/// Takes all the memory that a project gets, by bodies of which the last byte is missing.
fn fill(client: &Client, tenant: &Tenant) -> Vec<Connection> {
    let request = [head(tenant, MIB).as_bytes(), b"[", &vec![b' '; MIB - 2]].concat();
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        let held = [(); 2].map(|()| Connection::open(client.address(), &request));
        for _ in 0..1000 {
            if client.track_batch(&tenant.key, &events(1)).status == 503 {
                return held.into();
            }
        }
        // A batch in between took what one of the two still needed.
        for connection in held {
            connection.hang_up();
        }
    }
    panic!("nothing is refused");
}

/// A batch of ten events that is so long.
fn padded(length: usize) -> Vec<u8> {
    let mut batch = serde_json::Value::from(events(10)).to_string().into_bytes();
    batch.resize(length, b' ');
    batch
}

fn bodies_that_were_only_announced_take_no_memory(setup: Setup) {
    let server = start(setup);
    let client = server.client();
    let tenant = client.tenant("alice");
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(Connection::open(client.address(), head(&tenant, MIB).as_bytes()));
    }
    client.track_batch(&tenant.key, &events(10)).assert_status(200);
    assert_eq!(client.all_logs(&tenant).len(), 10);
    drop(silent);
}

fn one_project_cannot_take_the_memory_of_others(setup: Setup) {
    let server = start(setup);
    let client = server.client();
    let (alice, bob) = (client.tenant("alice"), client.tenant("bob"));
    let held = fill(client, &alice);
    let refusal = client.track_batch(&alice.key, &events(1)).expect(503);
    assert!(refusal.header("retry-after").parse::<u32>().is_ok());
    for _ in 0..5 {
        client.batch(&bob.key).bytes(padded(MIB)).send().assert_status(200);
    }
    assert_eq!(client.all_logs(&bob).len(), 50);
    for connection in held {
        connection.send(b"]");
        connection.answer().assert_status(200);
    }
    client.track_batch(&alice.key, &events(1)).assert_status(200);
}

fn memory_comes_back_when_clients_hang_up(setup: Setup) {
    let server = start(setup);
    let client = server.client();
    let tenant = client.tenant("alice");
    for _ in 0..3 {
        for connection in fill(client, &tenant) {
            connection.hang_up();
        }
        let until = Instant::now() + PATIENCE;
        while client.track_batch(&tenant.key, &events(1)).status != 200 {
            assert!(Instant::now() < until, "the memory does not come back");
        }
    }
}

fn inflated_bytes_count(setup: Setup) {
    let server = start(setup);
    let client = server.client();
    let (alice, bob) = (client.tenant("alice"), client.tenant("bob"));
    let _held = fill(client, &alice);
    // One MiB is left for another project.
    client.batch(&bob.key).bytes(padded(MIB)).send().assert_status(200);
    let compressed = |length| {
        let body = crate::support::gzip(&padded(length));
        client.batch(&bob.key).header("Content-Encoding", "gzip").bytes(body).send()
    };
    compressed(MIB).assert_status(503);
    compressed(MIB / 4).assert_status(200);
}

fn equal_lines_of_the_log_are_counted_instead_of_written(setup: Setup) {
    let server = start(setup);
    let client = server.client();
    let tenant = client.tenant("alice");
    let started = Instant::now();
    let _held = fill(client, &tenant);
    let mut refused: u64 = 1;
    let lines = loop {
        for _ in 0..100 {
            client.track_batch(&tenant.key, &events(1)).assert_status(503);
            refused += 1;
        }
        let log = server.log();
        let lines: Vec<String> = log.lines().filter(|line| line.contains("503")).map(str::to_owned).collect();
        if lines.len() > 1 {
            break lines;
        }
        assert!(started.elapsed() < PATIENCE, "no second line: {log}");
    };
    // One a second, and the first.
    assert!(lines.len() as u64 <= started.elapsed().as_secs() + 2, "{lines:?}");
    for line in &lines {
        assert!(line.contains(" WARN "), "{line}");
    }
    let left_out = lines[1].split("left_out=").nth(1).expect("a count");
    let left_out: u64 = left_out.split(' ').next().and_then(|count| count.parse().ok()).expect("a number");
    assert!(left_out > 0 && left_out < refused, "{left_out} of {refused}");
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}
