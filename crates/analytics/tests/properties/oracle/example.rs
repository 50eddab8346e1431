//! The oracle itself, against figures computed by hand: the day in Berlin on which clocks are set back.

use domain::{
    DashboardQuery, Duration, Extras, Method, Moment, Part, Period, RequestEvent, StatusCode, TimeRange, Zone,
};
use serde_json::{Value, json};

use super::compare::difference;
use super::oracle;

fn event(time: &str, endpoint: &str, ip: &str, us: u64, status: u16, labels: [&str; 3]) -> RequestEvent {
    let time = Moment::parse(time).unwrap().first(Zone::UTC);
    let method = if endpoint == "/a" { Method::Get } else { Method::Post };
    let [consumer, hostname, user_agent] = labels.map(|text| (!text.is_empty()).then(|| text.to_owned()));
    let (took, status) = (Duration::from_micros(us).unwrap(), StatusCode::new(status).unwrap());
    RequestEvent::new(time, method, endpoint, ip.parse().ok(), took, status).unwrap().with_extras(Extras {
        consumer,
        hostname,
        user_agent,
        ..Extras::default()
    })
}

fn events() -> Vec<RequestEvent> {
    vec![
        event("2025-10-25T12:00:00Z", "/a", "192.0.2.1", 200_000, 500, ["", "", ""]),
        event("2025-10-26T00:30:00Z", "/a", "192.0.2.1", 100_000, 200, ["ann", "h1", "curl"]),
        event("2025-10-26T01:30:00Z", "/a", "192.0.2.2", 600_000, 404, ["ann", "", ""]),
        event("2025-10-26T03:00:00Z", "/b", "192.0.2.1", 3_000_000, 200, ["bob", "", "bot"]),
        event("2025-10-26T03:10:00Z", "/b", "", 1_005, 503, ["", "", ""]),
    ]
}

fn question() -> DashboardQuery {
    let berlin = Zone::parse("Europe/Berlin").unwrap();
    let day = Moment::parse("2025-10-26").unwrap();
    let range = TimeRange::new(day.first(berlin), day.last(berlin)).unwrap();
    DashboardQuery::over(range).by(Period::Hourly).in_zone(berlin)
}

fn percentiles(p50: f64, p75: f64, rest: f64) -> Value {
    json!({"p50": p50, "p75": p75, "p90": rest, "p95": rest, "p99": rest})
}

fn expected() -> Value {
    let mut bands = Vec::new();
    for bound in [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] {
        let requests = u64::from([2, 100, 1000, 5000].contains(&bound));
        bands.push(json!({"up_to": f64::from(bound), "requests": requests}));
    }
    bands.push(json!({"up_to": null, "requests": 0}));
    let label = |name: &str, requests: u64, avg_time: f64, errors: u64| json!({"name": name, "requests": requests, "avg_time": avg_time, "errors_count": errors});
    json!({
        "summary": {"total_requests": 4, "unique_ips": 2, "avg_response_time": 925.25,
                    "min_response_time": 1.01, "max_response_time": 3000.0, "error_rate": 50.0,
                    "percentiles": percentiles(100.0, 600.0, 3000.0),
                    "apdex": {"threshold": 500.0, "satisfied": 1, "tolerating": 1, "frustrated": 2, "score": 0.38}},
        "method_usage": {"GET": 2, "POST": 2},
        "endpoint_stats": [
            {"endpoint": "/a", "requests": 2, "avg_time": 350.0, "errors_count": 1, "client_errors": 1,
             "server_errors": 0, "percentiles": percentiles(100.0, 600.0, 600.0)},
            {"endpoint": "/b", "requests": 2, "avg_time": 1500.5, "errors_count": 1, "client_errors": 0,
             "server_errors": 1, "percentiles": percentiles(1.01, 3000.0, 3000.0)},
        ],
        "status_codes": {"200": 2, "404": 1, "503": 1},
        "top_ips": [{"ip": "192.0.2.1", "requests": 2}, {"ip": "192.0.2.2", "requests": 1}],
        "time_series": [
            {"timestamp": "2025-10-26 02", "start": "2025-10-26T02:00:00+02:00", "requests": 1,
             "avg_time": 100.0, "error_rate": 0.0, "client_errors": 0, "server_errors": 0,
             "percentiles": percentiles(100.0, 100.0, 100.0)},
            {"timestamp": "2025-10-26 02", "start": "2025-10-26T02:00:00+01:00", "requests": 1,
             "avg_time": 600.0, "error_rate": 100.0, "client_errors": 1, "server_errors": 0,
             "percentiles": percentiles(600.0, 600.0, 600.0)},
            {"timestamp": "2025-10-26 04", "start": "2025-10-26T04:00:00+01:00", "requests": 2,
             "avg_time": 1500.5, "error_rate": 50.0, "client_errors": 0, "server_errors": 1,
             "percentiles": percentiles(1.01, 3000.0, 3000.0)},
        ],
        "status_classes": {"1xx": 0, "2xx": 2, "3xx": 0, "4xx": 1, "5xx": 1,
                           "client_error_rate": 25.0, "server_error_rate": 25.0},
        "latency_histogram": bands,
        "comparison": {
            "window": {"start": "2025-10-25T22:00:00Z", "end": "2025-10-26T22:59:59.999999Z"},
            "previous_window": {"start": "2025-10-24T21:00:00Z", "end": "2025-10-25T21:59:59.999999Z"},
            "previous": {"total_requests": 1, "unique_ips": 1, "avg_response_time": 200.0,
                         "min_response_time": 200.0, "max_response_time": 200.0, "error_rate": 100.0,
                         "percentiles": percentiles(200.0, 200.0, 200.0),
                         "apdex": {"threshold": 500.0, "satisfied": 0, "tolerating": 0, "frustrated": 1, "score": 0.0}},
            "change": {"total_requests": 300.0, "unique_ips": 100.0, "avg_response_time": 362.63, "error_rate": -50.0},
        },
        "heatmap": [
            {"weekday": 7, "hour": 2, "requests": 2, "error_rate": 50.0, "avg_time": 350.0},
            {"weekday": 7, "hour": 4, "requests": 2, "error_rate": 50.0, "avg_time": 1500.5},
        ],
        "consumers": [label("ann", 2, 350.0, 1), label("bob", 1, 3000.0, 0)],
        "user_agents": [label("bot", 1, 3000.0, 0), label("curl", 1, 100.0, 0)],
        "hostnames": [label("h1", 1, 100.0, 0)],
        "coverage": {"start": "2025-10-25T22:00:00Z", "end": "2025-10-26T22:59:59.999999Z",
                     "timezone": "Europe/Berlin", "period": "hourly", "filters": [], "events_scanned": 4,
                     "events_matched": 4, "exact": true, "percentile_relative_error": 0.001,
                     "oldest_event": "2025-10-25T12:00:00Z"},
    })
}

#[test]
fn the_oracle_agrees_with_figures_computed_by_hand() {
    let query = question().including(Part::ALL.into_iter().filter(|part| *part != Part::Gaps));
    assert_eq!(difference(&expected(), &oracle(&events(), &query)), None);
}

#[test]
fn the_oracle_fills_the_hours_without_events() {
    let query = question().including([Part::Gaps]);
    let dashboard = oracle(&events(), &query);
    let series = dashboard["time_series"].as_array().unwrap();
    // A day of 25 hours.
    assert_eq!(series.len(), 25);
    let empty = json!({"timestamp": "2025-10-26 23", "start": "2025-10-26T23:00:00+01:00", "requests": 0,
                       "avg_time": null, "error_rate": 0.0});
    assert_eq!(series[24], empty);
}
