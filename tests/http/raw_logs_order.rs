//! `GET /raw_logs`: order and pages, against an order computed here.

use std::cmp::Ordering;
use std::net::IpAddr;

use serde_json::{Value, json};
use tests::{Client, Setup, Tenant, on_each_backend};

on_each_backend!(
    the_default_order_is_by_time_ascending,
    every_order_agrees_with_the_one_computed_here,
    pages_with_equal_keys_never_overlap,
    limit_and_offset_are_bounded,
    unknown_orders_are_refused,
);

const FIELDS: [&str; 6] = ["created_at", "method", "endpoint", "ip", "process_time", "status_code"];

/// Sixty events with many equal values, in no order.
fn mixed_events() -> Vec<Value> {
    let methods = ["GET", "POST", "DELETE", "PUT"];
    let endpoints = ["/b", "/a", "/B", "/é", "/a/b", "/_", "/日本", "/a-b"];
    let ips = [
        Value::Null,
        json!("10.0.0.2"),
        json!("9.255.255.255"),
        json!("10.0.0.10"),
        json!("2001:db8::1"),
        json!("::1"),
        json!("fe80::1"),
    ];
    let times = [0.0, 2.0, 10.0, 9.5, 1000.25];
    let mut events = Vec::new();
    let mut state: usize = 12345;
    for _ in 0..60 {
        state = (state * 1_103_515_245 + 12345) % 2_147_483_648;
        let pick = state / 65_536;
        events.push(json!({
            "created_at": format!("2025-08-{:02}T{:02}:00:00Z", 1 + pick % 5, pick % 3),
            "method": methods[pick % 4],
            "endpoint": endpoints[pick % 8],
            "ip": ips[pick % 7],
            "process_time": times[pick % 5],
            "status_code": 200 + pick % 4,
        }));
    }
    events
}

/// The 16 bytes of an address, an IPv4 one mapped; `None` comes first.
fn address(value: &Value) -> Option<[u8; 16]> {
    match value.as_str()?.parse().expect("an address") {
        IpAddr::V4(ip) => Some(ip.to_ipv6_mapped().octets()),
        IpAddr::V6(ip) => Some(ip.octets()),
    }
}

fn compare(field: &str, a: &Value, b: &Value) -> Ordering {
    let (left, right) = (&a[field], &b[field]);
    let by_field = match field {
        "ip" => address(left).cmp(&address(right)),
        "process_time" => left.as_f64().partial_cmp(&right.as_f64()).expect("numbers"),
        "status_code" => left.as_i64().cmp(&right.as_i64()),
        _ => left.as_str().cmp(&right.as_str()),
    };
    by_field.then(a["id"].as_i64().cmp(&b["id"].as_i64()))
}

fn ids(list: &[Value]) -> Vec<i64> {
    let mut ids = Vec::new();
    for entry in list {
        ids.push(entry["id"].as_i64().expect("an id"));
    }
    ids
}

fn page(client: &Client, tenant: &Tenant, query: &str) -> Vec<Value> {
    client.raw_logs(tenant, query).expect(200).json().as_array().expect("a list").clone()
}

fn the_default_order_is_by_time_ascending(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    server.client().track_all(&tenant, &mixed_events());
    let default = page(server.client(), &tenant, "");
    let named = page(server.client(), &tenant, "order_by=created_at&order=asc&limit=100&offset=0");
    assert_eq!(default.len(), 60);
    assert_eq!(default, named);
}

fn every_order_agrees_with_the_one_computed_here(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    server.client().track_all(&tenant, &mixed_events());
    let all = page(server.client(), &tenant, "");
    assert_eq!(all.len(), 60);
    for field in FIELDS {
        let mut expected = all.clone();
        expected.sort_by(|a, b| compare(field, a, b));
        let ascending = page(server.client(), &tenant, &format!("order_by={field}&order=asc"));
        assert_eq!(ids(&ascending), ids(&expected), "{field} asc");
        expected.reverse();
        let descending = page(server.client(), &tenant, &format!("order_by={field}&order=desc"));
        assert_eq!(ids(&descending), ids(&expected), "{field} desc");
    }
}

fn pages_with_equal_keys_never_overlap(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    server.client().track_all(&tenant, &mixed_events());
    for field in FIELDS {
        for order in ["asc", "desc"] {
            let whole = page(server.client(), &tenant, &format!("order_by={field}&order={order}"));
            let mut joined = Vec::new();
            for offset in (0..63).step_by(7) {
                let query = format!("order_by={field}&order={order}&limit=7&offset={offset}");
                joined.extend(page(server.client(), &tenant, &query));
            }
            assert_eq!(ids(&joined), ids(&whole), "{field} {order}");
        }
    }
}

fn limit_and_offset_are_bounded(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    client.track_all(&tenant, &mixed_events());
    client.track_all(&tenant, &mixed_events());
    assert_eq!(page(client, &tenant, "").len(), 100);
    assert_eq!(page(client, &tenant, "limit=1").len(), 1);
    assert_eq!(page(client, &tenant, "limit=100").len(), 100);
    assert_eq!(page(client, &tenant, "offset=119").len(), 1);
    assert_eq!(page(client, &tenant, "offset=120").len(), 0);
    assert_eq!(page(client, &tenant, "offset=1000000").len(), 0);
    for (field, values) in
        [("limit", ["0", "101", "-1", "x", "1.5"]), ("offset", ["-1", "x", "1.5", "1e3", "%20"])]
    {
        for value in values {
            let answer = client.raw_logs(&tenant, &format!("{field}={value}")).expect(422);
            assert_eq!(answer.faulty_fields(), [field], "{value}");
        }
    }
}

fn unknown_orders_are_refused(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    for (field, value) in
        [("order_by", "id"), ("order_by", "IP"), ("order_by", "ip;"), ("order", "up"), ("order", "ASC,")]
    {
        let answer = server.client().raw_logs(&tenant, &format!("{field}={value}")).expect(422);
        assert_eq!(answer.faulty_fields(), [field], "{value}");
    }
}
