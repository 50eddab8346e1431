//! Counts, averages, rates and percentiles of some events.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use domain::{DashboardQuery, Part, RequestEvent};
use serde_json::{Value, json};

/// Rounds the decimal digits of an exact ratio, half away from zero, digit by digit.
pub(super) fn rounded(numerator: u128, denominator: u128) -> f64 {
    let thousandths = numerator * 1000 / denominator;
    let up = thousandths % 10 >= 5;
    let cents = thousandths / 10 + u128::from(up);
    format!("{}.{:02}", cents / 100, cents % 100).parse().unwrap()
}

pub(super) fn total_us(events: &[&RequestEvent]) -> u128 {
    events.iter().map(|event| u128::from(event.process_time().as_micros())).sum()
}

pub(super) fn average(events: &[&RequestEvent]) -> f64 {
    rounded(total_us(events), 1000 * events.len() as u128)
}

/// How many events have a status within the bounds, both included.
pub(super) fn statuses(events: &[&RequestEvent], from: u16, to: u16) -> usize {
    events.iter().filter(|event| (from..=to).contains(&event.status_code().get())).count()
}

pub(super) fn errors(events: &[&RequestEvent]) -> usize {
    statuses(events, 400, 599)
}

/// A percentage; 0 of nothing.
pub(super) fn rate(part: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { rounded(100 * part as u128, all as u128) }
}

pub(super) fn error_rate(events: &[&RequestEvent]) -> f64 {
    rate(errors(events), events.len())
}

/// The events by a key, without those that have none.
pub(super) fn groups<'a, K: Ord>(
    events: &[&'a RequestEvent],
    key: impl Fn(&'a RequestEvent) -> Option<K>,
) -> BTreeMap<K, Vec<&'a RequestEvent>> {
    let mut groups = BTreeMap::<K, Vec<&RequestEvent>>::new();
    for &event in events {
        if let Some(key) = key(event) {
            groups.entry(key).or_default().push(event);
        }
    }
    groups
}

/// The largest groups. A stable sort by size alone leaves the ties in the order of the map: ascending.
pub(super) fn top<K: Ord>(
    groups: BTreeMap<K, Vec<&RequestEvent>>,
    count: usize,
) -> Vec<(K, Vec<&RequestEvent>)> {
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, events)| Reverse(events.len()));
    groups.truncate(count);
    groups
}

pub(super) fn counts<K: Ord + ToString>(groups: BTreeMap<K, Vec<&RequestEvent>>) -> Value {
    groups.into_iter().map(|(key, events)| (key.to_string(), json!(events.len()))).collect()
}

pub(super) fn summary(events: &[&RequestEvent], query: &DashboardQuery) -> Value {
    let times = || events.iter().map(|event| u128::from(event.process_time().as_micros()));
    let mut summary = json!({
        "total_requests": events.len(),
        "unique_ips": groups(events, RequestEvent::ip).len(),
        "avg_response_time": (!events.is_empty()).then(|| average(events)),
        "min_response_time": times().min().map(|us| rounded(us, 1000)),
        "max_response_time": times().max().map(|us| rounded(us, 1000)),
        "error_rate": error_rate(events),
    });
    if query.include.contains(Part::Percentiles) && !events.is_empty() {
        summary["percentiles"] = percentiles(events);
    }
    if query.include.contains(Part::Apdex) {
        summary["apdex"] = apdex(events, query);
    }
    summary
}

/// Adds what endpoints and buckets have only if asked for.
pub(super) fn add_optional(stats: &mut Value, events: &[&RequestEvent], query: &DashboardQuery) {
    if query.include.contains(Part::Percentiles) && !events.is_empty() {
        stats["percentiles"] = percentiles(events);
    }
    if query.include.contains(Part::StatusClasses) {
        stats["client_errors"] = json!(statuses(events, 400, 499));
        stats["server_errors"] = json!(statuses(events, 500, 599));
    }
}

/// Percentiles by the nearest-rank rule; each with the bounds that it must keep.
pub(super) fn percentiles(events: &[&RequestEvent]) -> Value {
    let mut times: Vec<u64> = events.iter().map(|event| event.process_time().as_micros()).collect();
    times.sort_unstable();
    let mut list = json!({});
    for percent in [50, 75, 90, 95, 99] {
        let rank = (percent * times.len()).div_ceil(100);
        list[format!("p{percent}")] = json!({
            "exact_us": times[rank - 1],
            "min": rounded(times[0].into(), 1000),
            "max": rounded(times[times.len() - 1].into(), 1000),
        });
    }
    list
}

fn apdex(events: &[&RequestEvent], query: &DashboardQuery) -> Value {
    let threshold = query.apdex_threshold.as_micros();
    let (mut satisfied, mut tolerating, mut frustrated) = (0_u64, 0_u64, 0_u64);
    for event in events {
        let time = event.process_time().as_micros();
        if event.status_code().get() >= 500 || time > 4 * threshold {
            frustrated += 1;
        } else if time > threshold {
            tolerating += 1;
        } else {
            satisfied += 1;
        }
    }
    let half_points = u128::from(2 * satisfied + tolerating);
    json!({
        "threshold": threshold as f64 / 1000.0,
        "satisfied": satisfied,
        "tolerating": tolerating,
        "frustrated": frustrated,
        "score": (!events.is_empty()).then(|| rounded(half_points, 2 * events.len() as u128)),
    })
}
