//! Histograms of response times whose percentiles are off by at most 0.1 %.

mod cells;
mod sparse;

use cells::{cell_of, percentile};
use sparse::Packer;

pub(crate) use sparse::Sparse;

/// Cells that are emptied together.
const GROUP: usize = 64;

/// Counts of microseconds in cells of a relative width below 1/1024 (log-linear, after Gil Tene's
/// `HdrHistogram`). Memory: 8 bytes a cell between the quickest request and the slowest; 130 KiB up to one
/// minute, 330 KiB at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    cells: Vec<u64>,
    /// For each group of cells, whether any is not 0: a histogram of few durations is emptied without a look
    /// at all of it.
    touched: Vec<bool>,
    min_us: u64,
    max_us: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { cells: Vec::new(), touched: Vec::new(), min_us: u64::MAX, max_us: 0 }
    }
}

impl Histogram {
    /// Adds one duration in microseconds.
    #[inline]
    pub fn record(&mut self, duration_us: u64) {
        let cell = cell_of(duration_us);
        self.hold(cell);
        if let Some(count) = self.cells.get_mut(cell) {
            *count += 1;
        }
        if let Some(touched) = self.touched.get_mut(cell / GROUP) {
            *touched = true;
        }
        self.min_us = self.min_us.min(duration_us);
        self.max_us = self.max_us.max(duration_us);
    }

    /// Adds another histogram.
    pub fn merge(&mut self, other: &Self) {
        if let Some(last) = other.cells.len().checked_sub(1) {
            self.hold(last);
        }
        for (sum, count) in self.cells.iter_mut().zip(&other.cells) {
            *sum += count;
        }
        for (touched, other) in self.touched.iter_mut().zip(&other.touched) {
            *touched |= other;
        }
        self.min_us = self.min_us.min(other.min_us);
        self.max_us = self.max_us.max(other.max_us);
    }

    /// Adds a compact histogram.
    pub(crate) fn merge_sparse(&mut self, other: &Sparse) {
        let (min_us, max_us) = other.bounds_us();
        if max_us < min_us {
            return;
        }
        self.hold(cell_of(max_us));
        for (cell, count) in other.cells() {
            let cell = usize::try_from(cell).unwrap_or(usize::MAX);
            if let Some(sum) = self.cells.get_mut(cell) {
                *sum += count;
            }
            if let Some(touched) = self.touched.get_mut(cell / GROUP) {
                *touched = true;
            }
        }
        self.min_us = self.min_us.min(min_us);
        self.max_us = self.max_us.max(max_us);
    }

    fn hold(&mut self, cell: usize) {
        if self.cells.len() <= cell {
            self.cells.resize((cell + 1).next_multiple_of(1024), 0);
            self.touched.resize(self.cells.len() / GROUP, false);
        }
    }

    /// The duration in microseconds that so many percent of all durations do not exceed, by the nearest-rank
    /// rule; off by at most 0.1 %, never outside the shortest and the longest one. `None` without durations.
    #[must_use]
    pub fn percentile(&self, percent: u32) -> Option<u64> {
        percentile((0..).zip(self.cells.iter().copied()), percent, self.min_us, self.max_us)
    }

    /// Takes everything out in the compact form; the histogram is empty and ready to be filled again.
    pub(crate) fn drain(&mut self) -> Sparse {
        let mut cells = Packer::default();
        let groups = (0..).step_by(GROUP).zip(self.cells.chunks_mut(GROUP)).zip(&mut self.touched);
        for ((first, group), touched) in groups {
            if !std::mem::take(touched) {
                continue;
            }
            for (number, count) in (first..).zip(group) {
                if *count > 0 {
                    cells.push(number, std::mem::take(count));
                }
            }
        }
        let sparse = Sparse::new(cells, self.min_us, self.max_us);
        (self.min_us, self.max_us) = (u64::MAX, 0);
        sparse
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exact_percentile(sorted: &[u64], percent: u32) -> u64 {
        sorted[(sorted.len() * percent as usize).div_ceil(100).max(1) - 1]
    }

    proptest! {
        #[test]
        fn percentiles_are_within_their_bound(
            mut values in prop::collection::vec(0_u64..10_000_000, 1..300),
            percent in 0_u32..=100,
        ) {
            let (mut histogram, mut sparse) = (Histogram::default(), Sparse::default());
            values.iter().for_each(|value| histogram.record(*value));
            values.iter().for_each(|value| sparse.record(*value));
            let shown = histogram.percentile(percent).unwrap();
            prop_assert_eq!(sparse.percentile(percent), Some(shown));
            prop_assert_eq!(histogram.drain(), sparse);
            prop_assert_eq!(histogram.percentile(percent), None);
            values.sort_unstable();
            let exact = exact_percentile(&values, percent);
            prop_assert!(shown.abs_diff(exact) * 1000 <= exact);
            prop_assert!((values[0]..=values[values.len() - 1]).contains(&shown));
        }

        #[test]
        fn compact_histograms_merge_like_their_durations(
            a in prop::collection::vec(0_u64..5000, 0..60),
            b in prop::collection::vec(0_u64..5000, 0..60),
        ) {
            let of = |values: &[u64]| {
                let mut sparse = Sparse::default();
                values.iter().for_each(|value| sparse.record(*value));
                sparse
            };
            let mut merged = of(&a);
            merged.merge(&of(&b));
            prop_assert_eq!(merged, of(&[a, b].concat()));
        }
    }

    #[test]
    fn has_no_percentile_of_nothing() {
        assert_eq!(Histogram::default().percentile(50), None);
    }
}
