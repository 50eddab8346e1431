//! Times of many requests, and their percentiles. Not for figures that are few: see `table`.

use std::time::Duration;

/// Times while they are recorded, to the microsecond.
#[derive(Debug, Default)]
pub(crate) struct Times {
    us: Vec<u32>,
}

impl Times {
    /// Room for so many, so that recording them allocates nothing.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self { us: Vec::with_capacity(count) }
    }

    /// Adds one.
    pub(crate) fn record(&mut self, time: Duration) {
        self.us.push(u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
    }

    /// All of them.
    pub(crate) fn sorted(mut self) -> SortedTimes {
        self.us.sort_unstable();
        SortedTimes { us: self.us }
    }
}

/// Times, the least one first.
#[derive(Debug)]
pub(crate) struct SortedTimes {
    us: Vec<u32>,
}

impl SortedTimes {
    /// How many there are.
    #[cfg(test)]
    pub(crate) const fn count(&self) -> usize {
        self.us.len()
    }

    /// The time that so many in a thousand did not exceed, in milliseconds; 0 if there is none.
    pub(crate) fn percentile_millis(&self, per_mille: usize) -> f64 {
        let rank = (self.us.len() * per_mille).div_ceil(1000).saturating_sub(1);
        f64::from(self.us.get(rank).copied().unwrap_or_default()) / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(millis: impl Iterator<Item = u64>) -> SortedTimes {
        let mut times = Times::default();
        millis.for_each(|millis| times.record(Duration::from_millis(millis)));
        times.sorted()
    }

    #[test]
    fn percentiles_are_times_that_occurred_whatever_their_order() {
        let times = times((1..=1000).rev());
        assert_eq!(times.percentile_millis(500), 500.0);
        assert_eq!(times.percentile_millis(990), 990.0);
        assert_eq!(times.percentile_millis(999), 999.0);
        assert_eq!(times.percentile_millis(1000), 1000.0);
    }

    #[test]
    fn of_few_times_the_high_percentiles_are_the_longest() {
        let times = times([3, 1, 2].into_iter());
        assert_eq!(times.percentile_millis(500), 2.0);
        assert_eq!(times.percentile_millis(999), 3.0);
        assert_eq!(times.percentile_millis(0), 1.0);
    }

    #[test]
    fn without_times_there_is_no_percentile() {
        assert_eq!(Times::default().sorted().percentile_millis(990), 0.0);
    }
}
