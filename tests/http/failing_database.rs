//! A database that fails each statement: answers of 503, a log that stays short, and an end of it when it works again.

use std::time::{Duration, Instant};

use tests::{Answer, Client, Setup, Tenant, on_each_backend};

use crate::support::{event, events};

on_each_backend!(a_failing_database_does_not_flood_the_log);

const PATIENCE: Duration = Duration::from_secs(60);

/// One answer of each way to the database.
fn asked(client: &Client, tenant: &Tenant, round: usize) -> Vec<Answer> {
    vec![
        client.track(&tenant.key, &event()),
        client.track_batch(&tenant.key, &events(2)),
        client.raw_logs(tenant, ""),
        client.dashboard(tenant, ""),
        // A key that nobody has asked for before.
        client.track(&format!("unknown key {round}"), &event()),
    ]
}

fn a_failing_database_does_not_flood_the_log(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    client.track_batch(&tenant.key, &events(5)).assert_status(200);
    let tables = ["events", "api_keys", "segments"];
    for table in tables {
        server.setup().execute(&format!("ALTER TABLE {table} RENAME TO {table}_away"));
    }
    let started = Instant::now();
    let mut round = 0;
    let log = loop {
        for answer in asked(client, &tenant, round) {
            assert_eq!(answer.status, 503, "{}: {}", answer.request, answer.text());
            assert!(answer.header("retry-after").parse::<u32>().is_ok(), "{}", answer.request);
        }
        round += 1;
        let log = server.log();
        if log.matches("left_out=").count() >= 3 {
            break log;
        }
        assert!(started.elapsed() < PATIENCE, "no line tells of others: {log}");
    };
    // Each kind of line once a second, and the first: answers, storage, storing, key look-ups, background work.
    let most = 8 * (started.elapsed().as_secs() + 2);
    assert!(log.lines().count() as u64 <= most, "{log}");
    assert!(log.lines().any(|line| line.contains("ERROR")), "that is a fault: {log}");
    for table in tables {
        server.setup().execute(&format!("ALTER TABLE {table}_away RENAME TO {table}"));
    }
    client.track(&tenant.key, &event()).assert_status(200);
    assert_eq!(client.all_logs(&tenant).len(), 6);
}
