//! Every figure of a dashboard, computed by brute force and compared, over random events.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::common::{events, query};
use chrono::{DateTime, Datelike, Utc};
use domain::{Dashboard, DashboardQuery, Period, RequestEvent};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Rounds the decimal digits of an exact ratio, half away from zero, digit by digit.
fn rounded(numerator: u128, denominator: u128) -> f64 {
    let thousandths = numerator * 1000 / denominator;
    let up = thousandths % 10 >= 5;
    let cents = thousandths / 10 + u128::from(up);
    format!("{}.{:02}", cents / 100, cents % 100).parse().unwrap()
}

fn label(event: &RequestEvent, period: Period) -> String {
    let time: DateTime<Utc> = DateTime::from_timestamp_micros(event.created_at().as_micros()).unwrap();
    let format = match period {
        Period::Minutely => "%Y-%m-%d %H:%M",
        Period::Hourly => "%Y-%m-%d %H",
        Period::Daily => "%Y-%m-%d",
        Period::Weekly => return format!("{:04}-W{:02}", time.iso_week().year(), time.iso_week().week()),
        Period::Monthly => "%Y-%m",
    };
    time.format(format).to_string()
}

fn average(events: &[&RequestEvent]) -> f64 {
    let sum: u128 = events.iter().map(|event| u128::from(event.process_time().as_micros())).sum();
    rounded(sum, 1000 * events.len() as u128)
}

fn errors(events: &[&RequestEvent]) -> usize {
    events.iter().filter(|event| event.status_code().get() >= 400).count()
}

fn error_rate(events: &[&RequestEvent]) -> f64 {
    rounded(100 * errors(events) as u128, events.len() as u128)
}

fn groups<'a, K: Ord>(
    events: &[&'a RequestEvent],
    key: impl Fn(&RequestEvent) -> K,
) -> BTreeMap<K, Vec<&'a RequestEvent>> {
    let mut groups = BTreeMap::<K, Vec<&RequestEvent>>::new();
    for event in events {
        groups.entry(key(event)).or_default().push(event);
    }
    groups
}

fn counts<K: Ord + ToString>(groups: BTreeMap<K, Vec<&RequestEvent>>) -> Value {
    groups.into_iter().map(|(key, events)| (key.to_string(), json!(events.len()))).collect()
}

fn oracle(events: &[RequestEvent], query: &DashboardQuery) -> Value {
    let (start, end) = (query.filter.range.start(), query.filter.range.end());
    let events: Vec<_> =
        events.iter().filter(|event| event.created_at() >= start && event.created_at() <= end).collect();
    let times = || events.iter().map(|event| u128::from(event.process_time().as_micros()));
    let addresses: BTreeSet<_> = events.iter().filter_map(|event| event.ip()).collect();

    // A stable sort by count alone leaves the ties in the order of the map: ascending.
    let mut endpoints: Vec<_> = groups(&events, |event| event.endpoint().to_owned()).into_iter().collect();
    endpoints.sort_by_key(|(_, events)| Reverse(events.len()));
    let mut clients = groups(&events, RequestEvent::ip);
    clients.remove(&None);
    let mut clients: Vec<_> = clients.into_iter().collect();
    clients.sort_by_key(|(_, events)| Reverse(events.len()));
    let mut by_time = events.clone();
    by_time.sort_by_key(|event| event.created_at());
    let mut series: Vec<(String, Vec<&RequestEvent>)> = Vec::new();
    for event in by_time {
        let label = label(event, query.period);
        match series.last_mut() {
            Some((last, events)) if *last == label => events.push(event),
            _ => series.push((label, vec![event])),
        }
    }
    let newest = series.len().saturating_sub(query.series_limit);

    json!({
        "summary": {
            "total_requests": events.len(),
            "unique_ips": addresses.len(),
            "avg_response_time": (!events.is_empty()).then(|| average(&events)),
            "min_response_time": times().min().map(|us| rounded(us, 1000)),
            "max_response_time": times().max().map(|us| rounded(us, 1000)),
            "error_rate": if events.is_empty() { 0.0 } else { error_rate(&events) },
        },
        "method_usage": counts(groups(&events, |event| event.method().to_string())),
        "endpoint_stats": endpoints.iter().take(query.top).map(|(endpoint, events)| json!({
            "endpoint": endpoint,
            "requests": events.len(),
            "avg_time": average(events),
            "errors_count": errors(events),
        })).collect::<Vec<_>>(),
        "status_codes": counts(groups(&events, |event| event.status_code().get())),
        "top_ips": clients.iter().take(query.top).map(|(ip, events)| json!({
            "ip": ip.unwrap().to_string(),
            "requests": events.len(),
        })).collect::<Vec<_>>(),
        "time_series": series[newest..].iter().map(|(label, events)| json!({
            "timestamp": label,
            "requests": events.len(),
            "avg_time": average(events),
            "error_rate": error_rate(events),
        })).collect::<Vec<_>>(),
    })
}

fn as_json(dashboard: &Dashboard) -> Value {
    serde_json::to_value(dashboard).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_figure_equals_that_of_brute_force(events in events(0..120), query in query()) {
        let dashboard = analytics::dashboard(events.clone(), &query);
        prop_assert_eq!(as_json(&dashboard), oracle(&events, &query));
    }
}
