//! Requests, errors and response times of one group of events.

/// Counts and integer sums of some events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Number of requests.
    pub requests: u64,
    /// Number of requests answered with a status of 400–599.
    pub errors: u64,
    /// Sum of the response times in microseconds.
    pub total_us: u128,
    /// Shortest response time in microseconds; `u64::MAX` without requests.
    pub min_us: u64,
    /// Longest response time in microseconds; 0 without requests.
    pub max_us: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { requests: 0, errors: 0, total_us: 0, min_us: u64::MAX, max_us: 0 }
    }
}

impl Tally {
    /// Adds one request.
    #[inline]
    pub fn record(&mut self, duration_us: u64, is_error: bool) {
        self.requests += 1;
        self.errors += u64::from(is_error);
        self.total_us += u128::from(duration_us);
        self.min_us = self.min_us.min(duration_us);
        self.max_us = self.max_us.max(duration_us);
    }

    /// Adds another group.
    pub fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.total_us += other.total_us;
        self.min_us = self.min_us.min(other.min_us);
        self.max_us = self.max_us.max(other.max_us);
    }
}
