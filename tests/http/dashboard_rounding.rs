//! `GET /dashboard`: which statuses are errors, and how numbers are rounded.

use serde_json::{Value, json};
use tests::{Server, Setup, on_each_backend};

use crate::support::event_with;

on_each_backend!(counts_errors_from_400_to_599, rounds_half_away_from_zero_after_all_arithmetic);

/// The dashboard of a new tenant with these events.
fn dashboard_of(server: &Server, changes: &[Value]) -> Value {
    let tenant = server.client().tenant("alice");
    let events: Vec<Value> = changes.iter().map(event_with).collect();
    server.client().track_all(&tenant, &events);
    server.client().dashboard(&tenant, "start_date=2025-08-01&end_date=2025-08-31").expect(200).json()
}

fn counts_errors_from_400_to_599(setup: Setup) {
    let server = setup.start();
    let statuses = [100, 200, 399, 400, 499, 500, 599];
    let changes: Vec<Value> = statuses.iter().map(|status| json!({"status_code": status})).collect();
    let dashboard = dashboard_of(&server, &changes);
    assert_eq!(dashboard["endpoint_stats"][0]["errors_count"], 4);
    assert_eq!(dashboard["summary"]["error_rate"], json!(57.14));
    assert_eq!(dashboard["time_series"][0]["error_rate"], json!(57.14));
}

fn rounds_half_away_from_zero_after_all_arithmetic(setup: Setup) {
    let server = setup.start();
    // Each of the first three is below half of a hundredth or above it; only their mean is exactly half.
    let cases = [("/a", 0.004), ("/a", 0.004), ("/a", 0.007), ("/b", 1.005), ("/c", 2.675)];
    let changes: Vec<Value> =
        cases.iter().map(|(endpoint, time)| json!({"endpoint": endpoint, "process_time": time})).collect();
    let dashboard = dashboard_of(&server, &changes);
    let stats = dashboard["endpoint_stats"].as_array().unwrap();
    let averages: Vec<&Value> = stats.iter().map(|entry| &entry["avg_time"]).collect();
    assert_eq!(averages, [&json!(0.01), &json!(1.01), &json!(2.68)]);
    assert_eq!(dashboard["summary"]["max_response_time"], json!(2.68));
    assert_eq!(dashboard["summary"]["min_response_time"], json!(0.0));
}
