//! When requests of a constant rate are due.

use std::time::Duration;

const NANOSECONDS: u64 = 1_000_000_000;

/// Moments at equal distances, counted from the start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    per_second: u64,
    total: u64,
}

impl Schedule {
    /// So many requests in every second of that time.
    pub(super) fn new(per_second: u32, duration: Duration) -> Self {
        let per_second = u64::from(per_second);
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self { per_second, total: per_second.saturating_mul(millis) / 1000 }
    }

    /// How many requests there are.
    pub(super) const fn total(self) -> u64 {
        self.total
    }

    /// When that one is due, the first being number 0; `None` beyond the last one.
    ///
    /// Each is due in the middle of its share of the time, so that a rate and its double have no moment in
    /// common. Every moment is reckoned from the start: no error adds up.
    pub(super) fn due(self, number: u64) -> Option<Duration> {
        if number >= self.total {
            return None;
        }
        let halves = number.checked_mul(2)?.checked_add(1)?;
        Some(Duration::from_nanos(halves.checked_mul(NANOSECONDS)? / self.per_second.checked_mul(2)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN_SECONDS: Duration = Duration::from_secs(10);

    #[test]
    fn requests_are_due_at_equal_distances_in_the_middle_of_their_shares() {
        let schedule = Schedule::new(5000, TEN_SECONDS);
        assert_eq!(schedule.total(), 50_000);
        assert_eq!(schedule.due(0), Some(Duration::from_micros(100)));
        assert_eq!(schedule.due(1), Some(Duration::from_micros(300)));
        assert_eq!(schedule.due(49_999), Some(TEN_SECONDS - Duration::from_micros(100)));
        assert_eq!(schedule.due(50_000), None);
    }

    #[test]
    fn no_error_adds_up_where_the_distance_is_no_whole_number() {
        let schedule = Schedule::new(3, TEN_SECONDS);
        assert_eq!(schedule.due(0), Some(Duration::from_nanos(166_666_666)));
        assert_eq!(schedule.due(29), Some(Duration::from_nanos(9_833_333_333)));
    }

    #[test]
    fn a_rate_and_its_double_have_no_moment_in_common() {
        let (single, double) = (Schedule::new(5000, TEN_SECONDS), Schedule::new(10_000, TEN_SECONDS));
        let doubles: std::collections::HashSet<_> = (0..100_000).map(|n| double.due(n).unwrap()).collect();
        assert!((0..50_000).all(|n| !doubles.contains(&single.due(n).unwrap())));
    }

    #[test]
    fn a_rate_of_zero_has_no_requests() {
        assert_eq!(Schedule::new(0, TEN_SECONDS).due(0), None);
    }
}
