//! Filters from query parameters, against events.

use super::*;
use crate::{Extras, LogQuery, Timestamp};

/// Names and values of parameters.
type Query<'a> = &'a [(&'a str, &'a str)];

fn read(query: Query) -> Result<EventFilter, ValidationError> {
    let params = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    LogQuery::from_params(&params.collect()).map(|query| query.filter)
}

fn event(method: Method, endpoint: &str, ip: &str, us: u64, status: u16) -> RequestEvent {
    let (time, took) = (Timestamp::nearest(0), Duration::from_micros(us).unwrap());
    RequestEvent::new(time, method, endpoint, ip.parse().ok(), took, StatusCode::new(status).unwrap())
        .unwrap()
}

/// Two events: one with every field, one with none that is optional.
fn events() -> [RequestEvent; 2] {
    let labels = Extras {
        consumer: Some("acme".to_owned()),
        hostname: Some("api.example".to_owned()),
        user_agent: Some("curl/8.5".to_owned()),
        ..Extras::default()
    };
    let full = event(Method::Get, "/users/1", "192.0.2.1", 1_500, 404).with_extras(labels);
    [full, event(Method::Post, "/orders", "", 2_000, 201)]
}

#[test]
fn each_condition_admits_what_it_names() {
    let cases: [(Query, [bool; 2]); 33] = [
        (&[], [true, true]),
        (&[("method", "GET")], [true, false]),
        (&[("method", "GET"), ("method", "POST")], [true, true]),
        (&[("not_method", "GET")], [false, true]),
        (&[("status_code", "404"), ("status_code", "500")], [true, false]),
        (&[("not_status_code", "404")], [false, true]),
        (&[("status_class", "2xx"), ("status_class", "5xx")], [false, true]),
        (&[("not_status_class", "2xx")], [true, false]),
        (&[("status_class", "4xx"), ("not_status_code", "404")], [false, false]),
        (&[("endpoint", "users"), ("endpoint", "nowhere")], [true, false]),
        (&[("not_endpoint", "users")], [false, true]),
        (&[("endpoint", "/"), ("not_endpoint", "er")], [false, false]),
        (&[("endpoint_exact", "/users")], [false, false]),
        (&[("endpoint_exact", "/users/1")], [true, false]),
        (&[("not_endpoint_exact", "/orders")], [true, false]),
        (&[("ip", "::ffff:192.0.2.1")], [true, false]),
        (&[("not_ip", "192.0.2.1")], [false, true]),
        (&[("not_ip", "192.0.2.2")], [true, true]),
        (&[("consumer", "acme"), ("consumer", "other")], [true, false]),
        (&[("consumer", "acm")], [false, false]),
        (&[("not_consumer", "acme")], [false, true]),
        (&[("hostname", "api.example")], [true, false]),
        (&[("not_hostname", "api.example")], [false, true]),
        (&[("user_agent", "url/8")], [true, false]),
        (&[("user_agent", "Curl")], [false, false]),
        (&[("not_user_agent", "curl")], [false, true]),
        (&[("process_time_min", "1.5")], [true, true]),
        (&[("process_time_min", "1.501")], [false, true]),
        (&[("process_time_max", "1.5")], [true, false]),
        (&[("method", "GET"), ("status_class", "2xx")], [false, false]),
        (&[("endpoint", ""), ("not_endpoint", ""), ("consumer", "")], [true, true]),
        (&[("start_date", "1970-01-02")], [false, false]),
        (&[("start_date", "1970-01-01"), ("timezone", "Pacific/Apia")], [false, false]),
    ];
    for (query, expected) in cases {
        let filter = read(query).unwrap();
        assert_eq!(events().map(|event| filter.matches(&event)), expected, "{query:?}");
    }
}

#[test]
fn conditions_are_described_in_one_way() {
    let filter = read(&[
        ("not_status_class", "5xx"),
        ("process_time_max", "1000.50"),
        ("process_time_min", "0"),
        ("endpoint", "/b"),
        ("endpoint", "/a"),
        ("endpoint", "/b"),
        ("ip", "::ffff:192.0.2.1"),
        ("method", "POST"),
        ("method", "GET"),
        ("start_date", "2025-08-20"),
    ]);
    let expected = [
        "method=GET",
        "method=POST",
        "not_status_class=5xx",
        "endpoint=/a",
        "endpoint=/b",
        "ip=192.0.2.1",
        "process_time_min=0",
        "process_time_max=1000.5",
    ];
    assert_eq!(filter.unwrap().describe(), expected);
    assert_eq!(millis(Duration::from_micros(10).unwrap()), "0.01");
    assert_eq!(millis(Duration::from_micros(100_000).unwrap()), "100");
}

#[test]
fn only_conditions_besides_the_range_restrict() {
    for query in [&[("start_date", "2025-08-20")], &[("endpoint", "")], &[("timezone", "Asia/Tokyo")]] {
        assert!(read(query).unwrap().is_unrestricted());
    }
    for query in [&[("method", "GET")], &[("not_ip", "::1")], &[("process_time_min", "0")]] {
        assert!(!read(query).unwrap().is_unrestricted());
    }
}

#[test]
fn faulty_values_are_refused() {
    for (name, value) in [
        ("method", "get"),
        ("not_method", "FETCH"),
        ("status_code", "600"),
        ("not_status_code", "2xx"),
        ("status_class", "6xx"),
        ("not_status_class", "5XX"),
        ("endpoint", "a\0"),
        ("not_endpoint", "\n"),
        ("endpoint_exact", "\u{85}"),
        ("not_endpoint_exact", "\t"),
        ("ip", ""),
        ("not_ip", "localhost"),
        ("consumer", "\u{7f}"),
        ("not_consumer", "a\r"),
        ("hostname", "\0"),
        ("not_hostname", "\0"),
        ("user_agent", "\0"),
        ("not_user_agent", "\0"),
        ("process_time_max", "-1"),
        ("timezone", "CEST"),
    ] {
        let error = read(&[(name, value)]).unwrap_err();
        assert_eq!(error.errors()[0].field, name, "{value:?}");
    }
}

#[test]
fn a_parameter_has_at_most_fifty_values() {
    for name in ["method", "not_method", "endpoint", "not_user_agent"] {
        assert!(read(&vec![(name, "GET"); 50]).is_ok());
        let error = read(&vec![(name, "GET"); 51]).unwrap_err();
        assert_eq!((error.errors()[0].field.as_ref(), error.errors()[0].code), (name, Rule::Length));
    }
}
