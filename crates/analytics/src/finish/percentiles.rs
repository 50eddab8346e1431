//! The percentiles that are shown, of either kind of histogram.

use domain::Percentiles;

use super::round::millis;

/// The percentiles that a dashboard shows, of either kind of histogram; `None` without durations.
pub(crate) fn percentiles(percentile: impl Fn(u32) -> Option<u64>) -> Option<Percentiles> {
    let at = |percent| percentile(percent).map(millis);
    Some(Percentiles { p50: at(50)?, p75: at(75)?, p90: at(90)?, p95: at(95)?, p99: at(99)? })
}
