//! Random events that hit the edges: ties, no address, 0 ms, ends of ranges, turns of years, changes of clocks. The
//! questions about them are in `questions`.

use std::ops::Range;

use domain::{ClientAddress, Duration, Extras, Method, Moment, RequestEvent, StatusCode, Timestamp, Zone};
use proptest::prelude::*;

/// Turns of minutes, days, weeks, months and years, changes of clocks, and both ends of time.
const EDGES: [&str; 20] = [
    "0001-01-01T00:00:00Z",
    "1867-10-18T08:00:00Z",
    "1883-11-18T17:00:00Z",
    "1969-12-31T23:59:59.999999Z",
    "2006-10-29T02:31:00Z",
    "2011-12-30T10:00:00Z",
    "2018-02-18T02:00:00Z",
    "2018-11-04T03:00:00Z",
    "2020-12-31T23:59:59.999999Z",
    "2021-01-01T00:00:00Z",
    "2021-01-03T23:59:59.999999Z",
    "2021-01-04T00:00:00Z",
    "2024-02-29T23:59:00Z",
    "2024-12-30T00:00:00Z",
    "2025-03-30T01:00:00Z",
    "2025-04-05T15:00:00Z",
    "2025-10-26T01:00:00Z",
    "2025-10-26T02:00:00Z",
    "9999-12-31T22:00:00Z",
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

pub(crate) fn duration() -> impl Strategy<Value = Duration> {
    let us = prop_oneof![
        Just(0),
        Just(domain::limits::PROCESS_TIME_US),
        (0_u64..40).prop_map(|n| n * 5),
        // Bounds of latency bands and of Apdex, and their neighbours.
        (prop::sample::select(vec![1_000, 2_000, 10_000, 500_000, 2_000_000, 10_000_000]), 0_u64..=2)
            .prop_map(|(us, more)| us - 1 + more),
        0_u64..5_000_000
    ];
    us.prop_map(|us| Duration::from_micros(us).unwrap())
}

pub(crate) const ADDRESSES: [&str; 5] = ["10.0.0.9", "10.0.0.10", "::1", "2001:db8::1", "192.0.2.1"];
pub(crate) const ENDPOINTS: [&str; 8] = ["/a", "/b", "/c", "/c/d", "/ж", "/Z", "/e", "/f"];
pub(crate) const STATUSES: [u16; 10] = [100, 200, 201, 301, 399, 400, 404, 499, 500, 599];
pub(crate) const LABELS: [&str; 5] = ["ann", "Ann", "bob", "annбоб", "%"];

fn address() -> impl Strategy<Value = Option<ClientAddress>> {
    prop::option::weighted(0.8, prop::sample::select(&ADDRESSES).prop_map(|text| text.parse().unwrap()))
}

fn label() -> impl Strategy<Value = Option<String>> {
    prop::option::weighted(0.6, prop::sample::select(&LABELS).prop_map(str::to_owned))
}

fn event() -> impl Strategy<Value = RequestEvent> {
    let endpoint = prop::sample::select(&ENDPOINTS);
    let method = prop::sample::select(Method::ALL.to_vec());
    let status = prop::sample::select(&STATUSES);
    let labels = prop::option::of((label(), label(), label()));
    (timestamp(), method, endpoint, address(), duration(), status, labels).prop_map(
        |(time, method, endpoint, ip, duration, status, labels)| {
            let status = StatusCode::new(status).unwrap();
            let (consumer, hostname, user_agent) = labels.unwrap_or_default();
            let extras = Extras { consumer, hostname, user_agent, ..Extras::default() };
            RequestEvent::new(time, method, endpoint, ip, duration, status).unwrap().with_extras(extras)
        },
    )
}

pub(crate) fn events(count: Range<usize>) -> impl Strategy<Value = Vec<RequestEvent>> {
    prop::collection::vec(event(), count)
}
