//! `GET /dashboard`: the range of time and its buckets.

use serde_json::{Value, json};
use tests::{Client, Setup, Tenant, on_each_backend};

use crate::support::{event_with, texts};

on_each_backend!(
    each_period_has_its_labels,
    both_edges_of_the_range_are_inclusive,
    the_default_range_is_the_last_thirty_days,
    the_newest_buckets_are_kept,
    faulty_ranges_and_periods_are_refused,
);

fn track_at(client: &Client, tenant: &Tenant, times: &[&str]) {
    for time in times {
        client.track_all(tenant, &[event_with(&json!({"created_at": time}))]);
    }
}

fn labels(dashboard: &Value) -> Vec<String> {
    texts(dashboard["time_series"].as_array().expect("a list"), "timestamp")
}

fn each_period_has_its_labels(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    track_at(
        client,
        &tenant,
        &["2024-12-30T23:59:59.999999Z", "2021-01-01T00:00:00Z", "2021-01-01T00:01:00Z"],
    );
    let cases: [(&str, &[&str]); 6] = [
        ("&period=minutely", &["2021-01-01 00:00", "2021-01-01 00:01", "2024-12-30 23:59"]),
        ("&period=hourly", &["2021-01-01 00", "2024-12-30 23"]),
        ("&period=daily", &["2021-01-01", "2024-12-30"]),
        ("", &["2021-01-01", "2024-12-30"]),
        ("&period=weekly", &["2020-W53", "2025-W01"]),
        ("&period=monthly", &["2021-01", "2024-12"]),
    ];
    for (period, expected) in cases {
        let query = format!("start_date=2020-01-01&end_date=2025-12-31{period}");
        let dashboard = client.dashboard(&tenant, &query).expect(200).json();
        assert_eq!(labels(&dashboard), expected, "{period}");
        assert_eq!(dashboard["summary"]["total_requests"], 3, "{period}");
    }
}

fn both_edges_of_the_range_are_inclusive(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    track_at(
        client,
        &tenant,
        &["2025-08-20T00:00:00Z", "2025-08-20T12:00:00Z", "2025-08-20T23:59:59.999999Z"],
    );
    for (range, expected) in [
        ("start_date=2025-08-20&end_date=2025-08-20", 3),
        ("start_date=2025-08-21&end_date=2025-08-22", 0),
        ("start_date=2025-08-18&end_date=2025-08-19", 0),
        ("start_date=2025-08-20T00:00:00Z&end_date=2025-08-20T12:00:00Z", 2),
        ("start_date=2025-08-20T00:00:00.000001Z&end_date=2025-08-20T11:59:59.999999Z", 0),
        ("start_date=2025-08-20T14:00:00%2B02:00&end_date=2025-08-20", 2),
        ("start_date=2025-08-20T12:00:00&end_date=2025-08-20T23:59:59.999999", 2),
        ("end_date=2025-09-19T00:00:00Z", 3),
        ("end_date=2025-09-19T00:00:00.000001Z", 2),
    ] {
        let body = client.dashboard(&tenant, range).expect(200).json();
        assert_eq!(body["summary"]["total_requests"], expected, "{range}");
    }
}

fn the_default_range_is_the_last_thirty_days(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let report = client.report(&tenant, "format=json").expect(200).json();
    let now = report["report_metadata"]["generated_at"].as_str().expect("an instant").to_owned();
    track_at(client, &tenant, &[now.as_str(), "2020-01-01"]);
    let body = client.dashboard(&tenant, "").expect(200).json();
    assert_eq!(body["summary"]["total_requests"], 1);
}

fn the_newest_buckets_are_kept(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    for minute in 0..55 {
        track_at(client, &tenant, &[&format!("2025-08-20T12:{minute:02}:30Z")]);
    }
    let series = |query: &str| {
        let range = format!("start_date=2025-08-20&end_date=2025-08-20&period=minutely{query}");
        labels(&client.dashboard(&tenant, &range).expect(200).json())
    };
    let default = series("");
    assert_eq!(default.len(), 50);
    assert_eq!((default[0].as_str(), default[49].as_str()), ("2025-08-20 12:05", "2025-08-20 12:54"));
    assert_eq!(series("&series_limit=2"), ["2025-08-20 12:53", "2025-08-20 12:54"]);
    assert_eq!(series("&series_limit=5000").len(), 55);
    for limit in ["0", "5001", "-1", "x"] {
        let answer = client.dashboard(&tenant, &format!("series_limit={limit}")).expect(422);
        assert_eq!(answer.faulty_fields(), ["series_limit"]);
    }
}

fn faulty_ranges_and_periods_are_refused(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    for query in [
        "start_date=2025-08-21&end_date=2025-08-20",
        "start_date=2025-08-20T12:00:00Z&end_date=2025-08-20T12:00:00Z",
        "start_date=2999-01-01",
        "start_date=x",
        "end_date=2025-02-30",
        "period=yearly",
        "period=Daily",
        "period=",
    ] {
        let answer = client.dashboard(&tenant, query).expect(422);
        assert!(!answer.faulty_fields().is_empty(), "{query}");
        client.report(&tenant, &format!("format=json&{query}")).assert_status(422);
        client.report(&tenant, &format!("format=pdf&{query}")).assert_status(422);
    }
}
