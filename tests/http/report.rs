//! `GET /report`: the dashboard as a download.

use serde_json::json;
use tests::{Setup, on_each_backend};

use crate::support::{event_with, instant};

on_each_backend!(
    json_report_is_a_download_of_the_dashboard,
    pdf_report_is_a_download,
    pdf_report_survives_unusual_data,
    a_known_format_is_required,
);

const RANGE: &str = "start_date=2025-08-01&end_date=2025-08-31&period=weekly";

fn json_report_is_a_download_of_the_dashboard(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    client.track_all(&tenant, &[event_with(&json!({}))]);
    let answer = client.report(&tenant, &format!("format=json&{RANGE}")).expect(200);
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"api_stats_report.json\"");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.header("content-type").starts_with("application/json"));
    let body = answer.json();
    let metadata = &body["report_metadata"];
    assert_eq!(metadata["report_name"], "API Traffic Analysis");
    assert!(metadata["generated_at"].is_string());
    assert!(instant(&metadata["period"]["start"]).starts_with("2025-08-01"));
    assert!(instant(&metadata["period"]["end"]).starts_with("2025-08-31"));
    assert_eq!(body["report"], client.dashboard(&tenant, RANGE).expect(200).json());
}

fn pdf_report_is_a_download(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    client.track_all(&tenant, &[event_with(&json!({}))]);
    for range in ["", RANGE] {
        let answer = client.report(&tenant, &format!("format=pdf&{range}")).expect(200);
        assert_eq!(answer.header("content-disposition"), "attachment; filename=\"api_stats_report.pdf\"");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-type"), "application/pdf");
        assert!(answer.body.starts_with(b"%PDF-"));
        assert!(answer.body.trim_ascii_end().ends_with(b"%%EOF"));
    }
}

fn pdf_report_survives_unusual_data(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    for (number, endpoint) in ["/日本語/مرحبا/💣", &"W".repeat(200), "/x"].into_iter().enumerate() {
        let changes = json!({"endpoint": endpoint, "ip": "2001:db8:1111:2222:3333:4444:5555:6666",
                             "process_time": number * 1_000_000, "status_code": 100 + number * 200});
        client.track_all(&tenant, &[event_with(&changes)]);
    }
    let query = format!("format=pdf&{RANGE}");
    assert!(client.report(&tenant, &query).expect(200).body.starts_with(b"%PDF-"));
}

fn a_known_format_is_required(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    for query in ["", "format=", "format=xml", "format=PDF", RANGE] {
        let answer = server.client().report(&tenant, query).expect(422);
        assert_eq!(answer.faulty_fields(), ["format"], "{query}");
    }
}
