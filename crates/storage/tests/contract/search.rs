//! Raw-log search against an oracle: every filter, every order, pages that do not overlap.

use domain::{
    Choice, Duration, EventFilter, Extras, LogOrder, LogQuery, Method, RequestEvent, SortOrder, StatusClass,
    StatusCode, StoredEvent, TimeRange,
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
            let label = |labels: &[&str]| {
                let label = labels[i * 19 % labels.len()];
                (!label.is_empty()).then(|| label.to_owned())
            };
            event(times[i * 3 % 4], method, endpoints[i * 11 % 6], addresses[i * 17 % 5], us, status)
                .with_extras(Extras {
                    consumer: label(&["", "ann", "Ann", "'; --", "bob"]),
                    hostname: label(&["a.example", "", "b.example"]),
                    user_agent: label(&["curl/8", "Curl/8", "", "100%", "ж", "Ж", ""]),
                    ..Extras::default()
                })
        })
        .collect()
}

fn any_of<T>(any_of: impl IntoIterator<Item = T>) -> Choice<T> {
    Choice { any_of: any_of.into_iter().collect(), none_of: Vec::new() }
}

fn none_of<T>(none_of: impl IntoIterator<Item = T>) -> Choice<T> {
    Choice { any_of: Vec::new(), none_of: none_of.into_iter().collect() }
}

fn texts<const N: usize>(texts: [&str; N]) -> [String; N] {
    texts.map(str::to_owned)
}

fn filters() -> Vec<EventFilter> {
    let all = EventFilter::over(TimeRange::ALL);
    let contains = |part: &str| EventFilter {
        endpoint_parts: any_of([part.to_owned()]),
        ..EventFilter::over(TimeRange::ALL)
    };
    let with = |change: &dyn Fn(&mut EventFilter)| {
        let mut filter = EventFilter::over(TimeRange::ALL);
        change(&mut filter);
        filter
    };
    let micros = |us| Duration::from_micros(us);
    let status = |code| StatusCode::new(code).unwrap();
    let ip = |text: &str| text.parse().unwrap();
    vec![
        EventFilter::over(TimeRange::new(at("2025-01-01"), at("2025-01-02T10:00:00")).unwrap()),
        with(&|filter| filter.methods = any_of([Method::Get])),
        with(&|filter| filter.methods = any_of([Method::Get, Method::Put, Method::Trace])),
        with(&|filter| filter.methods = none_of([Method::Get, Method::Put])),
        with(&|filter| filter.status_codes = any_of([status(404), status(599)])),
        with(&|filter| filter.status_codes = none_of([status(404)])),
        with(&|filter| filter.status_classes = any_of([StatusClass::Success, StatusClass::ServerError])),
        with(&|filter| filter.status_classes = none_of([StatusClass::Success])),
        with(&|filter| {
            filter.status_classes = none_of([StatusClass::Success]);
            filter.status_codes = any_of([status(200), status(404)]);
        }),
        with(&|filter| filter.endpoints = any_of(texts(["/a", "/B'", "/"]))),
        with(&|filter| filter.endpoints = none_of(texts(["/a", "/a%b"]))),
        contains("a"),
        contains("%"),
        contains("_"),
        contains("'"),
        contains("\\"),
        contains("ж"),
        with(&|filter| filter.endpoint_parts = any_of(texts(["%", "_", "nowhere"]))),
        with(&|filter| filter.endpoint_parts = none_of(texts(["%", "A"]))),
        with(&|filter| {
            filter.endpoint_parts =
                Choice { any_of: texts(["a", "ж"]).into(), none_of: texts(["_"]).into() };
        }),
        with(&|filter| filter.ips = any_of([ip("10.0.0.9"), ip("2001:db8::1")])),
        with(&|filter| filter.ips = none_of([ip("10.0.0.9"), ip("::1")])),
        with(&|filter| filter.consumers = any_of(texts(["ann", "nobody"]))),
        with(&|filter| filter.consumers = none_of(texts(["ann", "'; --"]))),
        with(&|filter| filter.hostnames = any_of(texts(["a.example", "b.example"]))),
        with(&|filter| filter.hostnames = none_of(texts(["a.example"]))),
        with(&|filter| filter.user_agent_parts = any_of(texts(["curl", "%"]))),
        with(&|filter| filter.user_agent_parts = none_of(texts(["curl", "Ж"]))),
        with(&|filter| (filter.process_time_min, filter.process_time_max) = (micros(2000), micros(4000))),
        with(&|filter| filter.process_time_min = micros(0)),
        EventFilter {
            status_codes: any_of([status(500)]),
            process_time_max: micros(3000),
            consumers: none_of(texts(["bob"])),
            ..contains("a")
        },
        many(),
        all,
    ]
}

/// As many values as parameters can carry.
fn many() -> EventFilter {
    let texts = |prefix: &str| -> Vec<String> {
        (0..EventFilter::MAX_VALUES)
            .map(|number| format!("{prefix}{number}"))
            .chain(["a".to_owned()])
            .collect()
    };
    EventFilter {
        endpoints: none_of(texts("/")),
        endpoint_parts: Choice { any_of: texts("x"), none_of: Vec::new() },
        consumers: none_of(texts("c")),
        user_agent_parts: none_of(texts("u")),
        ..EventFilter::over(TimeRange::ALL)
    }
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
