//! Instants and ranges of instants, and the texts that name them.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, Utc};
use serde::{Serialize, Serializer};

use crate::{Rule, ValidationError};

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
        Self(instant.timestamp_micros().clamp(Self::MIN.0, Self::MAX.0))
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

/// What a time parameter names: a whole day or one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A date alone.
    Date(NaiveDate),
    /// A date with a time of day.
    Instant(Timestamp),
}

impl Moment {
    /// Reads ISO 8601 / RFC 3339: a date, or a date and time with `Z`, an offset or none (then UTC). Digits
    /// of the second beyond the microsecond are cut.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse(text.as_bytes())
    }

    /// [`parse`](Self::parse) with the error of the named field.
    ///
    /// # Errors
    /// The text does not have one of the forms, or names no instant of the years 1–9999.
    pub fn from_field(field: &'static str, text: &str) -> Result<Self, ValidationError> {
        Self::parse(text).ok_or_else(|| {
            let detail = "must be an ISO 8601 date or date and time in the years 1 to 9999";
            ValidationError::new(field, Rule::Format, detail)
        })
    }

    /// The instant itself, or the first one of the day.
    #[must_use]
    pub fn first(self) -> Timestamp {
        match self {
            Self::Instant(instant) => instant,
            Self::Date(date) => Timestamp::from(date.and_time(NaiveTime::MIN).and_utc()),
        }
    }

    /// The instant itself, or the last microsecond of the day.
    #[must_use]
    pub fn last(self) -> Timestamp {
        match self {
            Self::Instant(instant) => instant,
            Self::Date(_) => Timestamp(self.first().0 + MICROS_PER_DAY - 1),
        }
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

/// A cursor over ASCII text; every step is `None` where the text does not fit.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn digits(&mut self, count: usize) -> Option<u32> {
        let (head, rest) = self.0.split_at_checked(count)?;
        let mut value = 0;
        for &byte in head {
            value = value * 10 + char::from(byte).to_digit(10)?;
        }
        self.0 = rest;
        Some(value)
    }

    fn accept(&mut self, choices: &[u8]) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        choices.contains(&first).then(|| {
            self.0 = rest;
            first
        })
    }

    /// Up to nine digits as microseconds.
    fn fraction(&mut self) -> Option<u32> {
        let mut micros = 0;
        let mut scale = 100_000;
        let mut count = 0;
        while let Some(digit) = self.digits(1) {
            micros += digit * scale;
            scale /= 10;
            count += 1;
        }
        (1..=9).contains(&count).then_some(micros)
    }

    /// `Z`, `+hh`, `+hhmm` or `+hh:mm`, in seconds; nothing means UTC.
    fn offset(&mut self) -> Option<i64> {
        if self.0.is_empty() || self.accept(b"Zz").is_some() {
            return Some(0);
        }
        let sign = if self.accept(b"+-")? == b'-' { -1 } else { 1 };
        let hours = self.digits(2)?;
        let colon = self.accept(b":").is_some();
        let minutes = if self.0.is_empty() && !colon { 0 } else { self.digits(2)? };
        (hours < 24 && minutes < 60).then_some(sign * i64::from(hours * 3600 + minutes * 60))
    }
}

fn parse(text: &[u8]) -> Option<Moment> {
    let mut cursor = Cursor(text);
    let year = i32::try_from(cursor.digits(4)?).ok()?;
    cursor.accept(b"-")?;
    let month = cursor.digits(2)?;
    cursor.accept(b"-")?;
    let date = NaiveDate::from_ymd_opt(year, month, cursor.digits(2)?)?;
    if year == 0 {
        return None;
    }
    if cursor.0.is_empty() {
        return Some(Moment::Date(date));
    }
    cursor.accept(b"Tt ")?;
    let hour = cursor.digits(2)?;
    cursor.accept(b":")?;
    let minute = cursor.digits(2)?;
    let (mut second, mut micros) = (0, 0);
    if cursor.accept(b":").is_some() {
        second = cursor.digits(2)?;
        if cursor.accept(b".,").is_some() {
            micros = cursor.fraction()?;
        }
    }
    let local = NaiveDateTime::new(date, NaiveTime::from_hms_micro_opt(hour, minute, second, micros)?);
    let offset = cursor.offset()?;
    if !cursor.0.is_empty() {
        return None;
    }
    let utc = local.checked_sub_signed(TimeDelta::seconds(offset))?.and_utc();
    Timestamp::from_micros(utc.timestamp_micros()).map(Moment::Instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        Moment::parse(text).map(|moment| moment.first().to_string())
    }

    #[test]
    fn reads_every_form_of_an_instant() {
        let cases = [
            ("2025-08-20", "2025-08-20T00:00:00Z"),
            ("2025-08-20T12:34:56Z", "2025-08-20T12:34:56Z"),
            ("2025-08-20 12:34:56", "2025-08-20T12:34:56Z"),
            ("2025-08-20T12:34", "2025-08-20T12:34:00Z"),
            ("2025-08-20T12:34:56.7Z", "2025-08-20T12:34:56.700Z"),
            ("2025-08-20T12:34:56.123456789z", "2025-08-20T12:34:56.123456Z"),
            ("2025-08-20T12:34:56+02:00", "2025-08-20T10:34:56Z"),
            ("2025-08-20T12:34:56-0530", "2025-08-20T18:04:56Z"),
            ("2025-08-20T12:34:56+02", "2025-08-20T10:34:56Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_instant() {
        for text in [
            "",
            "2025",
            "2025-02-30",
            "2025-13-01",
            "0000-01-01",
            "2025-08-20T",
            "2025-08-20T25:00:00",
            "2025-08-20T12:34:56.",
            "2025-08-20T12:34:56+24:00",
            "2025-08-20T12:34:56+02:",
            "1755692096",
            "2025-08-20T12:34:56Zx",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "２０２５-08-20",
            "2025-08-20T12:34:56.1234567890Z",
            "+2025-08-20",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_spans_its_whole_day() {
        let day = Moment::parse("2025-08-20").unwrap();
        assert_eq!(day.last().to_string(), "2025-08-20T23:59:59.999999Z");
        assert_eq!(Moment::parse("9999-12-31").unwrap().last(), Timestamp::MAX);
        assert_eq!(Moment::parse("0001-01-01").unwrap().first(), Timestamp::MIN);
    }

    #[test]
    fn days_are_not_subtracted_beyond_the_first() {
        assert_eq!(Timestamp::MIN.minus_days(30), Timestamp::MIN);
    }
}
