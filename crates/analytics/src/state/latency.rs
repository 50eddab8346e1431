//! A histogram of response times whose quantiles are off by at most 0.1 %.

/// Below this, every microsecond has a cell of its own.
const EXACT: u64 = 2048;
/// From there on each power of two is split into so many cells.
const CELLS_PER_OCTAVE: u64 = EXACT / 2;

/// Counts of microseconds in cells of a relative width below 1/1024 (log-linear, after Gil Tene's
/// `HdrHistogram`). Memory: 8 bytes a cell up to the slowest request; 130 KiB for one minute, 330 KiB at most.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histogram {
    /// Ends with a cell that is not 0.
    cells: Vec<u64>,
}

impl Histogram {
    /// Adds one duration in microseconds.
    #[inline]
    pub fn record(&mut self, duration_us: u64) {
        let cell = cell_of(duration_us);
        if self.cells.len() <= cell {
            self.cells.resize(cell + 1, 0);
        }
        if let Some(count) = self.cells.get_mut(cell) {
            *count += 1;
        }
    }

    /// Adds another histogram.
    pub fn merge(&mut self, other: &Self) {
        if self.cells.len() < other.cells.len() {
            self.cells.resize(other.cells.len(), 0);
        }
        for (sum, count) in self.cells.iter_mut().zip(&other.cells) {
            *sum += count;
        }
    }

    /// The duration in microseconds that a share `q` (0–1) of all durations does not exceed, by the
    /// nearest-rank rule; off by at most 0.1 %. `None` without durations.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let count: u64 = self.cells.iter().sum();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank; clamped to the number of durations"
        )]
        let rank = ((q * count as f64).ceil() as u64).clamp(1, count.max(1));
        let mut seen = 0;
        self.cells.iter().enumerate().find_map(|(cell, &count)| {
            seen += count;
            (seen >= rank).then(|| middle_of(cell))
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "at most 2048 + 53 · 1024 cells")]
fn cell_of(value: u64) -> usize {
    if value < EXACT {
        return value as usize;
    }
    let octave = u64::from(value.ilog2() - EXACT.ilog2());
    (EXACT + octave * CELLS_PER_OCTAVE + (value >> (octave + 1)) - CELLS_PER_OCTAVE) as usize
}

fn middle_of(cell: usize) -> u64 {
    let cell = cell as u64;
    if cell < EXACT {
        return cell;
    }
    let octave = (cell - EXACT) / CELLS_PER_OCTAVE;
    let first = ((cell - EXACT) % CELLS_PER_OCTAVE + CELLS_PER_OCTAVE) << (octave + 1);
    first + (1 << octave)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small rank")]
    fn exact_quantile(sorted: &[u64], q: f64) -> u64 {
        sorted[((q * sorted.len() as f64).ceil() as usize).max(1) - 1]
    }

    proptest! {
        #[test]
        fn cells_are_narrow_and_in_order(value in 0_u64..=domain::limits::PROCESS_TIME_US) {
            let middle = middle_of(cell_of(value));
            prop_assert!(middle.abs_diff(value) * 1000 <= value, "{value} is shown as {middle}");
            prop_assert!(cell_of(value) <= cell_of(value + 1));
            prop_assert_eq!(cell_of(middle), cell_of(value));
        }

        #[test]
        fn quantiles_are_within_their_bound(
            mut values in prop::collection::vec(0_u64..10_000_000, 1..300),
            q in 0.0_f64..=1.0,
        ) {
            let mut histogram = Histogram::default();
            values.iter().for_each(|value| histogram.record(*value));
            values.sort_unstable();
            let exact = exact_quantile(&values, q);
            prop_assert!(histogram.quantile(q).unwrap().abs_diff(exact) * 1000 <= exact);
        }
    }

    #[test]
    fn has_no_quantile_of_nothing() {
        assert_eq!(Histogram::default().quantile(0.5), None);
    }
}
