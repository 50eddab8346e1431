//! `GET /dashboard`: what is counted, as whole JSON. Ranges and buckets are in `dashboard_range`.

use serde_json::{Value, json};
use tests::{Setup, on_each_backend};

use crate::support::{event_with, texts};

on_each_backend!(
    no_events_give_the_empty_shape,
    a_hand_computed_example_agrees,
    one_event_of_zero_milliseconds_is_data,
    the_largest_are_kept_and_ties_go_by_name,
    events_without_address_are_left_out_of_the_addresses,
);

const RANGE: &str = "start_date=2025-08-01&end_date=2025-08-31";

fn no_events_give_the_empty_shape(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    let empty = json!({
        "summary": {"total_requests": 0, "unique_ips": 0, "avg_response_time": null,
                    "min_response_time": null, "max_response_time": null, "error_rate": 0.0},
        "method_usage": {}, "endpoint_stats": [], "status_codes": {}, "top_ips": [], "time_series": [],
    });
    assert_eq!(server.client().dashboard(&tenant, "").expect(200).json(), empty);
    assert_eq!(server.client().dashboard(&tenant, RANGE).expect(200).json(), empty);
}

fn a_hand_computed_example_agrees(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    let mut events = Vec::new();
    for (time, method, endpoint, ip, took, status) in [
        ("2025-08-20T10:00:00Z", "GET", "/a", json!("192.0.2.1"), 1.0, 200),
        ("2025-08-20T11:00:00Z", "GET", "/a", json!("192.0.2.1"), 2.0, 404),
        ("2025-08-21T10:00:00Z", "POST", "/b", json!("2001:db8::1"), 2.0, 500),
        ("2025-08-22T10:00:00Z", "GET", "/a", Value::Null, 0.005, 302),
    ] {
        events.push(json!({"created_at": time, "method": method, "endpoint": endpoint, "ip": ip,
                           "process_time": took, "status_code": status}));
    }
    server.client().track_all(&tenant, &events);
    let expected = json!({
        "summary": {"total_requests": 4, "unique_ips": 2, "avg_response_time": 1.25,
                    "min_response_time": 0.01, "max_response_time": 2.0, "error_rate": 50.0},
        "method_usage": {"GET": 3, "POST": 1},
        "endpoint_stats": [
            {"endpoint": "/a", "requests": 3, "avg_time": 1.0, "errors_count": 1},
            {"endpoint": "/b", "requests": 1, "avg_time": 2.0, "errors_count": 1},
        ],
        "status_codes": {"200": 1, "302": 1, "404": 1, "500": 1},
        "top_ips": [{"ip": "192.0.2.1", "requests": 2}, {"ip": "2001:db8::1", "requests": 1}],
        "time_series": [
            {"timestamp": "2025-08-20", "requests": 2, "avg_time": 1.5, "error_rate": 50.0},
            {"timestamp": "2025-08-21", "requests": 1, "avg_time": 2.0, "error_rate": 100.0},
            {"timestamp": "2025-08-22", "requests": 1, "avg_time": 0.01, "error_rate": 0.0},
        ],
    });
    assert_eq!(server.client().dashboard(&tenant, RANGE).expect(200).json(), expected);
}

fn one_event_of_zero_milliseconds_is_data(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    server.client().track_all(&tenant, &[event_with(&json!({"process_time": 0}))]);
    let summary = server.client().dashboard(&tenant, RANGE).expect(200).json()["summary"].clone();
    let expected = json!({"total_requests": 1, "unique_ips": 1, "avg_response_time": 0.0,
                          "min_response_time": 0.0, "max_response_time": 0.0, "error_rate": 0.0});
    assert_eq!(summary, expected);
}

fn the_largest_are_kept_and_ties_go_by_name(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    for number in [7, 3, 5, 1, 6, 2, 4] {
        let ip = if number == 1 { "9.0.0.1".to_owned() } else { format!("10.0.0.{number}") };
        let changes = json!({"endpoint": format!("/{number}"), "ip": ip});
        client.track_all(&tenant, &[event_with(&changes)]);
    }
    client.track_all(&tenant, &[event_with(&json!({"endpoint": "/7", "ip": "10.0.0.7"}))]);
    let lists = |query: &str| {
        let body = client.dashboard(&tenant, &format!("{RANGE}{query}")).expect(200).json();
        let endpoints = texts(body["endpoint_stats"].as_array().expect("a list"), "endpoint");
        (endpoints, texts(body["top_ips"].as_array().expect("a list"), "ip"))
    };
    let (endpoints, ips) = lists("");
    assert_eq!(endpoints, ["/7", "/1", "/2", "/3", "/4"]);
    assert_eq!(ips, ["10.0.0.7", "9.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]);
    assert_eq!(lists("&top=1"), (vec!["/7".to_owned()], vec!["10.0.0.7".to_owned()]));
    assert_eq!(lists("&top=100").0.len(), 7);
    for top in ["0", "101", "-1", "x"] {
        let answer = client.dashboard(&tenant, &format!("{RANGE}&top={top}")).expect(422);
        assert_eq!(answer.faulty_fields(), ["top"]);
    }
}

fn events_without_address_are_left_out_of_the_addresses(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    let without = event_with(&json!({"ip": null}));
    let mapped = event_with(&json!({"ip": "::ffff:192.0.2.1"}));
    server.client().track_all(&tenant, &[without, mapped, event_with(&json!({}))]);
    let body = server.client().dashboard(&tenant, RANGE).expect(200).json();
    assert_eq!(body["summary"]["total_requests"], 3);
    assert_eq!(body["summary"]["unique_ips"], 1);
    assert_eq!(body["top_ips"], json!([{"ip": "192.0.2.1", "requests": 2}]));
}
