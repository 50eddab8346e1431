//! The time series, bucket by bucket.

use std::collections::BTreeMap;

use domain::{DashboardQuery, Part, RequestEvent, Timestamp};
use serde_json::{Value, json};

use super::calendar::{Bucket, bucket, rfc3339};
use super::figures::{add_optional, average, error_rate};

pub(super) fn time_series(events: &[&RequestEvent], query: &DashboardQuery) -> Vec<Value> {
    let mut buckets = BTreeMap::<Bucket, Vec<&RequestEvent>>::new();
    for &event in events {
        let bucket = bucket(event.created_at().as_micros(), query.period, query.zone);
        buckets.entry(bucket).or_default().push(event);
    }
    if query.include.contains(Part::Gaps) {
        for bucket in newest(query) {
            buckets.entry(bucket).or_default();
        }
    }
    let skipped = buckets.len().saturating_sub(query.series_limit);
    buckets.into_iter().skip(skipped).map(|(bucket, events)| point(&bucket, &events, query)).collect()
}

fn point((start, _, label): &Bucket, events: &[&RequestEvent], query: &DashboardQuery) -> Value {
    let mut point = json!({
        "timestamp": label,
        "requests": events.len(),
        "avg_time": (!events.is_empty()).then(|| average(events)),
        "error_rate": error_rate(events),
    });
    if query.states_starts {
        point["start"] = json!(rfc3339((*start).max(Timestamp::MIN.as_micros()), query.zone));
    }
    add_optional(&mut point, events, query);
    point
}

/// The newest buckets of the range, with or without events.
fn newest(query: &DashboardQuery) -> Vec<Bucket> {
    let first = query.filter.range.start().as_micros();
    let mut instant = query.filter.range.end().as_micros();
    let mut buckets = Vec::new();
    while instant >= first && buckets.len() < query.series_limit {
        let bucket = bucket(instant, query.period, query.zone);
        instant = bucket.0 - 1;
        buckets.push(bucket);
    }
    buckets
}
