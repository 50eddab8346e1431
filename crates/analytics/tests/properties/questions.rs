//! Random questions about the events of `common`: plain ones, and ones with filters, zones and further figures.

use domain::{
    Choice, DashboardQuery, Duration, EventFilter, Include, Method, Part, Period, StatusClass, StatusCode,
    TimeRange, Zone,
};
use proptest::prelude::*;

use crate::common::{ADDRESSES, ENDPOINTS, LABELS, STATUSES, duration, timestamp};

const ZONES: [&str; 14] = [
    "UTC",
    "Europe/Berlin",
    "Europe/Amsterdam",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Juneau",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Africa/Monrovia",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Etc/GMT+12",
];

/// Ranges, periods and limits only.
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

/// Everything that can be asked.
pub(crate) fn question() -> impl Strategy<Value = DashboardQuery> {
    let zone = prop::option::of(prop::sample::select(&ZONES));
    let include = prop_oneof![
        Just(Include::NONE),
        Just(Part::ALL.into_iter().collect()),
        prop::collection::vec(prop::sample::select(&Part::ALL), 1..5)
            .prop_map(|parts| parts.into_iter().collect::<Include>()),
    ];
    let threshold = prop_oneof![Just(500_000), 1_u64..200, Just(domain::limits::PROCESS_TIME_US)];
    (query(), conditions(), zone, include, threshold).prop_map(|(query, filter, zone, include, threshold)| {
        let query = DashboardQuery {
            filter: EventFilter { range: query.filter.range, ..filter },
            include,
            apdex_threshold: Duration::from_micros(threshold).unwrap(),
            ..query
        };
        match zone {
            Some(name) => query.in_zone(Zone::parse(name).unwrap()),
            None => query,
        }
    })
}

/// Mostly few conditions, so that some events are left.
fn conditions() -> impl Strategy<Value = EventFilter> {
    let texts = |pool: &'static [&'static str]| choice(pool.iter().map(|text| (*text).to_owned()).collect());
    let statuses = STATUSES.into_iter().filter_map(StatusCode::new).collect();
    let time = || prop::option::weighted(0.1, duration());
    let exact = (
        choice(Method::ALL.to_vec()),
        choice(statuses),
        choice(StatusClass::ALL.to_vec()),
        texts(&ENDPOINTS),
        choice(ADDRESSES.map(|text| text.parse().unwrap()).to_vec()),
        texts(&LABELS),
        texts(&LABELS),
    );
    let parts = (texts(&["/", "c", "/c", "ж", "z", "%"]), texts(&["ann", "A", "б", "nobody", "%"]));
    (exact, parts, time(), time()).prop_map(
        |((methods, codes, classes, endpoints, ips, consumers, hostnames), (parts, agents), min, max)| {
            EventFilter {
                methods,
                status_codes: codes,
                status_classes: classes,
                endpoints,
                endpoint_parts: parts,
                ips,
                consumers,
                hostnames,
                user_agent_parts: agents,
                process_time_min: min,
                process_time_max: max,
                ..EventFilter::over(TimeRange::ALL)
            }
        },
    )
}

/// Some values of the pool or none, in any order, also twice.
fn choice<T: Clone + std::fmt::Debug + 'static>(pool: Vec<T>) -> impl Strategy<Value = Choice<T>> {
    let some = |pool: Vec<T>| prop::collection::vec(prop::sample::select(pool), 1..4);
    prop_oneof![
        10 => Just(Choice::ANY),
        1 => some(pool.clone()).prop_map(|any_of| Choice { any_of, none_of: Vec::new() }),
        1 => some(pool.clone()).prop_map(|none_of| Choice { any_of: Vec::new(), none_of }),
        1 => (some(pool.clone()), some(pool)).prop_map(|(any_of, none_of)| Choice { any_of, none_of }),
    ]
}
