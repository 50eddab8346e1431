//! How slowly bytes may come or go. Knows no clock and no socket: see `body` and `connections`.

use std::num::NonZero;
use std::time::Duration;

/// How long a transfer may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// At the start nothing needs to move for so long.
    pub(crate) grace: Duration,
    /// After that, so many bytes a second on average.
    pub(crate) bytes_per_second: NonZero<u32>,
    /// However fast it is, it ends after so long.
    pub(crate) total: Duration,
}

impl Pace {
    /// How long after its start a transfer that has moved so many bytes may still be under way.
    pub(crate) fn allowed(&self, moved_bytes: u64) -> Duration {
        let micros = moved_bytes.saturating_mul(1_000_000) / u64::from(self.bytes_per_second.get());
        self.grace.saturating_add(Duration::from_micros(micros)).min(self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_may_take_longer_until_the_total() {
        let pace = Pace {
            grace: Duration::from_secs(5),
            bytes_per_second: NonZero::new(1000).unwrap(),
            total: Duration::from_secs(30),
        };
        assert_eq!(pace.allowed(0), Duration::from_secs(5));
        assert_eq!(pace.allowed(500), Duration::from_millis(5500));
        assert_eq!(pace.allowed(10_000), Duration::from_secs(15));
        assert_eq!(pace.allowed(u64::MAX), Duration::from_secs(30));
    }
}
