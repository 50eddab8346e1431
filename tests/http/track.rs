//! `POST /track`: which events are taken, what is kept of them, and which fields are blamed.

use serde_json::{Value, json};
use tests::{Setup, on_each_backend};

use crate::support::{event, event_with, event_without, instant};

on_each_backend!(
    answers_200_without_a_body_after_storing,
    keeps_accepted_values_in_their_plain_form,
    refuses_faulty_values_by_field_and_stores_nothing,
    names_all_faulty_fields_at_once,
    required_fields_are_required,
    keeps_optional_fields_and_leaves_absent_ones_out,
);

fn answers_200_without_a_body_after_storing(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    let answer = server.client().track(&tenant.key, &event()).expect(200);
    assert!(answer.body.is_empty());
    let mut logs = server.client().all_logs(&tenant);
    assert_eq!(logs.len(), 1);
    assert_eq!(instant(&logs[0]["created_at"]), "2025-08-20T12:00:00");
    assert!(logs[0]["id"].is_i64());
    let log = logs[0].as_object_mut().expect("an object");
    log.remove("id");
    log.remove("created_at");
    let expected = json!({"method": "GET", "endpoint": "/users", "ip": "192.0.2.1",
                          "process_time": 12.5, "status_code": 200});
    assert_eq!(logs[0], expected);
}

/// Field, value sent, value served.
fn accepted() -> Vec<(&'static str, Value, Value)> {
    let mut cases = Vec::new();
    for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "CONNECT"] {
        cases.push(("method", json!(method), json!(method)));
    }
    for (sent, kept) in [
        ("2025-08-20T12:00:00Z", "2025-08-20T12:00:00"),
        ("2025-08-20T12:00:00", "2025-08-20T12:00:00"),
        ("2025-08-20T12:00:00+02:00", "2025-08-20T10:00:00"),
        ("2025-08-20T00:30:00+05:30", "2025-08-19T19:00:00"),
        ("2025-08-20T12:00:00.123456Z", "2025-08-20T12:00:00.123456"),
        ("2025-08-20T12:00:00.5Z", "2025-08-20T12:00:00.5"),
        ("2025-08-20", "2025-08-20T00:00:00"),
        ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999"),
    ] {
        cases.push(("created_at", json!(sent), json!(kept)));
    }
    let longest = "é".repeat(200);
    for (sent, kept) in [
        ("/", "/"),
        ("  /a b  ", "/a b"),
        ("/a\u{0}b\n\u{7f}", "/ab"),
        ("/日本語", "/日本語"),
        ("no slash", "no slash"),
        ("/%41_%", "/%41_%"),
        ("'; DROP TABLE events; --", "'; DROP TABLE events; --"),
        (longest.as_str(), longest.as_str()),
    ] {
        cases.push(("endpoint", json!(sent), json!(kept)));
    }
    for sent in ["", " ", "null", "NULL", "None"] {
        cases.push(("ip", json!(sent), Value::Null));
    }
    cases.push(("ip", Value::Null, Value::Null));
    for (sent, kept) in [
        ("192.0.2.1", "192.0.2.1"),
        ("255.255.255.255", "255.255.255.255"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("::", "::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
    ] {
        cases.push(("ip", json!(sent), json!(kept)));
    }
    for (sent, kept) in
        [(0.0, 0.0), (0.005, 0.01), (1.005, 1.01), (1.004, 1.0), (12.345, 12.35), (60_000.0, 60_000.0)]
    {
        cases.push(("process_time", json!(sent), json!(kept)));
    }
    cases.push(("process_time", json!(7), json!(7.0)));
    for status in [100, 200, 404, 599] {
        cases.push(("status_code", json!(status), json!(status)));
    }
    cases
}

fn keeps_accepted_values_in_their_plain_form(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    for (field, sent, kept) in accepted() {
        let body = event_with(&json!({field: sent}));
        let answer = client.track(&tenant.key, &body);
        assert_eq!(answer.status, 200, "{field} {sent}: {}", answer.text());
        let logs = client.all_logs(&tenant);
        let newest = logs.iter().max_by_key(|log| log["id"].as_i64()).expect("an event");
        if field == "created_at" {
            assert_eq!(instant(&newest[field]), kept.as_str().expect("an instant"), "{sent}");
        } else {
            assert_eq!(newest[field], kept, "{field} {sent}");
        }
    }
}

fn refused() -> Vec<(&'static str, Value)> {
    let long = |count: usize| json!("x".repeat(count));
    let mut cases = Vec::new();
    for value in [
        json!(1_755_691_200),
        json!(""),
        json!(" "),
        json!("now"),
        json!("20.08.2025"),
        json!("2025-02-29"),
        json!("2025-13-01"),
        json!("2025-08-20T25:00:00Z"),
        json!("2025-08-20T12:00:00+99:00"),
        json!("1755691200"),
        Value::Null,
        json!(["2025-08-20"]),
    ] {
        cases.push(("created_at", value));
    }
    for value in [json!("get"), json!(" GET"), json!("FETCH"), json!(""), json!(1), Value::Null] {
        cases.push(("method", value));
    }
    for value in [json!(""), json!("   "), json!("\n\u{0}"), json!("é".repeat(201)), json!(1), Value::Null] {
        cases.push(("endpoint", value));
    }
    for value in [
        json!("localhost"),
        json!("256.0.0.1"),
        json!("1.2.3"),
        json!("192.0.2.1:80"),
        json!("192.0.2.0/24"),
        json!("fe80::1%eth0"),
        json!("[::1]"),
        json!("1.2.3.4, 5.6.7.8"),
        json!(1),
        json!(false),
    ] {
        cases.push(("ip", value));
    }
    for value in
        [json!(-0.001), json!(-1), json!("12"), json!("NaN"), json!("Infinity"), Value::Null, json!(true)]
    {
        cases.push(("process_time", value));
    }
    for value in
        [json!(99), json!(600), json!(0), json!(-200), json!("200"), json!(200.5), Value::Null, json!(true)]
    {
        cases.push(("status_code", value));
    }
    cases.push(("route", long(201)));
    cases.push(("user_agent", long(513)));
    cases.push(("hostname", long(256)));
    cases.push(("consumer", long(256)));
    for field in ["request_bytes", "response_bytes"] {
        for value in [json!(-1), json!(1.5), json!("1")] {
            cases.push((field, value));
        }
    }
    cases.push(("colour", json!("red")));
    cases.push(("id", json!(1)));
    cases
}

fn refuses_faulty_values_by_field_and_stores_nothing(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    for (field, value) in refused() {
        let answer = server.client().track(&tenant.key, &event_with(&json!({field: value})));
        assert_eq!(answer.status, 422, "{field} {value}: {}", answer.text());
        assert_eq!(answer.faulty_fields(), [field], "{value}");
    }
    assert!(server.client().all_logs(&tenant).is_empty());
}

fn names_all_faulty_fields_at_once(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    let body = json!({"created_at": 1, "method": "get", "endpoint": "", "ip": "x", "process_time": -1,
                      "status_code": 600, "colour": "red"});
    let fields = server.client().track(&tenant.key, &body).expect(422).faulty_fields();
    let expected = ["colour", "created_at", "endpoint", "ip", "method", "process_time", "status_code"];
    assert_eq!(fields, expected);
    assert!(server.client().all_logs(&tenant).is_empty());
}

fn required_fields_are_required(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    let required = ["created_at", "endpoint", "method", "process_time", "status_code"];
    for field in required {
        let answer = server.client().track(&tenant.key, &event_without(field)).expect(422);
        assert_eq!(answer.faulty_fields(), [field]);
    }
    let answer = server.client().track(&tenant.key, &json!({})).expect(422);
    assert_eq!(answer.faulty_fields(), required);
    server.client().track(&tenant.key, &event_without("ip")).assert_status(200);
    assert_eq!(server.client().all_logs(&tenant)[0]["ip"], Value::Null);
}

fn keeps_optional_fields_and_leaves_absent_ones_out(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let extras = json!({"route": "x".repeat(200), "user_agent": "x".repeat(512), "hostname": "x".repeat(255),
                        "consumer": "x".repeat(255), "request_bytes": 0, "response_bytes": 5_000_000_000_u64});
    client.track_all(&tenant, &[event_with(&extras), event()]);
    let logs = client.all_logs(&tenant);
    for (field, value) in extras.as_object().expect("an object") {
        assert_eq!(&logs[0][field], value, "{field}");
        assert!(logs[1].get(field).is_none(), "{field}");
    }
}
