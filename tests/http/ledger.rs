//! `GET /ingest/ledger`: what became of every event, by the hour of its arrival.

use chrono::{DateTime, Duration, Timelike, Utc};
use serde_json::{Value, json};
use tests::{Client, Setup, Tenant, on_each_backend};

use crate::support::{event, event_with, events};

on_each_backend!(
    nothing_received_is_an_empty_ledger,
    accounts_for_every_event,
    refused_events_count_once_under_a_known_reason,
    survives_a_restart,
    stored_counts_survive_a_crash,
    covers_whole_hours_of_the_asked_range,
    refuses_bad_ranges,
    shows_a_key_to_its_owner_only,
);

fn total(client: &Client, tenant: &Tenant) -> Value {
    client.ledger(tenant, "").expect(200).json()["total"].clone()
}

fn sum(rejected: &Value) -> u64 {
    rejected.as_object().expect("an object").values().map(|count| count.as_u64().expect("a count")).sum()
}

/// Every hour and the total balance, and the total is the sum of the hours.
fn assert_balanced(ledger: &Value) {
    let mut received = 0;
    let hours = ledger["hours"].as_array().expect("a list");
    for counts in hours.iter().chain([&ledger["total"]]) {
        let number = |name: &str| counts[name].as_u64().expect("a count");
        assert_eq!(
            number("received"),
            number("stored") + number("duplicate") + sum(&counts["rejected"]),
            "{counts}"
        );
        received += number("received");
    }
    assert_eq!(received, 2 * ledger["total"]["received"].as_u64().expect("a count"));
}

/// Asks until the refused events have been written, which the service does within about a second.
fn settled(client: &Client, tenant: &Tenant, received: u64) -> Value {
    for _ in 0..10_000 {
        let ledger = client.ledger(tenant, "").expect(200).json();
        assert_balanced(&ledger);
        if ledger["total"]["received"] == received {
            return ledger;
        }
    }
    panic!("{received} received events never show: {}", client.ledger(tenant, "").text());
}

fn nothing_received_is_an_empty_ledger(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    let ledger = server.client().ledger(&tenant, "").expect(200).json();
    let total = json!({"received": 0, "stored": 0, "duplicate": 0, "rejected": {}});
    assert_eq!(ledger, json!({"hours": [], "total": total}));
}

fn accounts_for_every_event(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (tenant, other) = (client.tenant("alice"), client.tenant("bob"));
    client.track_all(&other, &events(3));
    client.track_all(&tenant, &events(2));
    let mut batch = events(10);
    batch[0]["method"] = json!("get");
    batch[1] = json!(1);
    batch[2]["status_code"] = json!(600);
    batch[3]["status_code"] = json!(601);
    let named = || {
        let call = client.batch(&tenant.key).header("Idempotency-Key", "one");
        call.json(&Value::from(batch.as_slice())).send()
    };
    named().assert_status(200);
    named().assert_status(200);
    let conflict = client.batch(&tenant.key).header("Idempotency-Key", "one").json(&Value::from(events(7)));
    conflict.send().assert_status(422);
    let ledger = client.ledger(&tenant, "").expect(200).json();
    assert_balanced(&ledger);
    let rejected = json!({"batch.conflict": 7, "event.type": 1, "method.format": 1, "status_code.range": 2});
    let expected = json!({"received": 29, "stored": 8, "duplicate": 10, "rejected": rejected});
    assert_eq!(ledger["total"], expected);
    assert_eq!(client.all_logs(&tenant).len(), 8);
    assert_eq!(total(client, &other)["received"], 3);
}

fn refused_events_count_once_under_a_known_reason(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let refused = [
        event_with(&json!({"method": "get", "status_code": 1, "ip": "x"})),
        event_with(&json!({"colour": "red"})),
        event_with(&json!({"a.b": 1, "'; DROP TABLE events; --": 2})),
        json!({}),
        json!([]),
    ];
    for event in &refused {
        client.track(&tenant.key, event).assert_status(422);
    }
    // Not events at all.
    client.call("POST", "/track").key(&tenant.key).body("application/json", "{").send().assert_status(400);
    client.batch(&tenant.key).body("application/json", "[1,").send().assert_status(400);
    // The good events of a batch that is refused as a whole were received too.
    let atomic = client.call("POST", "/track/batch?atomic=true").key(&tenant.key);
    atomic.json(&json!([event(), event(), 1])).send().assert_status(422);
    let ledger = settled(client, &tenant, 8);
    let expected = json!({"batch.atomic": 2, "body.type": 1, "created_at.missing": 1, "event.type": 1,
                          "method.format": 1, "other": 2});
    assert_eq!(ledger["total"]["rejected"], expected);
}

fn survives_a_restart(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    server.client().track_batch(&tenant.key, &events(5)).assert_status(200);
    for _ in 0..3 {
        server.client().track(&tenant.key, &json!({})).assert_status(422);
    }
    // Ends well, so that the refused events are written too.
    let server = server.restart();
    let ledger = server.client().ledger(&tenant, "").expect(200).json();
    assert_balanced(&ledger);
    let expected = json!({"received": 8, "stored": 5, "duplicate": 0, "rejected": {"created_at.missing": 3}});
    assert_eq!(ledger["total"], expected);
}

fn stored_counts_survive_a_crash(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    server.client().track_all(&tenant, &events(3));
    let mut batch = events(4);
    batch[0]["ip"] = json!("x");
    server.client().track_batch(&tenant.key, &batch).assert_status(200);
    let server = server.kill().start();
    let expected = json!({"received": 7, "stored": 6, "duplicate": 0, "rejected": {"ip.format": 1}});
    assert_eq!(total(server.client(), &tenant), expected);
}

fn covers_whole_hours_of_the_asked_range(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let before = Utc::now();
    client.track_all(&tenant, &events(2));
    let after = Utc::now();
    let text = |instant: DateTime<Utc>| instant.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    let received = |start: DateTime<Utc>, end: DateTime<Utc>| {
        let query = format!("start_date={}&end_date={}", text(start), text(end));
        let ledger = client.ledger(&tenant, &query).expect(200).json();
        assert_balanced(&ledger);
        ledger["total"]["received"].as_u64().expect("a count")
    };
    let hour =
        |instant: DateTime<Utc>| instant.date_naive().and_hms_opt(instant.hour(), 0, 0).expect("an hour");
    // By the time of arrival, though the events say that they happened in 2025.
    assert_eq!(received(before - Duration::minutes(1), after + Duration::minutes(1)), 2);
    let end = hour(after).and_utc() + Duration::hours(1);
    assert_eq!(received(end - Duration::microseconds(1) - Duration::hours(1), end), 2);
    assert_eq!(received(end, end + Duration::hours(1)), 0);
    assert_eq!(received(before - Duration::days(2), hour(before).and_utc() - Duration::microseconds(1)), 0);
    let day = before.format("%Y-%m-%d").to_string();
    if before.date_naive() == after.date_naive() {
        let ledger = client.ledger(&tenant, &format!("start_date={day}&end_date={day}")).expect(200).json();
        assert_eq!(ledger["total"]["received"], 2);
    }
    let hours = client.ledger(&tenant, "").expect(200).json()["hours"].clone();
    let first = hours[0]["hour"].as_str().expect("an hour");
    let of = |instant: DateTime<Utc>| instant.format("%Y-%m-%dT%H:00:00Z").to_string();
    assert!([of(before), of(after)].iter().any(|hour| hour == first), "{first}");
}

fn refuses_bad_ranges(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    for (query, field) in [
        ("start_date=2025-08-02&end_date=2025-08-01", "start_date"),
        ("start_date=2025-08-01T00:00:00Z&end_date=2025-08-01T00:00:00Z", "start_date"),
        ("start_date=2025-07-01&end_date=2025-08-01", "start_date"),
        ("start_date=0001-01-01", "start_date"),
        ("end_date=yesterday", "end_date"),
        ("start_date=", "start_date"),
    ] {
        assert_eq!(client.ledger(&tenant, query).expect(422).faulty_fields(), [field], "{query}");
    }
    for query in ["start_date=2025-08-01&end_date=2025-08-31", "end_date=0001-01-01", "end_date=9999-12-31"] {
        client.ledger(&tenant, query).assert_status(200);
    }
}

fn shows_a_key_to_its_owner_only(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (alice, bob) = (client.tenant("alice"), client.tenant("bob"));
    let mixed = Tenant { token: bob.token.clone(), ..alice.clone() };
    client.ledger(&mixed, "").assert_status(403);
    client.get("/ingest/ledger").key(&alice.key).send().assert_status(401);
    client.get("/ingest/ledger").bearer(&alice.token).send().assert_status(401);
}
