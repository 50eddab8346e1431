//! Reports as their readers get them.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use domain::{
    ClientUsage, Dashboard, EndpointStats, Method, SeriesPoint, StatusCode, Summary, TimeRange, Timestamp,
};
use reporting::{ReportContext, json_report, pdf_report};

fn context() -> ReportContext {
    let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000).unwrap();
    ReportContext {
        generated_at: at(1_755_777_600),
        range: TimeRange::new(at(1_755_604_800), at(1_755_691_200)).unwrap(),
    }
}

fn empty() -> Dashboard {
    Dashboard::default()
}

fn filled(entries: usize, requests: u64, time: f64, name: &str) -> Dashboard {
    Dashboard {
        summary: Summary {
            total_requests: requests,
            unique_ips: requests,
            avg_response_time: Some(time),
            min_response_time: Some(time),
            max_response_time: Some(time),
            error_rate: 50.0,
            ..Summary::default()
        },
        method_usage: Method::ALL.into_iter().map(|method| (method, requests)).collect(),
        endpoint_stats: vec![
            EndpointStats {
                endpoint: name.to_owned(),
                requests,
                avg_time: time,
                errors_count: requests,
                ..EndpointStats::default()
            };
            entries
        ],
        status_codes: (100..=599).filter_map(StatusCode::new).map(|code| (code, requests)).collect(),
        top_ips: vec![
            ClientUsage { ip: "2001:db8:1234:5678:9abc:def0:1234:5678".parse().unwrap(), requests };
            entries
        ],
        time_series: vec![
            SeriesPoint {
                timestamp: "2025-08-20 12:00".to_owned(),
                requests,
                avg_time: Some(time),
                error_rate: 33.3,
                ..SeriesPoint::default()
            };
            entries
        ],
        ..Dashboard::default()
    }
}

fn pages(pdf: &[u8]) -> usize {
    assert!(pdf.starts_with(b"%PDF"));
    let text = String::from_utf8_lossy(pdf);
    text.matches("/Type/Page/").count()
        + text.matches("/Type/Page\n").count()
        + text.matches("/Type /Page\n").count()
}

#[test]
fn json_wraps_the_dashboard_in_its_metadata() {
    let json = String::from_utf8(json_report(&empty(), &context()).unwrap()).unwrap();
    assert_eq!(
        json,
        concat!(
            r#"{"report_metadata":{"report_name":"API Traffic Analysis","generated_at":"2025-08-21T12:00:00Z","#,
            r#""period":{"start":"2025-08-19T12:00:00Z","end":"2025-08-20T12:00:00Z"}},"report":{"#,
            r#""summary":{"total_requests":0,"unique_ips":0,"avg_response_time":null,"min_response_time":null,"#,
            r#""max_response_time":null,"error_rate":0.0},"method_usage":{},"endpoint_stats":[],"status_codes":{},"#,
            r#""top_ips":[],"time_series":[]}}"#
        )
    );
}

#[test]
fn a_report_without_data_is_one_page() {
    assert_eq!(pages(&pdf_report(&empty(), &context()).unwrap()), 1);
}

#[test]
fn a_report_on_few_endpoints_is_two_pages() {
    let pdf = pdf_report(&filled(5, 1_000, 12.5, "/orders"), &context()).unwrap();
    assert_eq!(pages(&pdf), 2);
}

#[test]
fn intervals_without_requests_are_printed() {
    let mut dashboard = filled(5, 1_000, 12.5, "/orders");
    for point in dashboard.time_series.iter_mut().skip(1).step_by(2) {
        *point = SeriesPoint { timestamp: point.timestamp.clone(), ..SeriesPoint::default() };
    }
    assert_eq!(pages(&pdf_report(&dashboard, &context()).unwrap()), 2);
}

#[test]
fn extreme_dashboards_are_printed() {
    let cases = [
        (1, 1, 0.0, ""),
        (1, u64::MAX, f64::MAX, "/日本/😀\u{202e}\0"),
        (60, u64::MAX, f64::NAN, "x"),
        (30, 1, f64::INFINITY, "/заказы"),
        (2, 0, -1.0, "\u{7f}"),
    ];
    for (entries, requests, time, name) in cases {
        let name = name.repeat(20);
        pages(&pdf_report(&filled(entries, requests, time, &name), &context()).unwrap());
    }
    let lists_missing = Dashboard { summary: filled(1, 1, 1.0, "").summary, ..empty() };
    pages(&pdf_report(&lists_missing, &context()).unwrap());
}
