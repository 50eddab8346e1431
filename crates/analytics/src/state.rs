//! The unfinished aggregate of a dashboard: a commutative monoid under [`merge`](State::merge).

mod latency;
mod tally;

use std::collections::BTreeMap;

use domain::{ClientAddress, DashboardQuery, Method, RequestEvent, StatusCode};
use foldhash::HashMap;

pub use latency::Histogram;
pub use tally::Tally;

/// How many methods there are.
pub(crate) const METHODS: usize = Method::ALL.len();
/// How many status codes there are.
pub(crate) const STATUSES: usize = (StatusCode::MAX - StatusCode::MIN + 1) as usize;

/// Everything a dashboard needs to know of some events. `State::default()` is that of no events.
///
/// Memory grows with the number of distinct endpoints, addresses and buckets, not with that of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub(crate) totals: Tally,
    pub(crate) latency: Histogram,
    pub(crate) methods: [u64; METHODS],
    pub(crate) statuses: [u64; STATUSES],
    pub(crate) endpoints: HashMap<Box<str>, Tally>,
    pub(crate) addresses: HashMap<ClientAddress, u64>,
    /// By the first microsecond of the bucket.
    pub(crate) series: BTreeMap<i64, Tally>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            totals: Tally::default(),
            latency: Histogram::default(),
            methods: [0; METHODS],
            statuses: [0; STATUSES],
            endpoints: HashMap::default(),
            addresses: HashMap::default(),
            series: BTreeMap::new(),
        }
    }
}

impl State {
    /// Adds one event. All events of a state, and of states it is merged with, take the same `query`.
    #[expect(clippy::indexing_slicing, reason = "checked types: codes lie within the tables")]
    pub fn record(&mut self, event: &RequestEvent, query: &DashboardQuery) {
        let duration = event.process_time().as_micros();
        let is_error = event.status_code().is_error();
        self.totals.record(duration, is_error);
        self.latency.record(duration);
        self.methods[usize::from(event.method().code())] += 1;
        self.statuses[usize::from(event.status_code().get() - StatusCode::MIN)] += 1;
        self.endpoints.entry(event.endpoint().into()).or_default().record(duration, is_error);
        if let Some(ip) = event.ip() {
            *self.addresses.entry(ip).or_default() += 1;
        }
        let bucket = query.period.bucket(event.created_at(), query.zone);
        self.series.entry(bucket.start_us).or_default().record(duration, is_error);
    }

    /// Adds what another state knows. Associative and commutative.
    pub fn merge(&mut self, other: &Self) {
        self.totals.merge(&other.totals);
        self.latency.merge(&other.latency);
        for (sum, count) in self.methods.iter_mut().zip(other.methods) {
            *sum += count;
        }
        for (sum, count) in self.statuses.iter_mut().zip(other.statuses) {
            *sum += count;
        }
        for (endpoint, tally) in &other.endpoints {
            match self.endpoints.get_mut(endpoint) {
                Some(sum) => sum.merge(tally),
                None => {
                    self.endpoints.insert(endpoint.clone(), *tally);
                }
            }
        }
        for (address, count) in &other.addresses {
            *self.addresses.entry(*address).or_default() += count;
        }
        for (bucket, tally) in &other.series {
            self.series.entry(*bucket).or_default().merge(tally);
        }
    }

    /// The response times behind percentiles.
    #[must_use]
    pub const fn latency(&self) -> &Histogram {
        &self.latency
    }
}
