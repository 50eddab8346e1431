//! The buckets of the time series that a state keeps: the newest ones.

use std::collections::btree_map::Entry;

use super::{Sparse, State, Tally};

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

impl State {
    /// Adds to a bucket. The newest buckets of a union are among the newest of its parts, so older ones can be
    /// let go at once.
    pub(crate) fn add_to_series(&mut self, start_us: i64, piece: BucketState) {
        if start_us < self.series_from() {
            return;
        }
        match self.series.entry(start_us) {
            Entry::Vacant(place) => {
                place.insert(piece);
            }
            Entry::Occupied(mut bucket) => bucket.get_mut().merge(&piece),
        }
        if self.series.len() > self.plan.buckets {
            self.series.pop_first();
        }
    }

    /// Buckets that begin earlier are not kept.
    pub(crate) fn series_from(&self) -> i64 {
        if self.series.len() < self.plan.buckets {
            return i64::MIN;
        }
        self.series.first_key_value().map_or(i64::MAX, |(&start_us, _)| start_us)
    }
}
