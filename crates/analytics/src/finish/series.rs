//! The time series: a point for each bucket, and for those without events where gaps are to be filled.

use std::collections::VecDeque;

use domain::{DashboardQuery, Part, SeriesPoint, Timestamp};

use super::percentiles::percentiles;
use super::round::{average_ms, error_rate};
use crate::state::{BucketState, State};

pub(super) fn of(state: &State, query: &DashboardQuery) -> Vec<SeriesPoint> {
    let buckets = state.series.by_start();
    if query.include.contains(Part::Gaps) {
        let empty = BucketState::default();
        let starts = starts(query).into_iter();
        return starts.map(|start| point(start, buckets.get(&start).unwrap_or(&empty), query)).collect();
    }
    let skipped = buckets.len().saturating_sub(query.series_limit);
    buckets.iter().skip(skipped).map(|(start, bucket)| point(*start, bucket, query)).collect()
}

/// The newest buckets of the range.
fn starts(query: &DashboardQuery) -> VecDeque<i64> {
    let (first, last) = (query.filter.range.start(), query.filter.range.end().as_micros());
    let mut starts = VecDeque::new();
    // From the end, one instant before each bucket: a range may have far more buckets than are shown.
    let mut end = last;
    while end >= first.as_micros() && starts.len() < query.series_limit {
        let Some(instant) = Timestamp::from_micros(end) else { break };
        let bucket = query.period.bucket(instant, query.zone);
        starts.push_front(bucket.start_us);
        end = bucket.start_us - 1;
    }
    starts
}

fn point(start_us: i64, bucket: &BucketState, query: &DashboardQuery) -> SeriesPoint {
    // A week can begin before the first instant there is; any instant of it has its name.
    let start = Timestamp::from_micros(start_us).unwrap_or(Timestamp::MIN);
    let tally = &bucket.tally;
    let classes = query.include.contains(Part::StatusClasses);
    SeriesPoint {
        timestamp: query.period.label(start, query.zone),
        start: query.states_starts.then(|| query.zone.rfc3339(start)),
        requests: tally.requests,
        avg_time: (tally.requests > 0).then(|| average_ms(tally)),
        error_rate: error_rate(tally),
        percentiles: percentiles(|percent| bucket.latency.percentile(percent)),
        client_errors: classes.then_some(tally.client_errors),
        server_errors: classes.then_some(tally.server_errors),
    }
}
