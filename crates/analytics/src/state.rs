//! The unfinished aggregate of a dashboard: a commutative monoid under [`merge`](State::merge).

mod latency;
mod series;
mod tally;

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

use domain::{LATENCY_BOUNDS_US, Method, RequestEvent, StatusCode};

use crate::dictionary::Dictionary;
use crate::plan::{BANDS, Plan};
use crate::segment::Label;
use crate::vocabulary::Vocabulary;

pub use latency::Histogram;
pub(crate) use latency::Sparse;
pub(crate) use series::{BucketState, Series};
pub use tally::Tally;

/// How many methods there are.
pub(crate) const METHODS: usize = Method::ALL.len();
/// How many status codes there are.
pub(crate) const STATUSES: usize = (StatusCode::MAX - StatusCode::MIN + 1) as usize;
/// Days of a week times hours of a day.
pub(crate) const HOURS: usize = 7 * 24;

/// Everything a dashboard needs to know of some events.
///
/// Memory grows with the number of distinct endpoints, addresses and labels, not with that of events.
#[derive(Debug, Clone)]
pub struct State {
    pub(crate) plan: Arc<Plan>,
    pub(crate) vocabulary: Arc<Vocabulary>,
    /// Events that were looked at: also those that a filter left out.
    pub(crate) scanned: u64,
    pub(crate) totals: Tally,
    pub(crate) min_us: u64,
    pub(crate) max_us: u64,
    pub(crate) methods: [u64; METHODS],
    pub(crate) statuses: [u64; STATUSES],
    /// By number; as long as the largest number that occurs needs.
    pub(crate) endpoints: Vec<Tally>,
    pub(crate) addresses: Vec<u64>,
    pub(crate) labels: [Vec<Tally>; Label::ALL.len()],
    pub(crate) series: Series,
    pub(crate) latency: Histogram,
    /// In the order of the plan's endpoints.
    pub(crate) latency_of: Vec<Histogram>,
    pub(crate) bands: [u64; BANDS],
    /// Satisfied, tolerating, frustrated.
    pub(crate) apdex: [u64; 3],
    pub(crate) heatmap: Vec<Tally>,
}

impl State {
    /// The state of no events: the identity of [`merge`](Self::merge) among the states of this plan.
    #[must_use]
    pub fn new(plan: &Arc<Plan>) -> Self {
        Self::with(plan, Arc::default())
    }

    /// The state of no events, with names that are known already.
    pub(crate) fn with(plan: &Arc<Plan>, vocabulary: Arc<Vocabulary>) -> Self {
        Self {
            plan: Arc::clone(plan),
            vocabulary,
            scanned: 0,
            totals: Tally::default(),
            min_us: u64::MAX,
            max_us: 0,
            methods: [0; METHODS],
            statuses: [0; STATUSES],
            endpoints: Vec::new(),
            addresses: Vec::new(),
            labels: Label::ALL.map(|_| Vec::new()),
            series: Series::new(plan.buckets),
            latency: Histogram::default(),
            latency_of: vec![Histogram::default(); plan.latency_of.len()],
            bands: [0; BANDS],
            apdex: [0; 3],
            heatmap: vec![Tally::default(); if plan.heatmap { HOURS } else { 0 }],
        }
    }

    /// Adds one event.
    pub fn record(&mut self, event: &RequestEvent) {
        let plan = Arc::clone(&self.plan);
        let (duration, status) = (event.process_time().as_micros(), event.status_code().get());
        self.scanned += 1;
        self.totals.record(duration, status);
        self.min_us = self.min_us.min(duration);
        self.max_us = self.max_us.max(duration);
        *slot(&mut self.methods, usize::from(event.method().code())) += 1;
        *slot(&mut self.statuses, usize::from(status - StatusCode::MIN)) += 1;

        let names = Arc::make_mut(&mut self.vocabulary);
        let endpoint = names.endpoints.number(event.endpoint());
        grown(&mut self.endpoints, endpoint).record(duration, status);
        if let Some(ip) = event.ip() {
            *grown(&mut self.addresses, names.addresses.number(&ip)) += 1;
        }
        let columns = Label::ALL.into_iter().zip(&mut names.labels).zip(&mut self.labels);
        for ((label, names), tallies) in columns.filter(|((label, _), _)| plan.counts(*label)) {
            if let Some(text) = event.extras().and_then(|extras| label.of(extras)) {
                grown(tallies, names.number(text)).record(duration, status);
            }
        }
        let bucket = plan.period.bucket(event.created_at(), plan.zone);
        let mut piece = BucketState::default();
        piece.tally.record(duration, status);
        if plan.latency {
            self.latency.record(duration);
            piece.latency.record(duration);
        }
        self.series.add(bucket.start_us, piece);
        self.record_extras(event, &plan);
    }

    fn record_extras(&mut self, event: &RequestEvent, plan: &Plan) {
        let (duration, status) = (event.process_time().as_micros(), event.status_code().get());
        for (name, histogram) in plan.latency_of.iter().zip(&mut self.latency_of) {
            if **name == *event.endpoint() {
                histogram.record(duration);
            }
        }
        if plan.bands {
            *slot(&mut self.bands, LATENCY_BOUNDS_US.partition_point(|&bound| bound < duration)) += 1;
        }
        if let Some(threshold) = plan.apdex {
            *slot(&mut self.apdex, satisfaction(duration, status >= 500, threshold.as_micros())) += 1;
        }
        if plan.heatmap {
            let (weekday, hour) = plan.zone.weekday_hour(event.created_at());
            slot(&mut self.heatmap, hour_of_week(weekday, hour)).record(duration, status);
        }
    }

    /// Adds what another state of the same plan knows. Associative and commutative.
    pub fn merge(&mut self, other: &Self) {
        debug_assert_eq!(self.plan, other.plan, "states of different plans have no sum");
        self.scanned += other.scanned;
        self.totals.merge(&other.totals);
        self.min_us = self.min_us.min(other.min_us);
        self.max_us = self.max_us.max(other.max_us);
        add_all(&mut self.methods, &other.methods);
        add_all(&mut self.statuses, &other.statuses);
        add_all(&mut self.bands, &other.bands);
        add_all(&mut self.apdex, &other.apdex);
        for (sum, tally) in self.heatmap.iter_mut().zip(&other.heatmap) {
            sum.merge(tally);
        }
        self.latency.merge(&other.latency);
        for (sum, histogram) in self.latency_of.iter_mut().zip(&other.latency_of) {
            sum.merge(histogram);
        }
        self.series.merge(&other.series);
        self.merge_names(other);
    }

    fn merge_names(&mut self, other: &Self) {
        if Arc::ptr_eq(&self.vocabulary, &other.vocabulary) {
            merge_same(&mut self.endpoints, &other.endpoints, Tally::merge);
            merge_same(&mut self.addresses, &other.addresses, |sum, count| *sum += count);
            for (tallies, others) in self.labels.iter_mut().zip(&other.labels) {
                merge_same(tallies, others, Tally::merge);
            }
            return;
        }
        let own = Arc::make_mut(&mut self.vocabulary);
        let theirs = &other.vocabulary;
        let endpoints = (&theirs.endpoints, &other.endpoints[..]);
        merge_by_name((&mut own.endpoints, &mut self.endpoints), endpoints, Tally::merge);
        let addresses = (&theirs.addresses, &other.addresses[..]);
        merge_by_name((&mut own.addresses, &mut self.addresses), addresses, |sum, count| *sum += count);
        let own_labels = own.labels.iter_mut().zip(&mut self.labels);
        for (own, (names, tallies)) in own_labels.zip(theirs.labels.iter().zip(&other.labels)) {
            merge_by_name(own, (names, &tallies[..]), Tally::merge);
        }
    }

    /// The response times behind percentiles; empty unless the plan asks for them.
    #[must_use]
    pub const fn latency(&self) -> &Histogram {
        &self.latency
    }

    /// The counts by name, whatever numbers the names have.
    fn by_name(&self) -> impl PartialEq {
        let names = &*self.vocabulary;
        let labels = names.labels.iter().zip(&self.labels).map(|(names, tallies)| named(names, tallies));
        (
            named(&names.endpoints, &self.endpoints),
            named(&names.addresses, &self.addresses),
            labels.collect::<Vec<_>>(),
        )
    }
}

impl PartialEq for State {
    /// Whether both know the same of the same events.
    fn eq(&self, other: &Self) -> bool {
        self.plan == other.plan
            && (self.scanned, self.totals, self.min_us, self.max_us)
                == (other.scanned, other.totals, other.min_us, other.max_us)
            && (self.methods, self.statuses, self.bands, self.apdex)
                == (other.methods, other.statuses, other.bands, other.apdex)
            && (&self.series, &self.latency, &self.latency_of, &self.heatmap)
                == (&other.series, &other.latency, &other.latency_of, &other.heatmap)
            && self.by_name() == other.by_name()
    }
}

fn named<T: Clone + Ord + Hash, V: Copy + Default + PartialEq>(
    names: &Dictionary<T>,
    values: &[V],
) -> BTreeMap<T, V> {
    let pairs = names.values().iter().cloned().zip(values.iter().copied());
    pairs.filter(|(_, value)| *value != V::default()).collect()
}

/// The place of a number in a list that grows to hold it.
pub(crate) fn grown<T: Clone + Default>(list: &mut Vec<T>, number: u32) -> &mut T {
    let place = number as usize;
    if list.len() <= place {
        list.resize(place + 1, T::default());
    }
    #[expect(clippy::indexing_slicing, reason = "it has grown")]
    &mut list[place]
}

#[expect(clippy::indexing_slicing, reason = "checked types: codes lie within the tables")]
fn slot<T>(table: &mut [T], place: usize) -> &mut T {
    &mut table[place]
}

/// 0 satisfied, 1 tolerating, 2 frustrated: Apdex technical specification 1.1.
#[inline]
pub(crate) const fn satisfaction(duration_us: u64, is_server_error: bool, threshold_us: u64) -> usize {
    if is_server_error || duration_us > 4 * threshold_us {
        2
    } else if duration_us > threshold_us {
        1
    } else {
        0
    }
}

/// The place of an hour of an ISO weekday in the heat map.
pub(crate) fn hour_of_week(weekday: u8, hour: u8) -> usize {
    (usize::from(weekday).saturating_sub(1) * 24 + usize::from(hour)).min(HOURS - 1)
}

fn add_all(sums: &mut [u64], counts: &[u64]) {
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum += count;
    }
}

fn merge_same<V: Clone + Default>(sums: &mut Vec<V>, values: &[V], merge: impl Fn(&mut V, &V)) {
    if sums.len() < values.len() {
        sums.resize(values.len(), V::default());
    }
    for (sum, value) in sums.iter_mut().zip(values) {
        merge(sum, value);
    }
}

fn merge_by_name<T: Clone + Eq + Hash, V: Clone + Default + PartialEq>(
    (own_names, sums): (&mut Dictionary<T>, &mut Vec<V>),
    (names, values): (&Dictionary<T>, &[V]),
    merge: impl Fn(&mut V, &V),
) {
    for (name, value) in names.values().iter().zip(values) {
        if *value != V::default() {
            merge(grown(sums, own_names.number(name)), value);
        }
    }
}
