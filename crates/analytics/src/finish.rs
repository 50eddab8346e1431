//! From a state to the figures of a dashboard: averages, rates, top lists. All rounding is in `round`.

mod percentiles;
mod round;
mod series;

use std::cmp::Reverse;
use std::sync::Arc;

use domain::{
    Apdex, Change, ClientUsage, Dashboard, DashboardQuery, EndpointStats, HeatCell, LATENCY_BOUNDS_US,
    LabelStats, LatencyBand, Method, Part, StatusClasses, StatusCode, Summary,
};

use crate::segment::Label;
use crate::state::{State, Tally};

pub(crate) use percentiles::percentiles;

use round::{average_ms, error_rate, exact_millis, millis, percentage, ratio, signed_ratio};

impl State {
    /// The figures of all recorded events, with the lists as long as the query asks. The state's plan must be
    /// that of the query.
    #[must_use]
    pub fn finish(&self, query: &DashboardQuery) -> Dashboard {
        let wants = |part| query.include.contains(part);
        let statuses = (StatusCode::MIN..=StatusCode::MAX).filter_map(StatusCode::new).zip(self.statuses);
        let labels = |part, label| wants(part).then(|| self.label_stats(label, query.top));
        Dashboard {
            summary: self.summary(),
            method_usage: Method::ALL.into_iter().zip(self.methods).filter(|(_, count)| *count > 0).collect(),
            endpoint_stats: self.endpoint_stats(query),
            status_codes: statuses.filter(|(_, count)| *count > 0).collect(),
            top_ips: self.top_ips(query.top),
            time_series: series::of(self, query),
            status_classes: wants(Part::StatusClasses).then(|| self.status_classes()),
            latency_histogram: wants(Part::LatencyHistogram).then(|| self.latency_bands()),
            comparison: None,
            heatmap: wants(Part::Heatmap).then(|| self.heat_cells()),
            consumers: labels(Part::Consumers, Label::Consumer),
            user_agents: labels(Part::UserAgents, Label::UserAgent),
            hostnames: labels(Part::Hostnames, Label::Hostname),
            coverage: None,
        }
    }

    /// The totals.
    pub(crate) fn summary(&self) -> Summary {
        let totals = &self.totals;
        let if_any = |value: f64| (totals.requests > 0).then_some(value);
        Summary {
            total_requests: totals.requests,
            unique_ips: self.unique_ips(),
            avg_response_time: if_any(average_ms(totals)),
            min_response_time: if_any(millis(self.min_us)),
            max_response_time: if_any(millis(self.max_us)),
            error_rate: error_rate(totals),
            percentiles: percentiles(|percent| self.latency.percentile(percent)),
            apdex: self.plan.apdex.map(|threshold| {
                let [satisfied, tolerating, frustrated] = self.apdex;
                let score = ratio(u128::from(2 * satisfied + tolerating), 2 * u128::from(totals.requests));
                Apdex {
                    threshold: exact_millis(threshold.as_micros()),
                    satisfied,
                    tolerating,
                    frustrated,
                    score: if_any(score),
                }
            }),
        }
    }

    fn unique_ips(&self) -> u64 {
        self.addresses.iter().filter(|requests| **requests > 0).count() as u64
    }

    fn endpoint_stats(&self, query: &DashboardQuery) -> Vec<EndpointStats> {
        let classes = query.include.contains(Part::StatusClasses);
        let names = self.vocabulary.endpoints.values();
        top(names, &self.endpoints, query.top)
            .into_iter()
            .map(|(name, tally)| EndpointStats {
                endpoint: name.to_string(),
                requests: tally.requests,
                avg_time: average_ms(tally),
                errors_count: tally.errors(),
                percentiles: None,
                client_errors: classes.then_some(tally.client_errors),
                server_errors: classes.then_some(tally.server_errors),
            })
            .collect()
    }

    fn top_ips(&self, count: usize) -> Vec<ClientUsage> {
        let addresses = self.vocabulary.addresses.values().iter().zip(&self.addresses);
        let used = addresses.filter(|(_, requests)| **requests > 0);
        first(used.map(|(ip, requests)| (Reverse(*requests), *ip)).collect(), count, |usage| *usage)
            .into_iter()
            .map(|(Reverse(requests), ip)| ClientUsage { ip, requests })
            .collect()
    }

    fn label_stats(&self, label: Label, count: usize) -> Vec<LabelStats> {
        top(self.vocabulary.label(label).values(), label.pick(&self.labels).as_slice(), count)
            .into_iter()
            .map(|(name, tally)| LabelStats {
                name: name.to_string(),
                requests: tally.requests,
                avg_time: average_ms(tally),
                errors_count: tally.errors(),
            })
            .collect()
    }

    fn status_classes(&self) -> StatusClasses {
        let hundreds = |from: usize| self.statuses.iter().skip(from - 100).take(100).sum();
        let requests = self.totals.requests;
        StatusClasses {
            informational: hundreds(100),
            success: hundreds(200),
            redirection: hundreds(300),
            client_error: hundreds(400),
            server_error: hundreds(500),
            client_error_rate: percentage(self.totals.client_errors, requests),
            server_error_rate: percentage(self.totals.server_errors, requests),
        }
    }

    fn latency_bands(&self) -> Vec<LatencyBand> {
        let bounds = LATENCY_BOUNDS_US.into_iter().map(|us| Some(millis(us))).chain([None]);
        bounds.zip(self.bands).map(|(up_to, requests)| LatencyBand { up_to, requests }).collect()
    }

    fn heat_cells(&self) -> Vec<HeatCell> {
        let hours = (1..=7).flat_map(|weekday| (0..24).map(move |hour| (weekday, hour)));
        hours
            .zip(&self.heatmap)
            .filter(|(_, tally)| tally.requests > 0)
            .map(|((weekday, hour), tally)| HeatCell {
                weekday,
                hour,
                requests: tally.requests,
                error_rate: error_rate(tally),
                avg_time: average_ms(tally),
            })
            .collect()
    }
}

/// What has changed from one window to the next, computed from exact figures.
pub(crate) fn change(now: &State, before: &State) -> Change {
    let percent = |now: u64, before: u64| {
        (before > 0).then(|| {
            let difference = i128::from(now) - i128::from(before);
            signed_ratio(100 * difference, u128::from(before))
        })
    };
    let (new, old) = (&now.totals, &before.totals);
    let both = new.requests > 0 && old.requests > 0;
    // Averages and rates are fractions; on a common denominator their difference is exact.
    let (count, old_count) = (u128::from(new.requests), u128::from(old.requests));
    let signed = |a: u128, b: u128| a.cast_signed() - b.cast_signed();
    Change {
        total_requests: percent(new.requests, old.requests),
        unique_ips: percent(now.unique_ips(), before.unique_ips()),
        avg_response_time: (both && old.total_us > 0).then(|| {
            let difference = signed(new.total_us * old_count, old.total_us * count);
            signed_ratio(100 * difference, old.total_us * count)
        }),
        error_rate: both.then(|| {
            let errors = |tally: &Tally| u128::from(tally.errors());
            let difference = signed(errors(new) * old_count, errors(old) * count);
            signed_ratio(100 * difference, count * old_count)
        }),
    }
}

/// The names with most requests, ties by name.
fn top<'a>(names: &'a [Arc<str>], tallies: &'a [Tally], count: usize) -> Vec<(&'a str, &'a Tally)> {
    let used = names.iter().zip(tallies).filter(|(_, tally)| tally.requests > 0);
    first(used.map(|(name, tally)| (&**name, tally)).collect(), count, |(name, tally)| {
        (Reverse(tally.requests), *name)
    })
}

/// The `count` smallest items by a key that tells all of them apart, in order.
fn first<'a, T: 'a, K: Ord>(mut items: Vec<T>, count: usize, key: impl Fn(&T) -> K) -> Vec<T> {
    let compare = |a: &T, b: &T| key(a).cmp(&key(b));
    if count < items.len() {
        items.select_nth_unstable_by(count, compare);
        items.truncate(count);
    }
    items.sort_unstable_by(compare);
    items
}
