//! `GET /raw_logs`: filters, alone and together.

use serde_json::{Value, json};
use tests::{Client, Setup, Tenant, on_each_backend};

use crate::support::{event_with, texts};

on_each_backend!(
    each_filter_gives_what_it_names,
    filters_are_combined_with_and,
    times_of_processing_are_compared_inclusively,
    ranges_of_dates_are_inclusive_and_cover_whole_days,
    contradictory_and_faulty_filters_are_refused,
);

/// Events told apart by their `endpoint`.
fn events() -> Vec<Value> {
    let mut events = Vec::new();
    for (endpoint, day, method, ip, time, status) in [
        ("/100%/a", "2025-08-01T00:00:00Z", "GET", json!("10.0.0.1"), 0.0, 200),
        ("/100x/a", "2025-08-01T23:59:59.999999Z", "POST", json!("10.0.0.10"), 1.0, 201),
        ("/a_b", "2025-08-02T00:00:00Z", "GET", json!("2001:db8::1"), 2.5, 404),
        ("/axb", "2025-08-02T12:00:00Z", "PUT", Value::Null, 10.0, 500),
        ("/Users", "2025-08-03T00:00:00Z", "GET", json!("10.0.0.1"), 10.01, 200),
        ("/users\\é", "2025-08-04T00:00:00Z", "DELETE", json!("10.0.0.1"), 100.0, 200),
    ] {
        events.push(event_with(&json!({"endpoint": endpoint, "created_at": day, "method": method, "ip": ip,
                                       "process_time": time, "status_code": status})));
    }
    events
}

fn found(client: &Client, tenant: &Tenant, query: &str) -> Vec<String> {
    let list = client.raw_logs(tenant, query).expect(200).json();
    texts(list.as_array().expect("a list"), "endpoint")
}

fn assert_found(setup: Setup, cases: &[(&str, &[&str])]) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    server.client().track_all(&tenant, &events());
    for (query, expected) in cases {
        assert_eq!(found(server.client(), &tenant, query), *expected, "{query}");
    }
}

fn each_filter_gives_what_it_names(setup: Setup) {
    assert_found(
        setup,
        &[
            ("method=GET", &["/100%/a", "/a_b", "/Users"]),
            ("method=TRACE", &[]),
            ("status_code=200", &["/100%/a", "/Users", "/users\\é"]),
            ("status_code=599", &[]),
            ("endpoint=%25", &["/100%/a"]),
            ("endpoint=_", &["/a_b"]),
            ("endpoint=%5C", &["/users\\é"]),
            ("endpoint=users", &["/users\\é"]),
            ("endpoint=Users", &["/Users"]),
            ("endpoint=%C3%A9", &["/users\\é"]),
            ("endpoint=%C3%89", &[]),
            ("endpoint=/a", &["/100%/a", "/100x/a", "/a_b", "/axb"]),
            ("endpoint=%27", &[]),
            ("ip=10.0.0.1", &["/100%/a", "/Users", "/users\\é"]),
            ("ip=::ffff:10.0.0.10", &["/100x/a"]),
            ("ip=2001:DB8:0::1", &["/a_b"]),
        ],
    );
}

fn filters_are_combined_with_and(setup: Setup) {
    assert_found(
        setup,
        &[
            ("method=GET&status_code=200", &["/100%/a", "/Users"]),
            ("method=GET&status_code=200&endpoint=Users&ip=10.0.0.1", &["/Users"]),
            ("method=GET&status_code=500", &[]),
            ("start_date=2025-08-02&end_date=2025-08-03&process_time_min=3", &["/axb", "/Users"]),
            ("ip=10.0.0.1&process_time_max=10.01&order=desc", &["/Users", "/100%/a"]),
            ("ip=10.0.0.1&limit=1&offset=1", &["/Users"]),
        ],
    );
}

fn times_of_processing_are_compared_inclusively(setup: Setup) {
    assert_found(
        setup,
        &[
            ("process_time_min=0&process_time_max=1", &["/100%/a", "/100x/a"]),
            ("process_time_max=0", &["/100%/a"]),
            ("process_time_min=100", &["/users\\é"]),
            ("process_time_min=10.01", &["/Users", "/users\\é"]),
            ("process_time_min=1&process_time_max=2.5", &["/100x/a", "/a_b"]),
            ("process_time_min=0", &["/100%/a", "/100x/a", "/a_b", "/axb", "/Users", "/users\\é"]),
        ],
    );
}

fn ranges_of_dates_are_inclusive_and_cover_whole_days(setup: Setup) {
    assert_found(
        setup,
        &[
            ("start_date=2025-08-01&end_date=2025-08-01", &["/100%/a", "/100x/a"]),
            ("end_date=2025-08-01", &["/100%/a", "/100x/a"]),
            ("start_date=2025-08-03", &["/Users", "/users\\é"]),
            ("start_date=2025-08-02T00:00:00Z&end_date=2025-08-02T12:00:00Z", &["/a_b", "/axb"]),
            ("start_date=2025-08-02T12:00:00Z&end_date=2025-08-02T12:00:00Z", &["/axb"]),
            ("start_date=2025-08-02T14:00:00%2B02:00&end_date=2025-08-02", &["/axb"]),
            ("end_date=2025-08-01T23:59:59.999998Z", &["/100%/a"]),
            ("start_date=2030-01-01", &[]),
        ],
    );
}

fn contradictory_and_faulty_filters_are_refused(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    for query in [
        "start_date=2025-08-02&end_date=2025-08-01",
        "start_date=2025-08-02T00:00:01Z&end_date=2025-08-02T00:00:00Z",
        "process_time_min=2&process_time_max=1",
        "process_time_min=2&process_time_max=2",
        "process_time_min=NaN",
        "process_time_max=-1",
        "process_time_min=x",
        "start_date=yesterday",
        "end_date=2025-02-30",
        "method=get",
        "method=FETCH",
        "status_code=99",
        "status_code=600",
        "status_code=ok",
        "ip=localhost",
        "ip=10.0.0",
    ] {
        let answer = server.client().raw_logs(&tenant, query).expect(422);
        assert!(!answer.faulty_fields().is_empty(), "{query}");
    }
}
