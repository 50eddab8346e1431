//! `timezone=`: dates, buckets and labels of the wall clock, above all on the days on which it is set.

use serde_json::{Value, json};
use tests::{Client, Setup, Tenant, on_each_backend};

use crate::support::{event_with, texts};

on_each_backend!(
    a_date_is_the_day_of_the_zone,
    a_repeated_hour_is_two_buckets,
    each_period_has_the_labels_of_the_zone,
    days_without_midnight_are_whole,
    a_named_zone_states_the_starts_even_if_it_is_utc,
    unknown_zones_are_refused,
);

fn track_at(client: &Client, tenant: &Tenant, times: &[&str]) {
    for time in times {
        client.track_all(tenant, &[event_with(&json!({"created_at": time}))]);
    }
}

/// Label, start and number of requests of each bucket.
fn series(dashboard: &Value) -> Vec<(String, String, u64)> {
    let points = dashboard["time_series"].as_array().expect("a list");
    let (labels, starts) = (texts(points, "timestamp"), texts(points, "start"));
    let counts = points.iter().map(|point| point["requests"].as_u64().unwrap_or_default());
    labels.into_iter().zip(starts).zip(counts).map(|((label, start), count)| (label, start, count)).collect()
}

fn assert_series(dashboard: &Value, expected: &[(&str, &str, u64)]) {
    let found = series(dashboard);
    let found: Vec<_> =
        found.iter().map(|(label, start, count)| (label.as_str(), start.as_str(), *count)).collect();
    assert_eq!(found, expected);
}

fn a_date_is_the_day_of_the_zone(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    // The first and last microseconds of the days in Berlin on which clocks go forward and back.
    track_at(
        client,
        &tenant,
        &[
            "2025-03-29T22:59:59.999999Z",
            "2025-03-29T23:00:00Z",
            "2025-03-30T21:59:59.999999Z",
            "2025-03-30T22:00:00Z",
            "2025-10-25T21:59:59.999999Z",
            "2025-10-25T22:00:00Z",
            "2025-10-26T22:59:59.999999Z",
            "2025-10-26T23:00:00Z",
        ],
    );
    for (range, expected) in [
        ("start_date=2025-03-30&end_date=2025-03-30", 2),
        ("start_date=2025-10-26&end_date=2025-10-26", 2),
        ("start_date=2025-03-29&end_date=2025-03-31", 4),
        // An offset in the text goes before the zone.
        ("start_date=2025-03-30T00:00:00Z&end_date=2025-03-30", 1),
        ("start_date=2025-03-30T00:00:00&end_date=2025-03-30", 2),
        // 02:30 is left out: the first instant after it is 01:00 UTC.
        ("start_date=2025-03-30T02:30&end_date=2025-03-30", 1),
        ("start_date=2025-10-26T00:00&end_date=2025-10-26T23:59:59.999998", 1),
    ] {
        let query = format!("{range}&timezone=Europe/Berlin");
        let body = client.dashboard(&tenant, &query).expect(200).json();
        assert_eq!(body["summary"]["total_requests"], expected, "{range}");
        let logs = client.raw_logs(&tenant, &query).expect(200).json();
        assert_eq!(logs.as_array().map(Vec::len), Some(expected), "{range}");
        let report = client.report(&tenant, &format!("format=json&{query}")).expect(200).json();
        assert_eq!(report["report"], body, "{range}");
    }
}

fn a_repeated_hour_is_two_buckets(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    track_at(
        client,
        &tenant,
        &[
            "2025-10-25T23:59:59Z",
            "2025-10-26T00:00:00Z",
            "2025-10-26T00:59:59.999999Z",
            "2025-10-26T01:00:00Z",
            "2025-10-26T02:00:00Z",
        ],
    );
    let query = "start_date=2025-10-26&end_date=2025-10-26&timezone=Europe/Berlin&period=hourly";
    assert_series(
        &client.dashboard(&tenant, query).expect(200).json(),
        &[
            ("2025-10-26 01", "2025-10-26T01:00:00+02:00", 1),
            ("2025-10-26 02", "2025-10-26T02:00:00+02:00", 2),
            ("2025-10-26 02", "2025-10-26T02:00:00+01:00", 1),
            ("2025-10-26 03", "2025-10-26T03:00:00+01:00", 1),
        ],
    );
    // The end of a range takes in both showings, its start too.
    for (range, expected) in [
        ("start_date=2025-10-26T01:00&end_date=2025-10-26T02:00", 4),
        ("start_date=2025-10-26T02:00&end_date=2025-10-26T03:00", 4),
        ("start_date=2025-10-26T02:00%2B01:00&end_date=2025-10-26T03:00", 2),
    ] {
        let body = client.dashboard(&tenant, &format!("{range}&timezone=Europe/Berlin")).expect(200).json();
        assert_eq!(body["summary"]["total_requests"], expected, "{range}");
    }
}

fn each_period_has_the_labels_of_the_zone(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    // 2025-09-01 00:05 in Kathmandu, a Monday; still August in UTC.
    track_at(client, &tenant, &["2025-08-31T18:20:30Z"]);
    for (period, label, start) in [
        ("minutely", "2025-09-01 00:05", "2025-09-01T00:05:00+05:45"),
        ("hourly", "2025-09-01 00", "2025-09-01T00:00:00+05:45"),
        ("daily", "2025-09-01", "2025-09-01T00:00:00+05:45"),
        ("weekly", "2025-W36", "2025-09-01T00:00:00+05:45"),
        ("monthly", "2025-09", "2025-09-01T00:00:00+05:45"),
    ] {
        let query =
            format!("start_date=2025-09-01&end_date=2025-09-02&timezone=Asia/Kathmandu&period={period}");
        assert_series(&client.dashboard(&tenant, &query).expect(200).json(), &[(label, start, 1)]);
    }
}

fn days_without_midnight_are_whole(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    // At midnight of the 4th clocks in São Paulo go to 01:00, at 03:00 UTC.
    track_at(
        client,
        &tenant,
        &["2018-11-04T02:59:59.999999Z", "2018-11-04T03:00:00Z", "2018-11-05T01:59:59.999999Z"],
    );
    let query = "start_date=2018-11-03&end_date=2018-11-04&timezone=America/Sao_Paulo";
    assert_series(
        &client.dashboard(&tenant, query).expect(200).json(),
        &[("2018-11-03", "2018-11-03T00:00:00-03:00", 1), ("2018-11-04", "2018-11-04T01:00:00-02:00", 2)],
    );
}

fn a_named_zone_states_the_starts_even_if_it_is_utc(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    track_at(client, &tenant, &["2025-08-20T12:00:00Z"]);
    let range = "start_date=2025-08-20&end_date=2025-08-20";
    let plain = client.dashboard(&tenant, range).expect(200).json();
    assert_eq!(plain["time_series"][0].get("start"), None);
    let body = client.dashboard(&tenant, &format!("{range}&timezone=UTC")).expect(200).json();
    assert_series(&body, &[("2025-08-20", "2025-08-20T00:00:00Z", 1)]);
    // The first week of all begins at the first instant there is.
    track_at(client, &tenant, &["0001-01-01"]);
    let week = "start_date=0001-01-01&end_date=0001-01-02&timezone=UTC&period=weekly";
    let body = client.dashboard(&tenant, week).expect(200).json();
    assert_series(&body, &[("0001-W01", "0001-01-01T00:00:00Z", 1)]);
}

fn unknown_zones_are_refused(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let long = "Europe/Berlin".repeat(100);
    for zone in ["", "utc", "Europe/berlin", "CEST", "%2B02:00", "Europe/Berlin%00", "../etc/passwd", &long] {
        let query = format!("timezone={zone}");
        assert_eq!(client.dashboard(&tenant, &query).expect(422).faulty_fields(), ["timezone"], "{zone}");
        assert_eq!(client.raw_logs(&tenant, &query).expect(422).faulty_fields(), ["timezone"], "{zone}");
        let report = client.report(&tenant, &format!("format=pdf&{query}")).expect(422);
        assert_eq!(report.faulty_fields(), ["timezone"], "{zone}");
    }
}
