//! Numbers and dates as people read them.

use domain::Timestamp;

/// The units of large numbers, largest first.
const UNITS: [(f64, &str); 5] = [(1e18, "E"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
/// Larger numbers are given by their powers of ten.
const LONGEST: f64 = 1e22;

/// A count with thousands separators: `1,234,567`.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number for a narrow place: up to 9,999 as it is, then `12.5 k`, `3.4 M`.
pub(crate) fn short_count(value: f64) -> String {
    if value > LONGEST {
        return format!("{value:.1e}");
    }
    if value < 9_999.5 {
        return thousands(decimals(value));
    }
    for (unit, name) in UNITS {
        if value >= unit * 0.9995 {
            return format!("{} {name}", decimals(value / unit));
        }
    }
    decimals(value)
}

/// A time with its unit: `12.35 ms`, `12.3 s`.
pub(crate) fn millis(value: f64) -> String {
    if value >= 1e7 {
        format!("{} s", short_count(value / 1_000.0))
    } else if value >= 10_000.0 {
        format!("{} s", thousands(format!("{:.1}", value / 1_000.0)))
    } else if value >= 1_000.0 {
        format!("{} ms", thousands(format!("{value:.2}")))
    } else {
        format!("{value:.2} ms")
    }
}

/// The values of an axis with steps of this size, all in the same unit and with as many decimals as the step needs.
pub(crate) fn ticks(step: f64, steps: u32) -> impl Iterator<Item = String> {
    let largest = step * f64::from(steps);
    let (unit, name) = match UNITS.into_iter().find(|(unit, _)| largest >= *unit) {
        Some(unit) if largest >= 9_999.5 => unit,
        _ => (1.0, ""),
    };
    // Round steps have at most two digits that count.
    let is_whole = |value: f64| (value - value.round()).abs() < 1e-6;
    let places = [(0, 1.0), (1, 10.0), (2, 100.0)].into_iter().find(|(_, ten)| is_whole(step / unit * ten));
    let places = places.map_or(3, |(places, _)| places);
    (0..=steps).map(move |tick| {
        let value = f64::from(tick) * step;
        if tick == 0 {
            "0".to_owned()
        } else if largest > LONGEST {
            format!("{value:.1e}")
        } else if name.is_empty() {
            thousands(format!("{value:.places$}"))
        } else {
            format!("{:.places$} {name}", value / unit)
        }
    })
}

/// A percentage that is already one: `1.25%`.
pub(crate) fn percent(value: f64) -> String {
    format!("{value:.2}%")
}

/// A share of a whole: `12.3%`, and `<0.1%` for what is small yet there.
pub(crate) fn share(part: f64, whole: f64) -> String {
    let value = if whole > 0.0 { part / whole * 100.0 } else { 0.0 };
    if value > 0.0 && value < 0.1 {
        return "<0.1%".to_owned();
    }
    if value > 99.9 && value < 100.0 {
        return ">99.9%".to_owned();
    }
    format!("{value:.1}%")
}

/// An instant to the minute, in UTC: `20 Aug 2025, 12:00 UTC`.
pub(crate) fn instant(value: Timestamp) -> String {
    value.to_utc().format("%-d %b %Y, %H:%M UTC").to_string()
}

/// A number below a million with a separator where it has thousands.
fn thousands(mut text: String) -> String {
    let digits = text.find('.').unwrap_or(text.len());
    if digits > 3 {
        text.insert(digits - 3, ',');
    }
    text
}

/// A number with at most two decimals and no trailing zeros.
fn decimals(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_thousands_separators() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn short_counts_stay_short() {
        assert_eq!(short_count(0.5), "0.5");
        assert_eq!(short_count(9_999.0), "9,999");
        assert_eq!(short_count(12_500.0), "12.5 k");
        assert_eq!(short_count(999_900.0), "1 M");
    }

    #[test]
    fn ticks_are_alike() {
        let texts = |step| ticks(step, 4).collect::<Vec<_>>();
        assert_eq!(texts(25.0), ["0", "25", "50", "75", "100"]);
        assert_eq!(texts(0.5), ["0", "0.5", "1.0", "1.5", "2.0"]);
        assert_eq!(texts(0.015), ["0", "0.015", "0.030", "0.045", "0.060"]);
        assert_eq!(texts(2_000.0), ["0", "2,000", "4,000", "6,000", "8,000"]);
        assert_eq!(texts(3_000.0), ["0", "3 k", "6 k", "9 k", "12 k"]);
        assert_eq!(texts(250e9), ["0", "0.25 T", "0.50 T", "0.75 T", "1.00 T"]);
        assert_eq!(texts(1e30), ["0", "1.0e30", "2.0e30", "3.0e30", "4.0e30"]);
    }

    #[test]
    fn times_carry_their_unit() {
        assert_eq!(millis(0.0), "0.00 ms");
        assert_eq!(millis(123.456), "123.46 ms");
        assert_eq!(millis(4_213.07), "4,213.07 ms");
        assert_eq!(millis(9_999.999), "10,000.00 ms");
        assert_eq!(millis(12_345.0), "12.3 s");
        assert_eq!(millis(2_758_500.0), "2,758.5 s");
    }

    #[test]
    fn small_shares_are_not_zero() {
        assert_eq!(share(1.0, 100_000.0), "<0.1%");
        assert_eq!(share(99_999.0, 100_000.0), ">99.9%");
        assert_eq!(share(0.0, 0.0), "0.0%");
        assert_eq!(share(1.0, 3.0), "33.3%");
    }

    #[test]
    fn instants_are_to_the_minute() {
        let time = Timestamp::from_micros(1_755_691_200_000_000).unwrap();
        assert_eq!(instant(time), "20 Aug 2025, 12:00 UTC");
    }
}
