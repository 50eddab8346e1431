//! Instants and ranges of instants. The texts that name them are the business of `moment`.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// An instant in the years 1–9999, in microseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// `0001-01-01T00:00:00Z`
    pub const MIN: Self = Self(-62_135_596_800_000_000);
    /// The last microsecond of the year 9999.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// The instant, if it lies in the years 1–9999.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&micros).then_some(Self(micros))
    }

    /// The instant; those outside the years 1–9999 become the nearest one inside.
    pub(crate) fn nearest(micros: i64) -> Self {
        Self(micros.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The instant that many days earlier, not before [`MIN`](Self::MIN).
    #[must_use]
    pub fn minus_days(self, days: u32) -> Self {
        Self((self.0 - i64::from(days) * MICROS_PER_DAY).max(Self::MIN.0))
    }

    /// The instant that many minutes later, not after [`MAX`](Self::MAX).
    #[must_use]
    pub fn plus_minutes(self, minutes: u32) -> Self {
        Self::nearest(self.0 + i64::from(minutes) * 60_000_000)
    }

    /// Date and time of day, UTC.
    #[must_use]
    pub fn to_utc(self) -> DateTime<Utc> {
        // Every value of the type is in chrono's range, so the default is never taken.
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

impl From<DateTime<Utc>> for Timestamp {
    /// Instants outside the years 1–9999 become the nearest one inside.
    fn from(instant: DateTime<Utc>) -> Self {
        Self::nearest(instant.timestamp_micros())
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with as many digits of the second as there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A range of instants, both ends included; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    start: Timestamp,
    end: Timestamp,
}

impl TimeRange {
    /// Every instant there is.
    pub const ALL: Self = Self { start: Timestamp::MIN, end: Timestamp::MAX };

    /// The range, if it does not end before it starts.
    #[must_use]
    pub fn new(start: Timestamp, end: Timestamp) -> Option<Self> {
        (start <= end).then_some(Self { start, end })
    }

    /// The first instant.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        self.start
    }

    /// The last instant.
    #[must_use]
    pub const fn end(self) -> Timestamp {
        self.end
    }

    /// Whether the instant lies in the range.
    #[must_use]
    pub fn contains(self, instant: Timestamp) -> bool {
        (self.start..=self.end).contains(&instant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_not_subtracted_beyond_the_first() {
        assert_eq!(Timestamp::MIN.minus_days(30), Timestamp::MIN);
    }
}
