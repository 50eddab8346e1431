//! Input that is made to break things: never a 5xx, and later reads still work.

use serde_json::json;
use tests::{Client, Setup, Tenant, on_each_backend, raw};

use crate::support::{event, event_with};

on_each_backend!(
    hostile_event_bodies_never_break_anything,
    extreme_values_that_are_accepted_can_be_read_back,
    bodies_over_the_limit_are_refused,
    endless_headers_are_survived,
    hostile_queries_never_break_anything,
    hostile_bodies_of_accounts_never_break_anything,
);

fn assert_reads_work(client: &Client, tenant: &Tenant) {
    for query in ["", "order_by=process_time&order=desc", "order_by=ip", "order_by=endpoint"] {
        client.raw_logs(tenant, query).assert_status(200);
    }
    for period in ["minutely", "hourly", "daily", "weekly", "monthly"] {
        let range = format!("start_date=0001-01-01&end_date=9999-12-31&period={period}");
        client.dashboard(tenant, &range).assert_status(200);
    }
    client.report(tenant, "format=json").assert_status(200);
}

/// The plain event as text, with other text in the place of one value.
fn body(field: &str, literal: &str) -> Vec<u8> {
    let mut fields = Vec::new();
    for (name, value) in event().as_object().expect("an object") {
        let value = if name == field { literal.to_owned() } else { value.to_string() };
        fields.push(format!("\"{name}\":{value}"));
    }
    format!("{{{}}}", fields.join(",")).into_bytes()
}

fn hostile_bodies() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = Vec::new();
    let huge = "9".repeat(400);
    for literal in [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "-1e999",
        "1e308",
        "-0.0",
        "1e-400",
        "18446744073709551616",
        &huge,
    ] {
        for field in ["process_time", "status_code", "created_at", "endpoint", "ip"] {
            bodies.push(body(field, literal));
        }
    }
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_objects = format!("{}1{}", "{\"a\":".repeat(8_000), "}".repeat(8_000));
    for literal in [
        r#""\ud800""#,
        r#""\udc00x""#,
        r#""\u0000""#,
        r#""/a\u0000b""#,
        r#""\ufffe""#,
        "\"\u{202e}\"",
        &deep,
        &deep_objects,
    ] {
        for field in ["endpoint", "method", "ip", "created_at", "process_time"] {
            bodies.push(body(field, literal));
        }
    }
    for date in [
        "0001-01-01T00:00:00+14:00",
        "0001-01-01",
        "0000-01-01",
        "-0001-01-01",
        "9999-12-31T23:59:59.999999-14:00",
        "10000-01-01",
        "+262143-01-01T00:00:00Z",
        "2016-12-31T23:59:60Z",
    ] {
        bodies.push(body("created_at", &format!("\"{date}\"")));
    }
    for text in ["", " ", "[]", "[{}]", "null", "true", "\"\"", "{", "{\"a\"", "{}x", &deep, &deep_objects] {
        bodies.push(text.as_bytes().to_vec());
    }
    bodies.push(b"\xff\xfe\x00".to_vec());
    bodies.push([&br#"{"endpoint":"#[..], b"\"\xc3\x28\"}"].concat());
    bodies.push(br#"{"method":"GET","method":"GET"}"#.to_vec());
    bodies
}

fn hostile_event_bodies_never_break_anything(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let mut stored = 0;
    for body in hostile_bodies() {
        let shown = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
        let answer = client.call("POST", "/track").key(&tenant.key).body("application/json", body).send();
        assert!(
            [200, 400, 413, 422].contains(&answer.status),
            "{shown}: {} {}",
            answer.status,
            answer.text()
        );
        stored += usize::from(answer.status == 200);
    }
    assert_eq!(client.all_logs(&tenant).len(), stored);
    assert_reads_work(client, &tenant);
}

fn extreme_values_that_are_accepted_can_be_read_back(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let mut stored = 0;
    for changes in [
        json!({"process_time": 1e15}),
        json!({"process_time": 1e12}),
        json!({"process_time": 9.3e15}),
        json!({"created_at": "0001-01-01T00:00:00Z"}),
        json!({"created_at": "9999-12-31T23:59:59.999999Z"}),
        json!({"request_bytes": u64::MAX}),
        json!({"response_bytes": i64::MAX}),
        json!({"endpoint": "\u{10ffff}\u{202e}\u{feff}x"}),
    ] {
        let status = client.track(&tenant.key, &event_with(&changes)).status;
        assert!([200, 422].contains(&status), "{changes}: {status}");
        stored += usize::from(status == 200);
    }
    for _ in 0..3 {
        let status = client.track(&tenant.key, &event_with(&json!({"process_time": 9e15}))).status;
        stored += usize::from(status == 200);
    }
    assert_eq!(client.all_logs(&tenant).len(), stored);
    assert_reads_work(client, &tenant);
}

fn bodies_over_the_limit_are_refused(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    let address = server.client().address();
    let large = body("endpoint", &format!("\"{}\"", "x".repeat(5_000_000)));
    let (status, text) = raw::track(address, &tenant.key, &large);
    assert_eq!(status, 413, "{text}");
    assert!(text.to_ascii_lowercase().contains("application/problem+json"), "{text}");
    assert!(server.client().all_logs(&tenant).is_empty());
}

fn endless_headers_are_survived(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    let address = server.client().address();
    for (count, length) in [(200, 10), (5_000, 100), (1, 1_000_000)] {
        let mut request = String::from("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
        for number in 0..count {
            request.push_str(&format!("X-Header-{number}: {}\r\n", "v".repeat(length)));
        }
        request.push_str("\r\n");
        let (status, text) = raw::exchange(address, request.as_bytes());
        assert!(status < 500, "{count} headers of {length}: {text}");
    }
    for request in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ] {
        let (status, text) = raw::exchange(address, request);
        assert!(status < 500, "{request:?}: {text}");
    }
    assert_reads_work(server.client(), &tenant);
}

fn hostile_queries_never_break_anything(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let values = [
        "",
        "%00",
        "%ff%fe",
        "NaN",
        "1e999",
        "-1",
        "99999999999999999999",
        "0001-01-01",
        "9999-12-31",
        "9999-12-31T23:59:59-14:00",
        "%27%20OR%201=1",
        "[]",
        "%F0%9F%92%A3",
    ];
    let names = [
        "limit",
        "offset",
        "order_by",
        "order",
        "start_date",
        "end_date",
        "method",
        "status_code",
        "endpoint",
        "ip",
        "process_time_min",
        "process_time_max",
        "period",
        "top",
        "series_limit",
        "format",
    ];
    for name in names {
        for value in values {
            for path in ["/raw_logs", "/dashboard", "/report"] {
                let call =
                    client.get(&format!("{path}?{name}={value}")).bearer(&tenant.token).key(&tenant.key);
                let answer = call.send();
                assert!([200, 400, 422].contains(&answer.status), "{}: {}", answer.request, answer.text());
            }
        }
    }
    assert_reads_work(client, &tenant);
}

fn hostile_bodies_of_accounts_never_break_anything(setup: Setup) {
    let server = setup.start();
    for body in hostile_bodies() {
        for path in ["/register", "/token"] {
            let answer = server.client().call("POST", path).body("application/json", body.clone()).send();
            assert!((400..500).contains(&answer.status), "{path}: {} {}", answer.status, answer.text());
        }
    }
    let _ = server.client().tenant("alice");
}
