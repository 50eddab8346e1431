//! The texts that name instants: dates, wall-clock times and instants, in ISO 8601.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::{Rule, Timestamp, ValidationError, Zone};

/// What a time parameter names: a whole day, a time of the wall clock, or one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A date alone.
    Date(NaiveDate),
    /// A date with a time of day, but without an offset.
    Local(NaiveDateTime),
    /// A date with a time of day and an offset.
    Instant(Timestamp),
}

impl Moment {
    /// Reads ISO 8601 / RFC 3339: a date, or a date and time with `Z`, an offset or none. Digits of the
    /// second beyond the microsecond are cut.
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

    /// The instant itself, or the first one of the day or time in the zone. A time that clocks leave out stands
    /// for the first instant after it.
    #[must_use]
    pub fn first(self, zone: Zone) -> Timestamp {
        match self {
            Self::Instant(instant) => instant,
            Self::Local(time) => Timestamp::nearest(zone.earliest(time)),
            Self::Date(date) => Timestamp::nearest(zone.earliest(date.and_time(NaiveTime::MIN))),
        }
    }

    /// The instant itself, or the last one of the day or time in the zone: the last microsecond of the day; of a
    /// time that clocks show twice, its second showing.
    #[must_use]
    pub fn last(self, zone: Zone) -> Timestamp {
        match self {
            Self::Instant(instant) => instant,
            Self::Local(time) => Timestamp::nearest(zone.latest(time)),
            Self::Date(date) => {
                // The last day of chrono's calendar lies far beyond the year 9999.
                let next = date.succ_opt().unwrap_or(date);
                Timestamp::nearest(zone.latest(next.and_time(NaiveTime::MIN)) - 1)
            }
        }
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

    /// `Z`, `+hh`, `+hhmm` or `+hh:mm`, in seconds.
    fn offset(&mut self) -> Option<i64> {
        if self.accept(b"Zz").is_some() {
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
    if cursor.0.is_empty() {
        return Some(Moment::Local(local));
    }
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
        Moment::parse(text).map(|moment| moment.first(Zone::UTC).to_string())
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
        assert_eq!(day.last(Zone::UTC).to_string(), "2025-08-20T23:59:59.999999Z");
        assert_eq!(Moment::parse("9999-12-31").unwrap().last(Zone::UTC), Timestamp::MAX);
        assert_eq!(Moment::parse("0001-01-01").unwrap().first(Zone::UTC), Timestamp::MIN);
    }

    #[test]
    fn a_time_without_offset_is_that_of_the_zone() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let cases = [
            ("2025-08-20", "2025-08-19T22:00:00Z", "2025-08-20T21:59:59.999999Z"),
            ("2025-08-20T12:00", "2025-08-20T10:00:00Z", "2025-08-20T10:00:00Z"),
            ("2025-08-20T12:00Z", "2025-08-20T12:00:00Z", "2025-08-20T12:00:00Z"),
            // 23 and 25 hours.
            ("2025-03-30", "2025-03-29T23:00:00Z", "2025-03-30T21:59:59.999999Z"),
            ("2025-10-26", "2025-10-25T22:00:00Z", "2025-10-26T22:59:59.999999Z"),
            // Left out, and shown twice.
            ("2025-03-30T02:30", "2025-03-30T01:00:00Z", "2025-03-30T01:00:00Z"),
            ("2025-10-26T02:30", "2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z"),
            ("9999-12-31", "9999-12-30T23:00:00Z", "9999-12-31T22:59:59.999999Z"),
            ("0001-01-01", "0001-01-01T00:00:00Z", "0001-01-01T23:06:31.999999Z"),
        ];
        for (text, first, last) in cases {
            let moment = Moment::parse(text).unwrap();
            assert_eq!(moment.first(berlin).to_string(), first, "{text}");
            assert_eq!(moment.last(berlin).to_string(), last, "{text}");
        }
    }

    #[test]
    fn a_day_without_midnight_begins_after_the_gap_and_a_repeated_one_ends_with_its_last_showing() {
        let cases = [
            ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T01:59:59.999999Z"),
            ("Asia/Beirut", "2022-03-27", "2022-03-26T22:00:00Z", "2022-03-27T20:59:59.999999Z"),
            // At 00:01 back to 23:01: the minute after midnight is shown twice.
            ("America/St_Johns", "2006-10-28", "2006-10-28T02:30:00Z", "2006-10-29T03:29:59.999999Z"),
            ("America/St_Johns", "2006-10-29", "2006-10-29T02:30:00Z", "2006-10-30T03:29:59.999999Z"),
        ];
        for (name, text, first, last) in cases {
            let (zone, moment) = (Zone::parse(name).unwrap(), Moment::parse(text).unwrap());
            assert_eq!(moment.first(zone).to_string(), first, "{name} {text}");
            assert_eq!(moment.last(zone).to_string(), last, "{name} {text}");
        }
    }
}
