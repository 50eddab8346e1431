//! What stands on the pages and whether it can be read.

use std::collections::BTreeMap;

use domain::{
    ClientUsage, EndpointStats, Method, SeriesPoint, StatusCode, Summary, TimeRange, Timestamp, Zone,
};

use super::*;
use crate::canvas::{Align, Label};
use crate::fonts::{CAPITALS, MM_PER_POINT, width_mm};
use crate::page::{LEFT, RIGHT};

const IP: &str = "2001:db8:1234:5678:9abc:def0:1234:5678";

fn context() -> ReportContext {
    let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000).unwrap();
    ReportContext {
        generated_at: at(1_755_777_600),
        range: TimeRange::new(at(1_755_604_800), at(1_755_691_200)).unwrap(),
        zone: Zone::UTC,
        filters: Vec::new(),
    }
}

fn empty() -> Dashboard {
    Dashboard {
        summary: Summary::default(),
        method_usage: BTreeMap::new(),
        endpoint_stats: Vec::new(),
        status_codes: BTreeMap::new(),
        top_ips: Vec::new(),
        time_series: Vec::new(),
        ..Dashboard::default()
    }
}

fn filled(entries: usize, buckets: usize, requests: u64, time: f64, name: &str) -> Dashboard {
    let endpoint = EndpointStats {
        endpoint: name.to_owned(),
        requests,
        avg_time: time,
        errors_count: requests / 3,
        ..EndpointStats::default()
    };
    let bucket = SeriesPoint {
        timestamp: "2025-08-20 12:00".to_owned(),
        requests,
        avg_time: Some(time),
        error_rate: 33.3,
        ..SeriesPoint::default()
    };
    Dashboard {
        summary: Summary {
            total_requests: requests,
            unique_ips: requests,
            avg_response_time: Some(time),
            min_response_time: Some(time),
            max_response_time: Some(time),
            error_rate: 33.3,
            ..Summary::default()
        },
        method_usage: Method::ALL.into_iter().map(|method| (method, requests)).collect(),
        endpoint_stats: vec![endpoint; entries],
        status_codes: (200..=599).step_by(50).filter_map(StatusCode::new).map(|c| (c, requests)).collect(),
        top_ips: vec![ClientUsage { ip: IP.parse().unwrap(), requests }; entries],
        time_series: vec![bucket; buckets],
        ..Dashboard::default()
    }
}

fn texts(dashboard: &Dashboard) -> Vec<Vec<Label>> {
    layout(dashboard, &context()).unwrap().texts().collect()
}

/// Left, right, upper and lower edge of a text's capitals.
fn edges(label: &Label) -> (f64, f64, f64, f64) {
    let width = width_mm(&label.text, label.look.points, label.look.weight);
    let left = match label.align {
        Align::Left => label.at.0,
        Align::Centre => label.at.0 - width / 2.0,
        Align::Right => label.at.0 - width,
    };
    let half = CAPITALS / 2.0 * label.look.points * MM_PER_POINT;
    (left, left + width, label.at.1 - half, label.at.1 + half)
}

fn has(pages: &[Vec<Label>], text: &str) -> bool {
    pages.iter().flatten().any(|label| label.text == text)
}

#[test]
fn says_what_it_covers_and_numbers_its_pages() {
    let pages = texts(&filled(5, 30, 1_234, 12.5, "/orders"));
    for text in [
        REPORT_NAME,
        "19 Aug 2025, 12:00 UTC – 20 Aug 2025, 12:00 UTC",
        "Generated 21 Aug 2025, 12:00 UTC",
        "Page 1 of 2",
        "Page 2 of 2",
    ] {
        assert!(has(&pages, text), "{text}");
    }
}

#[test]
fn says_which_requests_are_left_out_and_whose_days_these_are() {
    let berlin = Zone::parse("Europe/Berlin").unwrap();
    let filters = vec!["method=GET".to_owned(), "not_ip=192.0.2.1".to_owned()];
    let context = ReportContext { zone: berlin, filters, ..context() };
    let pages: Vec<_> = layout(&empty(), &context).unwrap().texts().collect();
    let scope = "Only requests with method=GET, not_ip=192.0.2.1. Days and hours of Europe/Berlin.";
    assert!(has(&pages, scope));

    let many = (0..100).map(|number| format!("endpoint_exact=/a/rather/long/path/{number}")).collect();
    let context = ReportContext { filters: many, ..context };
    let pages: Vec<_> = layout(&empty(), &context).unwrap().texts().collect();
    assert!(has(&pages, "… and further filters"));
    for label in pages.iter().flatten() {
        let (left, right, ..) = edges(label);
        assert!(left >= LEFT - 1.0 && right <= RIGHT + 0.1, "{}", label.text);
    }
}

#[test]
fn shows_figures_shares_clients_endpoints_and_series() {
    let mut dashboard = filled(1, 1, 1_234, 12.5, "/orders");
    dashboard.method_usage = [(Method::Get, 3), (Method::Put, 1)].into();
    let pages = texts(&dashboard);
    for text in ["1,234", "12.50 ms", "33.30%", "GET", "75.0%", IP, "/orders", "2025-08-20 12:00"] {
        assert!(has(&pages, text), "{text}");
    }
}

#[test]
fn without_data_there_is_a_notice_and_no_chart() {
    let pages = texts(&empty());
    assert!(has(&pages, "No requests were recorded in this period."));
    assert!(!has(&pages, "Endpoints"));
}

#[test]
fn texts_stay_within_the_margins_and_apart() {
    let hostile = [
        "/api/v1/orders".to_owned(),
        "W".repeat(200),
        "/very/long/path".repeat(13),
        "日本語😀".repeat(40),
        "e\u{301}\u{302}\u{303}".repeat(50),
        "\u{202e}\u{200b}שלום/مرحبا".repeat(15),
    ];
    let amounts = [(0, 0.0), (1, 0.0), (999, 0.01), (4_800_000, 123.45), (u64::MAX, 1e12), (7, f64::MAX)];
    // Short lists with everything, a long one with one of each.
    let lists = [(1, 1, 6), (5, 30, 6), (100, 366, 1)];
    for (entries, buckets, cases) in lists {
        for (name, (requests, time)) in hostile.iter().zip(amounts).rev().take(cases) {
            let pages = texts(&filled(entries, buckets, requests, time, name));
            for page in pages {
                let page: Vec<_> = page.iter().map(|label| (edges(label), label.text.as_str())).collect();
                for (place, (one, text)) in page.iter().enumerate() {
                    assert!(one.0 >= LEFT - 1.0 && one.1 <= RIGHT + 1.0, "{text:?} {one:?}");
                    assert!(one.2 >= 10.0 && one.3 <= 290.0, "{text:?} {one:?}");
                    for (other, text_2) in page.iter().skip(place + 1) {
                        let apart = one.1 < other.0 || other.1 < one.0 || one.3 < other.2 || other.3 < one.2;
                        assert!(apart, "{text:?} {one:?} meets {text_2:?} {other:?}");
                    }
                }
            }
        }
    }
}
