//! `include=`: figures that are given only when asked for, against an example computed by hand.

use serde_json::{Value, json};
use tests::{Client, Setup, Tenant, on_each_backend};

use crate::support::event_with;

on_each_backend!(
    nothing_is_added_unasked,
    each_figure_agrees_with_the_example,
    percentiles_are_within_their_bound,
    status_classes_divide_endpoints_and_buckets_too,
    the_threshold_of_apdex_can_be_chosen,
    gaps_are_filled_from_the_start_to_the_end,
    without_events_every_figure_is_empty,
    coverage_tells_what_was_counted,
    unknown_names_are_answered_with_the_known_ones,
);

/// The day in Berlin on which clocks are set back.
const DAY: &str = "start_date=2025-10-26&end_date=2025-10-26&timezone=Europe/Berlin&period=hourly";

/// One event before that day, four on it.
fn tracked(client: &Client) -> Tenant {
    let tenant = client.tenant("alice");
    for changes in [
        json!({"created_at": "2025-10-25T12:00:00Z", "endpoint": "/a", "ip": "192.0.2.1", "process_time": 200,
               "status_code": 500}),
        json!({"created_at": "2025-10-26T00:30:00Z", "endpoint": "/a", "ip": "192.0.2.1", "process_time": 100,
               "status_code": 200, "consumer": "ann", "hostname": "h1", "user_agent": "curl"}),
        json!({"created_at": "2025-10-26T01:30:00Z", "endpoint": "/a", "ip": "192.0.2.2", "process_time": 600,
               "status_code": 404, "consumer": "ann"}),
        json!({"created_at": "2025-10-26T03:00:00Z", "endpoint": "/b", "ip": "192.0.2.1", "process_time": 3000,
               "status_code": 200, "consumer": "bob", "user_agent": "bot", "method": "POST"}),
        json!({"created_at": "2025-10-26T03:10:00Z", "endpoint": "/b", "ip": null, "process_time": 1.005,
               "status_code": 503}),
    ] {
        client.track_all(&tenant, &[event_with(&changes)]);
    }
    tenant
}

fn ask(client: &Client, tenant: &Tenant, query: &str) -> Value {
    client.dashboard(tenant, &format!("{DAY}&{query}")).expect(200).json()
}

fn names(value: &Value) -> Vec<String> {
    let mut names: Vec<String> = value.as_object().expect("an object").keys().cloned().collect();
    names.sort();
    names
}

fn nothing_is_added_unasked(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = tracked(client);
    let dashboard = client.dashboard(&tenant, "start_date=2025-10-26&end_date=2025-10-26").expect(200).json();
    let fields = ["endpoint_stats", "method_usage", "status_codes", "summary", "time_series", "top_ips"];
    assert_eq!(names(&dashboard), fields);
    assert_eq!(dashboard["summary"].as_object().map(serde_json::Map::len), Some(6));
    assert_eq!(names(&dashboard["endpoint_stats"][0]), ["avg_time", "endpoint", "errors_count", "requests"]);
    assert_eq!(names(&dashboard["time_series"][0]), ["avg_time", "error_rate", "requests", "timestamp"]);
    assert_eq!(ask(client, &tenant, "include="), ask(client, &tenant, ""));
}

fn each_figure_agrees_with_the_example(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = tracked(client);
    let label = |name: &str, requests: u64, avg_time: f64, errors: u64| json!({"name": name, "requests": requests, "avg_time": avg_time, "errors_count": errors});
    let mut bands = Vec::new();
    for bound in [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] {
        let requests = u64::from([2, 100, 1000, 5000].contains(&bound));
        bands.push(json!({"up_to": f64::from(bound), "requests": requests}));
    }
    bands.push(json!({"up_to": null, "requests": 0}));
    let cases = [
        ("latency_histogram", json!(bands)),
        ("consumers", json!([label("ann", 2, 350.0, 1), label("bob", 1, 3000.0, 0)])),
        ("user_agents", json!([label("bot", 1, 3000.0, 0), label("curl", 1, 100.0, 0)])),
        ("hostnames", json!([label("h1", 1, 100.0, 0)])),
        (
            "status_classes",
            json!({"1xx": 0, "2xx": 2, "3xx": 0, "4xx": 1, "5xx": 1, "client_error_rate": 25.0,
                   "server_error_rate": 25.0}),
        ),
        (
            "heatmap",
            json!([
                {"weekday": 7, "hour": 2, "requests": 2, "error_rate": 50.0, "avg_time": 350.0},
                {"weekday": 7, "hour": 4, "requests": 2, "error_rate": 50.0, "avg_time": 1500.5},
            ]),
        ),
        (
            "comparison",
            json!({
                "window": {"start": "2025-10-25T22:00:00Z", "end": "2025-10-26T22:59:59.999999Z"},
                "previous_window": {"start": "2025-10-24T21:00:00Z", "end": "2025-10-25T21:59:59.999999Z"},
                "previous": {"total_requests": 1, "unique_ips": 1, "avg_response_time": 200.0,
                             "min_response_time": 200.0, "max_response_time": 200.0, "error_rate": 100.0},
                "change": {"total_requests": 300.0, "unique_ips": 100.0, "avg_response_time": 362.63,
                           "error_rate": -50.0},
            }),
        ),
    ];
    let plain = ask(client, &tenant, "");
    for (name, expected) in &cases {
        let dashboard = ask(client, &tenant, &format!("include={name}"));
        assert_eq!(dashboard[name], *expected, "{name}");
        assert_eq!(names(&dashboard).len(), names(&plain).len() + 1, "{name}");
        assert_eq!(dashboard["summary"], plain["summary"], "{name}");
    }
    // Together they are the same, however they are listed.
    let all =
        ask(client, &tenant, "include=latency_histogram,consumers,user_agents&include=hostnames,heatmap");
    for (name, expected) in &cases {
        let listed = !["status_classes", "comparison"].contains(name);
        assert_eq!(all.get(name), listed.then_some(expected), "{name}");
    }
    assert_eq!(
        ask(client, &tenant, "include=consumers&top=1")["consumers"],
        json!([label("ann", 2, 350.0, 1)])
    );
}

fn percentiles_are_within_their_bound(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = tracked(client);
    let dashboard = ask(client, &tenant, "include=percentiles");
    let cases = [
        (&dashboard["summary"], [100.0, 600.0, 3000.0]),
        (&dashboard["endpoint_stats"][0], [100.0, 600.0, 600.0]),
        (&dashboard["endpoint_stats"][1], [1.01, 3000.0, 3000.0]),
        (&dashboard["time_series"][0], [100.0; 3]),
    ];
    for (stats, [p50, p75, rest]) in cases {
        let percentiles = &stats["percentiles"];
        assert_eq!(names(percentiles), ["p50", "p75", "p90", "p95", "p99"]);
        for (name, exact) in [("p50", p50), ("p75", p75), ("p90", rest), ("p95", rest), ("p99", rest)] {
            let found = percentiles[name].as_f64().expect("a number");
            assert!((found - exact).abs() <= exact * 0.001 + 0.005, "{name}: {found} instead of {exact}");
        }
        assert!(percentiles["p99"].as_f64() <= Some(3000.0));
    }
    // A bucket of one event has no room for an error.
    assert_eq!(dashboard["time_series"][0]["percentiles"]["p50"], 100.0);
}

fn status_classes_divide_endpoints_and_buckets_too(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = tracked(client);
    let dashboard = ask(client, &tenant, "include=status_classes");
    let divided = |list: &str| -> Vec<(Option<u64>, Option<u64>)> {
        let list = dashboard[list].as_array().expect("a list");
        list.iter().map(|entry| (entry["client_errors"].as_u64(), entry["server_errors"].as_u64())).collect()
    };
    assert_eq!(divided("endpoint_stats"), [(Some(1), Some(0)), (Some(0), Some(1))]);
    assert_eq!(divided("time_series"), [(Some(0), Some(0)), (Some(1), Some(0)), (Some(0), Some(1))]);
}

fn the_threshold_of_apdex_can_be_chosen(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = tracked(client);
    // A request of exactly T is satisfied, one of exactly 4 T tolerated, a 5xx frustrates however fast it is.
    for (query, threshold, [satisfied, tolerating, frustrated], score) in [
        ("", 500.0, [1, 1, 2], 0.38),
        ("&apdex_threshold=100", 100.0, [1, 0, 3], 0.25),
        ("&apdex_threshold=600", 600.0, [2, 0, 2], 0.5),
        ("&apdex_threshold=150", 150.0, [1, 1, 2], 0.38),
        ("&apdex_threshold=750", 750.0, [2, 1, 1], 0.63),
        ("&apdex_threshold=0.001", 0.001, [0, 0, 4], 0.0),
    ] {
        let apdex = ask(client, &tenant, &format!("include=apdex{query}"))["summary"]["apdex"].clone();
        let expected = json!({"threshold": threshold, "satisfied": satisfied, "tolerating": tolerating,
                              "frustrated": frustrated, "score": score});
        assert_eq!(apdex, expected, "{query}");
    }
    for threshold in ["0", "-1", "x", "NaN", "0.0001", "1e999", ""] {
        let answer = client.dashboard(&tenant, &format!("apdex_threshold={threshold}")).expect(422);
        assert_eq!(answer.faulty_fields(), ["apdex_threshold"], "{threshold}");
    }
}

fn gaps_are_filled_from_the_start_to_the_end(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = tracked(client);
    let series = |query: &str| ask(client, &tenant, query)["time_series"].as_array().expect("a list").clone();
    let hours = series("include=gaps");
    // A day of 25 hours.
    assert_eq!(hours.len(), 25);
    assert_eq!(hours[0]["start"], "2025-10-26T00:00:00+02:00");
    let empty = json!({"timestamp": "2025-10-26 23", "start": "2025-10-26T23:00:00+01:00", "requests": 0,
                       "avg_time": null, "error_rate": 0.0});
    assert_eq!(hours[24], empty);
    let filled: Vec<Value> = hours.iter().filter(|point| point["requests"] != 0).cloned().collect();
    assert_eq!(filled, series(""));
    let newest = series("include=gaps&series_limit=3");
    assert_eq!(newest, hours[22..]);
    // Also with other figures, and where no event is left.
    let divided = series("include=gaps,status_classes,percentiles");
    assert_eq!((&divided[24]["client_errors"], divided[24].get("percentiles")), (&json!(0), None));
    assert_eq!(series("include=gaps&method=TRACE").len(), 25);
    let pdf = client.report(&tenant, &format!("format=pdf&{DAY}&include=gaps"));
    pdf.assert_status(200);
}

fn without_events_every_figure_is_empty(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let include =
        "percentiles,apdex,status_classes,comparison,heatmap,consumers,user_agents,hostnames,coverage";
    let dashboard = ask(client, &tenant, &format!("include={include}"));
    let apdex = json!({"threshold": 500.0, "satisfied": 0, "tolerating": 0, "frustrated": 0, "score": null});
    assert_eq!(dashboard["summary"]["apdex"], apdex);
    assert_eq!(dashboard["summary"].get("percentiles"), None);
    for name in ["heatmap", "consumers", "user_agents", "hostnames"] {
        assert_eq!(dashboard[name], json!([]), "{name}");
    }
    assert_eq!(dashboard["status_classes"]["client_error_rate"], 0.0);
    let change =
        json!({"total_requests": null, "unique_ips": null, "avg_response_time": null, "error_rate": null});
    assert_eq!(dashboard["comparison"]["change"], change);
    assert_eq!(dashboard["comparison"]["previous"]["total_requests"], 0);
    assert_eq!(dashboard["coverage"]["oldest_event"], Value::Null);
    // Nothing lies before the first instant.
    let first = "start_date=0001-01-01&end_date=0001-01-02&include=comparison";
    let comparison = client.dashboard(&tenant, first).expect(200).json()["comparison"].clone();
    assert_eq!((&comparison["previous_window"], &comparison["previous"]), (&Value::Null, &Value::Null));
    assert_eq!(comparison["change"], change);
}

fn coverage_tells_what_was_counted(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = tracked(client);
    let coverage = ask(
        client,
        &tenant,
        "include=coverage&status_class=5xx&status_class=2xx&not_endpoint=/x&process_time_max=2999.5",
    )["coverage"]
        .clone();
    let expected = json!({
        "start": "2025-10-25T22:00:00Z",
        "end": "2025-10-26T22:59:59.999999Z",
        "timezone": "Europe/Berlin",
        "period": "hourly",
        "filters": ["status_class=2xx", "status_class=5xx", "not_endpoint=/x", "process_time_max=2999.5"],
        "events_scanned": 4,
        "events_matched": 2,
        "exact": true,
        "percentile_relative_error": 0.001,
        "oldest_event": "2025-10-25T12:00:00Z",
    });
    assert_eq!(coverage, expected);
}

fn unknown_names_are_answered_with_the_known_ones(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    for include in ["everything", "Gaps", "gaps,%20apdex", "gaps;apdex", "percentiles%00"] {
        let answer = client.dashboard(&tenant, &format!("include={include}")).expect(422);
        assert_eq!(answer.faulty_fields(), ["include"], "{include}");
        for name in ["percentiles", "latency_histogram", "coverage"] {
            assert!(answer.text().contains(name), "{include}: {name}");
        }
        client.report(&tenant, &format!("format=json&include={include}")).assert_status(422);
    }
}
