//! Random events and queries that hit the edges: ties, no address, 0 ms, ends of ranges, turns of years.

use std::ops::Range;

use domain::{
    Choice, ClientAddress, DashboardQuery, Duration, EventFilter, Extras, Method, Moment, Period, RequestEvent,
    StatusClass, StatusCode, TimeRange, Timestamp, Zone,
};
use proptest::prelude::*;

/// Turns of minutes, days, weeks, months and years, and both ends of time.
const EDGES: [&str; 10] = [
    "0001-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999999Z",
    "2020-12-31T23:59:59.999999Z",
    "2021-01-01T00:00:00Z",
    "2021-01-03T23:59:59.999999Z",
    "2021-01-04T00:00:00Z",
    "2024-02-29T23:59:00Z",
    "2024-12-30T00:00:00Z",
    "2025-03-30T01:00:00Z",
    "9999-12-31T23:59:59.999999Z",
];

pub(crate) fn timestamp() -> impl Strategy<Value = Timestamp> {
    let near_edge =
        (prop::sample::select(&EDGES), -2_i64..=2, -90_i64..=90).prop_map(|(edge, us, minutes)| {
            let edge = Moment::parse(edge).unwrap().first(Zone::UTC);
            Timestamp::from_micros(edge.as_micros() + us + minutes * 60_000_000).unwrap_or(edge)
        });
    let (from, to) = (1_609_372_800_000_000_i64, 1_610_000_000_000_000_i64);
    prop_oneof![near_edge, (from..to).prop_map(|us| Timestamp::from_micros(us).unwrap())]
}

fn duration() -> impl Strategy<Value = Duration> {
    let us = prop_oneof![
        Just(0),
        Just(domain::limits::PROCESS_TIME_US),
        (0_u64..40).prop_map(|n| n * 5),
        0_u64..5_000_000
    ];
    us.prop_map(|us| Duration::from_micros(us).unwrap())
}

fn address() -> impl Strategy<Value = Option<ClientAddress>> {
    let texts = ["10.0.0.9", "10.0.0.10", "::1", "2001:db8::1", "192.0.2.1"];
    prop::option::weighted(0.8, prop::sample::select(texts.to_vec()).prop_map(|text| text.parse().unwrap()))
}

fn event() -> impl Strategy<Value = RequestEvent> {
    let endpoint = prop::sample::select(vec!["/a", "/b", "/c", "/c/d", "/ж", "/Z", "/e", "/f"]);
    let method = prop::sample::select(Method::ALL.to_vec());
    let status = prop::sample::select(vec![100, 200, 201, 301, 399, 400, 404, 499, 500, 599]);
    (timestamp(), method, endpoint, address(), duration(), status).prop_map(
        |(time, method, endpoint, ip, duration, status)| {
            RequestEvent::new(time, method, endpoint, ip, duration, StatusCode::new(status).unwrap()).unwrap()
        },
    )
}

pub(crate) fn events(count: Range<usize>) -> impl Strategy<Value = Vec<RequestEvent>> {
    prop::collection::vec(event(), count)
}

/// A few names, so that equal ones meet, and texts that mean something to others.
fn label() -> impl Strategy<Value = Option<String>> {
    let texts = ["a", "b", "a%b", "ж", "curl/8.5.0"];
    prop::option::of(prop::sample::select(texts.to_vec()).prop_map(str::to_owned))
}

fn extras() -> impl Strategy<Value = Extras> {
    let size = || prop::option::of(prop_oneof![Just(0), 0..5000_u64, Just(i64::MAX.unsigned_abs())]);
    (label(), label(), label(), label(), size(), size()).prop_map(
        |(route, user_agent, hostname, consumer, request_bytes, response_bytes)| Extras {
            route,
            user_agent,
            hostname,
            consumer,
            request_bytes,
            response_bytes,
        },
    )
}

/// Events of which about half have optional fields.
pub(crate) fn events_with_extras(count: Range<usize>) -> impl Strategy<Value = Vec<RequestEvent>> {
    let event = (event(), prop::option::of(extras()));
    prop::collection::vec(event.prop_map(|(event, extras)| event.with_extras(extras.unwrap_or_default())), count)
}

fn choice<T: Clone + std::fmt::Debug + 'static>(values: Vec<T>) -> impl Strategy<Value = Choice<T>> {
    let list = move || prop::collection::vec(prop::sample::select(values.clone()), 0..3);
    let choice = (list(), list()).prop_map(|(any_of, none_of)| Choice { any_of, none_of });
    prop_oneof![3 => Just(Choice::ANY), 1 => choice]
}

fn texts(texts: &[&str]) -> impl Strategy<Value = Choice<String>> + use<> {
    choice(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// Filters with any mix of conditions; most have few.
pub(crate) fn filter() -> impl Strategy<Value = EventFilter> {
    let range = prop_oneof![
        Just(TimeRange::ALL),
        (timestamp(), timestamp()).prop_map(|(a, b)| TimeRange::new(a.min(b), a.max(b)).unwrap())
    ];
    let statuses = [200, 404, 500, 503].map(|code| StatusCode::new(code).unwrap());
    let addresses = ["10.0.0.9", "::1", "192.0.2.77"].map(|text| text.parse().unwrap());
    let outcomes =
        (choice(Method::ALL.to_vec()), choice(statuses.to_vec()), choice(StatusClass::ALL.to_vec()));
    let endpoints = (texts(&["/a", "/c", "/none"]), texts(&["c", "/", "ж", "%"]));
    let labels = (texts(&["a", "none"]), texts(&["b", "ж"]), texts(&["a", "url", "%"]));
    let durations = (prop::option::of(duration()), prop::option::of(duration()));
    (range, outcomes, endpoints, choice(addresses.to_vec()), labels, durations).prop_map(
        |(range, outcomes, endpoints, ips, labels, (process_time_min, process_time_max))| EventFilter {
            range,
            methods: outcomes.0,
            status_codes: outcomes.1,
            status_classes: outcomes.2,
            endpoints: endpoints.0,
            endpoint_parts: endpoints.1,
            ips,
            consumers: labels.0,
            hostnames: labels.1,
            user_agent_parts: labels.2,
            process_time_min,
            process_time_max,
        },
    )
}

pub(crate) fn query() -> impl Strategy<Value = DashboardQuery> {
    let range = prop_oneof![
        Just(TimeRange::ALL),
        (timestamp(), timestamp()).prop_map(|(a, b)| TimeRange::new(a.min(b), a.max(b)).unwrap())
    ];
    let limit = prop_oneof![Just(5_usize), 1_usize..12];
    (range, prop::sample::select(Period::ALL.to_vec()), limit.clone(), limit).prop_map(
        |(range, period, top, series_limit)| DashboardQuery {
            top,
            series_limit,
            ..DashboardQuery::over(range).by(period)
        },
    )
}
