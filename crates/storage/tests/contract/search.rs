//! Raw-log search against an oracle: every filter, every order, pages that do not overlap.

use domain::{
    Choice, Duration, EventFilter, LogOrder, LogQuery, Method, RequestEvent, SortOrder, StatusCode,
    StoredEvent, TimeRange,
};

use crate::fixture::{Database, at, event, key};
use crate::on_each_backend;

on_each_backend!(answers_every_filter_in_every_order);

/// Many equal values in every column, no address among them, and texts that mean something to SQL.
fn sample() -> Vec<RequestEvent> {
    let times = ["2025-01-01", "2025-01-02T10:00:00", "2025-01-02T10:00:00.000001", "2024-12-31"];
    let endpoints = ["/a", "/A", "/a%b", "/a_b", "/ж", "/B'"];
    let addresses = ["", "10.0.0.9", "10.0.0.10", "::1", "2001:db8::1"];
    (0..97_usize)
        .map(|i| {
            let method = Method::ALL[i * 7 % 9];
            let status = [200, 404, 500][i * 5 % 3];
            let us = (i as u64 * 13) % 7 * 1000;
            event(times[i * 3 % 4], method, endpoints[i * 11 % 6], addresses[i * 17 % 5], us, status)
        })
        .collect()
}

fn filters() -> Vec<EventFilter> {
    let all = EventFilter::over(TimeRange::ALL);
    let contains = |part: &str| EventFilter { endpoint_contains: Some(part.to_owned()), ..all.clone() };
    let micros = |us| Duration::from_micros(us);
    vec![
        EventFilter::over(TimeRange::new(at("2025-01-01"), at("2025-01-02T10:00:00")).unwrap()),
        EventFilter { method: Some(Method::Get), ..all.clone() },
        EventFilter { status_code: StatusCode::new(404), ..all.clone() },
        contains("a"),
        contains("%"),
        contains("_"),
        contains("'"),
        contains("\\"),
        contains("ж"),
        EventFilter { ip: Some("10.0.0.9".parse().unwrap()), ..all.clone() },
        EventFilter { process_time_min: micros(2000), process_time_max: micros(4000), ..all.clone() },
        EventFilter { process_time_min: micros(0), ..all.clone() },
        EventFilter { status_code: StatusCode::new(500), process_time_max: micros(3000), ..contains("a") },
        all,
    ]
}

fn oracle(events: &[StoredEvent], query: &LogQuery) -> Vec<StoredEvent> {
    let mut found: Vec<_> =
        events.iter().filter(|stored| query.filter.matches(&stored.event)).cloned().collect();
    found.sort_by(|a, b| {
        let (left, right) = (&a.event, &b.event);
        let order = match query.order_by {
            LogOrder::CreatedAt => left.created_at().cmp(&right.created_at()),
            LogOrder::Method => left.method().as_str().cmp(right.method().as_str()),
            LogOrder::Endpoint => left.endpoint().as_bytes().cmp(right.endpoint().as_bytes()),
            LogOrder::Ip => left.ip().cmp(&right.ip()),
            LogOrder::ProcessTime => left.process_time().cmp(&right.process_time()),
            LogOrder::StatusCode => left.status_code().cmp(&right.status_code()),
        };
        order.then(a.id.cmp(&b.id))
    });
    if query.order == SortOrder::Descending {
        found.reverse();
    }
    found
}

fn answers_every_filter_in_every_order(database: &Database) {
    let key = key(&database.storage, 1);
    let events = sample();
    let batch: Vec<_> = events.iter().map(|event| (key, event.clone())).collect();
    database.storage.append(&batch).unwrap();
    let stored: Vec<_> = (1..).zip(events).map(|(id, event)| StoredEvent { id, event }).collect();
    for filter in filters() {
        for (_, order_by) in LogOrder::ALL {
            for order in [SortOrder::Ascending, SortOrder::Descending] {
                let mut query = LogQuery { filter: filter.clone(), order_by, order, limit: 20, offset: 0 };
                let expected = oracle(&stored, &query);
                let mut found = Vec::new();
                while query.offset <= 100 {
                    found.extend(database.storage.search(key, &query).unwrap());
                    query.offset += query.limit;
                }
                assert_eq!(found, expected, "{query:?}");
            }
        }
    }
}
