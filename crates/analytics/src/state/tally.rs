//! Requests, errors and response times of one group of events.

/// Counts and integer sums of some events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Number of requests.
    pub requests: u64,
    /// Number of requests answered with a status of 400–499.
    pub client_errors: u64,
    /// Number of requests answered with a status of 500–599.
    pub server_errors: u64,
    /// Sum of the response times in microseconds.
    pub total_us: u128,
}

impl Tally {
    /// Adds one request.
    pub fn record(&mut self, duration_us: u64, status: u16) {
        self.requests += 1;
        self.client_errors += u64::from((400..500).contains(&status));
        self.server_errors += u64::from(status >= 500);
        self.total_us += u128::from(duration_us);
    }

    /// Adds another group.
    pub fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.client_errors += other.client_errors;
        self.server_errors += other.server_errors;
        self.total_us += other.total_us;
    }

    /// Number of requests answered with a status of 400–599.
    #[must_use]
    pub const fn errors(&self) -> u64 {
        self.client_errors + self.server_errors
    }
}
