//! All calendar logic: which bucket an instant falls into, where it ends and what it is called.

use std::str::FromStr;

use chrono::{Datelike, NaiveDate, Timelike};

use crate::Timestamp;

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
/// The Unix epoch is a Thursday; ISO weeks begin on Mondays.
const EPOCH_TO_MONDAY: i64 = 3 * DAY;

/// The step of a time series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Period {
    /// Minutes.
    Minutely,
    /// Hours.
    Hourly,
    /// Days.
    #[default]
    Daily,
    /// ISO 8601 weeks, from Monday on.
    Weekly,
    /// Months.
    Monthly,
}

/// One interval of a time series, in microseconds since the Unix epoch. A bucket may reach beyond the years
/// that a [`Timestamp`] can name, so its ends are plain numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bucket {
    /// Its first microsecond.
    pub start_us: i64,
    /// The first microsecond after it: the start of the next bucket.
    pub end_us: i64,
}

impl Period {
    /// Every period, finest first.
    pub const ALL: [Self; 5] = [Self::Minutely, Self::Hourly, Self::Daily, Self::Weekly, Self::Monthly];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minutely => "minutely",
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }

    /// The bucket that holds the instant.
    #[must_use]
    pub fn bucket(self, instant: Timestamp) -> Bucket {
        let us = instant.as_micros();
        match self {
            Self::Minutely => fixed(us, MINUTE, 0),
            Self::Hourly => fixed(us, HOUR, 0),
            Self::Daily => fixed(us, DAY, 0),
            Self::Weekly => fixed(us, WEEK, EPOCH_TO_MONDAY),
            Self::Monthly => month(instant),
        }
    }

    /// The name of the bucket that holds the instant: `YYYY-MM-DD HH:MM`, `YYYY-MM-DD HH`, `YYYY-MM-DD`,
    /// `YYYY-Www` (ISO 8601 week and its year) or `YYYY-MM`.
    #[must_use]
    pub fn label(self, instant: Timestamp) -> String {
        let time = instant.to_utc();
        let (year, month, day) = (time.year(), time.month(), time.day());
        match self {
            Self::Minutely => {
                format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", time.hour(), time.minute())
            }
            Self::Hourly => format!("{year:04}-{month:02}-{day:02} {:02}", time.hour()),
            Self::Daily => format!("{year:04}-{month:02}-{day:02}"),
            Self::Weekly => {
                let week = time.iso_week();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Self::Monthly => format!("{year:04}-{month:02}"),
        }
    }
}

impl FromStr for Period {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|period| period.as_str() == text).ok_or(())
    }
}

fn fixed(us: i64, length: i64, phase: i64) -> Bucket {
    let start_us = (us + phase).div_euclid(length) * length - phase;
    Bucket { start_us, end_us: start_us + length }
}

fn month(instant: Timestamp) -> Bucket {
    let date = instant.to_utc().date_naive();
    let next = if date.month() == 12 { (date.year() + 1, 1) } else { (date.year(), date.month() + 1) };
    Bucket { start_us: first_of(date.year(), date.month()), end_us: first_of(next.0, next.1) }
}

/// The first microsecond of a month. Years 1–10000 are within chrono's range.
fn first_of(year: i32, month: u32) -> i64 {
    let date = NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default();
    date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Moment;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        Moment::parse(text).unwrap().first()
    }

    #[test]
    fn labels_follow_the_contract() {
        let instant = at("2025-08-05T07:09:30Z");
        let labels = Period::ALL.map(|period| period.label(instant));
        assert_eq!(labels, ["2025-08-05 07:09", "2025-08-05 07", "2025-08-05", "2025-W32", "2025-08"]);
    }

    #[test]
    fn iso_weeks_belong_to_the_year_of_their_thursday() {
        let cases = [
            ("2024-12-30", "2025-W01"),
            ("2024-12-29", "2024-W52"),
            ("2021-01-01", "2020-W53"),
            ("0001-01-01", "0001-W01"),
            ("9999-12-31", "9999-W52"),
        ];
        for (date, label) in cases {
            assert_eq!(Period::Weekly.label(at(date)), label);
        }
    }

    #[test]
    fn december_ends_with_the_year() {
        let bucket = Period::Monthly.bucket(at("9999-12-31T23:59:59"));
        assert_eq!(bucket.start_us, at("9999-12-01").as_micros());
        assert_eq!(bucket.end_us, Timestamp::MAX.as_micros() + 1);
    }

    proptest! {
        /// Buckets hold their instant, do not overlap and agree with the labels.
        #[test]
        fn buckets_tile_time(us in Timestamp::MIN.as_micros()..=Timestamp::MAX.as_micros()) {
            let instant = Timestamp::from_micros(us).unwrap();
            for period in Period::ALL {
                let bucket = period.bucket(instant);
                prop_assert!(bucket.start_us <= us && us < bucket.end_us);
                for edge in [bucket.start_us, bucket.end_us - 1] {
                    if let Some(edge) = Timestamp::from_micros(edge) {
                        prop_assert_eq!(period.bucket(edge), bucket);
                        prop_assert_eq!(period.label(edge), period.label(instant));
                    }
                }
                if let Some(next) = Timestamp::from_micros(bucket.end_us) {
                    prop_assert_eq!(period.bucket(next).start_us, bucket.end_us);
                    prop_assert_ne!(period.label(next), period.label(instant));
                }
            }
        }
    }
}
