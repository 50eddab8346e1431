//! Rounding: integers up to the last step, then two decimals, half away from zero.

use crate::state::Tally;

/// Microseconds as milliseconds.
pub(crate) fn millis(us: u64) -> f64 {
    hundredths(us.into(), 10)
}

/// Microseconds as milliseconds, to the microsecond: for what was given, not computed.
pub(crate) fn exact_millis(us: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "durations are below 2^53 µs")]
    let us = us as f64;
    us / 1000.0
}

/// The mean response time; 0 without requests.
pub(crate) fn average_ms(tally: &Tally) -> f64 {
    hundredths(tally.total_us, 10 * u128::from(tally.requests))
}

/// The percentage of errors; 0 without requests.
pub(crate) fn error_rate(tally: &Tally) -> f64 {
    percentage(tally.errors(), tally.requests)
}

/// A share in percent; 0 of nothing.
pub(crate) fn percentage(part: u64, whole: u64) -> f64 {
    hundredths(10_000 * u128::from(part), whole.into())
}

/// A fraction; 0 of nothing.
pub(crate) fn ratio(numerator: u128, denominator: u128) -> f64 {
    hundredths(100 * numerator, denominator)
}

/// A fraction that may be negative; 0 of nothing.
pub(crate) fn signed_ratio(numerator: i128, denominator: u128) -> f64 {
    let size = ratio(numerator.unsigned_abs(), denominator);
    // Not -0.0.
    if numerator < 0 && size > 0.0 { -size } else { size }
}

/// `numerator / denominator` hundredths; 0 of nothing.
fn hundredths(numerator: u128, denominator: u128) -> f64 {
    if denominator == 0 {
        return 0.0;
    }
    let rounded = (2 * numerator + denominator) / (2 * denominator);
    #[expect(clippy::cast_precision_loss, reason = "exact below 9 · 10^13 ms, which no average reaches")]
    let rounded = rounded as f64;
    rounded / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_away_from_zero() {
        assert_eq!(hundredths(1, 2), 0.01);
        assert_eq!(hundredths(49, 100), 0.0);
        // 1 of 800 is 0.125 %.
        assert_eq!(percentage(1, 800), 0.13);
        // 1.005 ms, which no binary fraction is.
        assert_eq!(millis(1005), 1.01);
        assert_eq!(signed_ratio(-1, 8), -0.13);
        assert!(signed_ratio(-1, 1000).is_sign_positive());
    }
}
