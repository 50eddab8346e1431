//! The buckets of the time series that a state keeps: the newest ones.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::latency::Sparse;
use super::tally::Tally;

/// One bucket of the time series.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BucketState {
    pub(crate) tally: Tally,
    pub(crate) latency: Sparse,
}

impl BucketState {
    fn merge(&mut self, other: &Self) {
        self.tally.merge(&other.tally);
        self.latency.merge(&other.latency);
    }
}

/// The newest buckets, as many as a plan asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Series {
    limit: usize,
    by_start: BTreeMap<i64, BucketState>,
}

impl Series {
    /// No buckets yet, and never more than so many.
    pub(crate) const fn new(limit: usize) -> Self {
        Self { limit, by_start: BTreeMap::new() }
    }

    /// Adds to a bucket. The newest buckets of a union are among the newest of its parts, so older ones can be
    /// let go at once.
    pub(crate) fn add(&mut self, start_us: i64, piece: BucketState) {
        if start_us < self.kept_from() {
            return;
        }
        match self.by_start.entry(start_us) {
            Entry::Vacant(place) => {
                place.insert(piece);
            }
            Entry::Occupied(mut bucket) => bucket.get_mut().merge(&piece),
        }
        if self.by_start.len() > self.limit {
            self.by_start.pop_first();
        }
    }

    /// Adds the buckets of another series of the same limit.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (start_us, piece) in &other.by_start {
            self.add(*start_us, piece.clone());
        }
    }

    /// Buckets that begin earlier are not kept.
    pub(crate) fn kept_from(&self) -> i64 {
        if self.by_start.len() < self.limit {
            return i64::MIN;
        }
        self.by_start.first_key_value().map_or(i64::MAX, |(&start_us, _)| start_us)
    }

    /// The buckets by their first microsecond.
    pub(crate) const fn by_start(&self) -> &BTreeMap<i64, BucketState> {
        &self.by_start
    }
}
