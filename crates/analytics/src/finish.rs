//! From a state to the figures of a dashboard: averages, rates, top lists. All rounding is here.

use std::cmp::Reverse;

use domain::{
    ClientUsage, Dashboard, DashboardQuery, EndpointStats, Method, SeriesPoint, StatusCode, Summary,
    Timestamp,
};

use crate::state::{State, Tally};

impl State {
    /// The figures of all recorded events, with the lists as long as the query asks.
    #[must_use]
    pub fn finish(&self, query: &DashboardQuery) -> Dashboard {
        let statuses = (StatusCode::MIN..=StatusCode::MAX).filter_map(StatusCode::new).zip(self.statuses);
        Dashboard {
            summary: self.summary(),
            method_usage: Method::ALL.into_iter().zip(self.methods).filter(|(_, count)| *count > 0).collect(),
            endpoint_stats: self.endpoint_stats(query.top),
            status_codes: statuses.filter(|(_, count)| *count > 0).collect(),
            top_ips: self.top_ips(query.top),
            time_series: self.time_series(query),
            ..Dashboard::default()
        }
    }

    fn summary(&self) -> Summary {
        let totals = &self.totals;
        let if_any = |value: f64| (totals.requests > 0).then_some(value);
        Summary {
            total_requests: totals.requests,
            unique_ips: self.addresses.len() as u64,
            avg_response_time: if_any(average_ms(totals)),
            min_response_time: if_any(hundredths(u128::from(totals.min_us), 10)),
            max_response_time: if_any(hundredths(u128::from(totals.max_us), 10)),
            error_rate: error_rate(totals),
            ..Summary::default()
        }
    }

    fn endpoint_stats(&self, top: usize) -> Vec<EndpointStats> {
        let endpoints = self.endpoints.iter().map(|(name, tally)| (Reverse(tally.requests), name, tally));
        first(endpoints.collect(), top, |(requests, name, _)| (*requests, *name))
            .into_iter()
            .map(|(_, name, tally)| EndpointStats {
                endpoint: name.to_string(),
                requests: tally.requests,
                avg_time: average_ms(tally),
                errors_count: tally.errors,
                ..EndpointStats::default()
            })
            .collect()
    }

    fn top_ips(&self, top: usize) -> Vec<ClientUsage> {
        let addresses = self.addresses.iter().map(|(ip, requests)| (Reverse(*requests), *ip));
        first(addresses.collect(), top, |usage| *usage)
            .into_iter()
            .map(|(Reverse(requests), ip)| ClientUsage { ip, requests })
            .collect()
    }

    fn time_series(&self, query: &DashboardQuery) -> Vec<SeriesPoint> {
        let skipped = self.series.len().saturating_sub(query.series_limit);
        self.series
            .iter()
            .skip(skipped)
            .map(|(start, tally)| {
                // A week can begin before the first instant there is; any instant of it has its name.
                let start = Timestamp::from_micros(*start).unwrap_or(Timestamp::MIN);
                SeriesPoint {
                    timestamp: query.period.label(start, query.zone),
                    start: query.states_starts.then(|| query.zone.rfc3339(start)),
                    requests: tally.requests,
                    avg_time: Some(average_ms(tally)),
                    error_rate: error_rate(tally),
                    ..SeriesPoint::default()
                }
            })
            .collect()
    }
}

/// The `count` smallest items by a key that tells all of them apart, in order.
fn first<T, K: Ord>(mut items: Vec<T>, count: usize, key: impl Fn(&T) -> K) -> Vec<T> {
    let compare = |a: &T, b: &T| key(a).cmp(&key(b));
    if count < items.len() {
        items.select_nth_unstable_by(count, compare);
        items.truncate(count);
    }
    items.sort_unstable_by(compare);
    items
}

fn average_ms(tally: &Tally) -> f64 {
    hundredths(tally.total_us, 10 * u128::from(tally.requests))
}

/// A percentage.
fn error_rate(tally: &Tally) -> f64 {
    hundredths(10_000 * u128::from(tally.errors), u128::from(tally.requests))
}

/// `numerator / denominator` hundredths, rounded half away from zero, in integers up to the last step; 0 of
/// nothing.
fn hundredths(numerator: u128, denominator: u128) -> f64 {
    if denominator == 0 {
        return 0.0;
    }
    let rounded = (2 * numerator + denominator) / (2 * denominator);
    #[expect(clippy::cast_precision_loss, reason = "exact below 9 · 10^13 ms, which no average reaches")]
    let rounded = rounded as f64;
    rounded / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_away_from_zero() {
        assert_eq!(hundredths(1, 2), 0.01);
        assert_eq!(hundredths(49, 100), 0.0);
        // 1 of 800 is 0.125 %.
        assert_eq!(hundredths(10_000, 800), 0.13);
        // 1.005 ms, which no binary fraction is.
        assert_eq!(hundredths(1005, 10), 1.01);
    }
}
