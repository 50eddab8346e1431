//! Filters of `GET /dashboard`, `/report` and `/raw_logs`: the same for all three.

use serde_json::{Value, json};
use tests::{Client, Setup, Tenant, on_each_backend};

use crate::support::event_with;

on_each_backend!(
    each_filter_counts_and_lists_the_same_events,
    figures_are_those_of_the_filtered_events,
    faulty_filters_are_refused_everywhere,
    a_filter_has_at_most_fifty_values,
);

const RANGE: &str = "start_date=2025-08-20&end_date=2025-08-20";

/// Four events; their times of processing name them: 1, 2, 3 and 4.
fn events() -> [Value; 4] {
    [
        json!({"process_time": 1, "method": "GET", "endpoint": "/users", "status_code": 200, "ip": "192.0.2.1",
               "consumer": "acme", "hostname": "a.example", "user_agent": "curl/8.5"}),
        json!({"process_time": 2, "method": "POST", "endpoint": "/users/1", "status_code": 404, "ip": "192.0.2.2",
               "consumer": "Acme", "hostname": "b.example", "user_agent": "python 100%"}),
        json!({"process_time": 3, "method": "GET", "endpoint": "/заказы", "status_code": 500, "ip": "2001:db8::1"}),
        json!({"process_time": 4, "method": "HEAD", "endpoint": "/a_b", "status_code": 302, "ip": null}),
    ]
    .map(|changes| event_with(&changes))
}

fn tracked(client: &Client) -> Tenant {
    let tenant = client.tenant("alice");
    client.track_all(&tenant, &events());
    tenant
}

fn each_filter_counts_and_lists_the_same_events(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = tracked(client);
    let cases: [(&str, &[u64]); 40] = [
        ("", &[1, 2, 3, 4]),
        ("method=GET", &[1, 3]),
        ("method=GET&method=HEAD", &[1, 3, 4]),
        ("not_method=GET", &[2, 4]),
        ("not_method=GET&not_method=HEAD", &[2]),
        ("status_code=200&status_code=302", &[1, 4]),
        ("not_status_code=200&not_status_code=302", &[2, 3]),
        ("status_class=4xx&status_class=5xx", &[2, 3]),
        ("not_status_class=2xx", &[2, 3, 4]),
        ("status_class=4xx&not_status_code=404", &[]),
        ("status_class=1xx", &[]),
        ("endpoint=users", &[1, 2]),
        ("endpoint=users&endpoint=_", &[1, 2, 4]),
        ("endpoint=%25", &[]),
        ("endpoint=%D0%B7%D0%B0", &[3]),
        ("not_endpoint=users", &[3, 4]),
        ("not_endpoint=users&not_endpoint=_", &[3]),
        ("endpoint=users&not_endpoint=1", &[1]),
        ("endpoint_exact=/users", &[1]),
        ("endpoint_exact=/users&endpoint_exact=/a_b", &[1, 4]),
        ("not_endpoint_exact=/users", &[2, 3, 4]),
        ("ip=192.0.2.1&ip=2001:DB8::1", &[1, 3]),
        ("ip=::ffff:192.0.2.2", &[2]),
        ("not_ip=192.0.2.1", &[2, 3, 4]),
        ("not_ip=192.0.2.1&not_ip=192.0.2.2&not_ip=2001:db8::1", &[4]),
        ("consumer=acme", &[1]),
        ("consumer=acme&consumer=Acme", &[1, 2]),
        ("not_consumer=acme", &[2, 3, 4]),
        ("hostname=b.example", &[2]),
        ("hostname=example", &[]),
        ("not_hostname=b.example", &[1, 3, 4]),
        ("user_agent=curl", &[1]),
        ("user_agent=%25&user_agent=curl", &[1, 2]),
        ("user_agent=Curl", &[]),
        ("not_user_agent=curl", &[2, 3, 4]),
        ("process_time_min=2&process_time_max=3", &[2, 3]),
        ("method=GET&status_class=5xx&not_consumer=acme", &[3]),
        ("method=GET&consumer=Acme", &[]),
        ("endpoint=&consumer=&not_user_agent=", &[1, 2, 3, 4]),
        ("unknown=1", &[1, 2, 3, 4]),
    ];
    for (query, expected) in cases {
        let dashboard = client.dashboard(&tenant, &format!("{RANGE}&{query}")).expect(200).json();
        assert_eq!(dashboard["summary"]["total_requests"], expected.len(), "{query}");
        assert_eq!(
            dashboard["summary"]["min_response_time"],
            json!(expected.first().map(|time| *time as f64))
        );
        let list = client.raw_logs(&tenant, query).expect(200).json();
        let times: Vec<_> =
            list.as_array().expect("a list").iter().map(|event| &event["process_time"]).collect();
        assert_eq!(
            json!(times),
            json!(expected.iter().map(|time| *time as f64).collect::<Vec<_>>()),
            "{query}"
        );
    }
}

fn figures_are_those_of_the_filtered_events(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = tracked(client);
    let query = format!("{RANGE}&method=GET&method=POST&not_status_code=200&top=1");
    let expected = json!({
        "summary": {"total_requests": 2, "unique_ips": 2, "avg_response_time": 2.5, "min_response_time": 2.0,
                    "max_response_time": 3.0, "error_rate": 100.0},
        "method_usage": {"GET": 1, "POST": 1},
        "endpoint_stats": [{"endpoint": "/users/1", "requests": 1, "avg_time": 2.0, "errors_count": 1}],
        "status_codes": {"404": 1, "500": 1},
        "top_ips": [{"ip": "192.0.2.2", "requests": 1}],
        "time_series": [{"timestamp": "2025-08-20", "requests": 2, "avg_time": 2.5, "error_rate": 100.0}],
    });
    assert_eq!(client.dashboard(&tenant, &query).expect(200).json(), expected);
    let report = client.report(&tenant, &format!("format=json&{query}")).expect(200).json();
    assert_eq!(report["report"], expected);
    client.report(&tenant, &format!("format=pdf&{query}")).assert_status(200);
}

fn faulty_filters_are_refused_everywhere(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    for (field, value) in [
        ("method", "get"),
        ("not_method", ""),
        ("status_code", "2xx"),
        ("not_status_code", "99"),
        ("status_class", "6xx"),
        ("not_status_class", "4XX"),
        ("endpoint", "%00"),
        ("not_endpoint", "a%0A"),
        ("endpoint_exact", "%7F"),
        ("not_endpoint_exact", "%C2%85"),
        ("ip", "localhost"),
        ("not_ip", "10.0.0"),
        ("consumer", "%00"),
        ("not_consumer", "%1B"),
        ("hostname", "%00"),
        ("not_hostname", "%00"),
        ("user_agent", "%00"),
        ("not_user_agent", "%00"),
        ("process_time_min", "-1"),
        ("process_time_max", "NaN"),
    ] {
        let query = format!("{field}={value}");
        for path in ["/dashboard", "/raw_logs", "/report"] {
            let call =
                client.get(&format!("{path}?format=json&{query}")).bearer(&tenant.token).key(&tenant.key);
            assert_eq!(call.send().expect(422).faulty_fields(), [field], "{path} {query}");
        }
    }
}

fn a_filter_has_at_most_fifty_values(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = tracked(client);
    let values = |field: &str, count: usize| -> String {
        let values: Vec<String> = (0..count).map(|number| format!("{field}=/users{number}")).collect();
        format!("{RANGE}&{}", values.join("&"))
    };
    for (field, found) in [("endpoint", 0), ("not_endpoint", 4), ("endpoint_exact", 0), ("not_user_agent", 4)]
    {
        let body = client.dashboard(&tenant, &values(field, 50)).expect(200).json();
        assert_eq!(body["summary"]["total_requests"], found, "{field}");
        let logs = client.raw_logs(&tenant, &values(field, 50)).expect(200).json();
        assert_eq!(logs.as_array().map(Vec::len), Some(found), "{field}");
        let too_many = values(field, 51);
        assert_eq!(client.dashboard(&tenant, &too_many).expect(422).faulty_fields(), [field]);
        assert_eq!(client.raw_logs(&tenant, &too_many).expect(422).faulty_fields(), [field]);
    }
}
