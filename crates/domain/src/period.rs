//! All calendar logic: which bucket an instant falls into, where it ends and what it is called.

use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate, NaiveTime, Timelike};
use serde::{Serialize, Serializer};

use crate::{Timestamp, Zone};

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
    ///
    /// Days, weeks and months begin when the zone's calendar first reaches their first day: a day has 23, 24 or
    /// 25 hours, and a minute after midnight that a jump takes back does not begin a day twice. Minutes and
    /// hours are physical intervals of one offset: the two showings of a repeated hour are two buckets of the same
    /// name.
    #[must_use]
    pub fn bucket(self, instant: Timestamp, zone: Zone) -> Bucket {
        let us = instant.as_micros();
        match self {
            Self::Minutely => steady(us, MINUTE, zone),
            Self::Hourly => steady(us, HOUR, zone),
            Self::Daily if zone == Zone::UTC => fixed(us, DAY, 0),
            Self::Weekly if zone == Zone::UTC => fixed(us, WEEK, EPOCH_TO_MONDAY),
            _ => {
                let (first, next) = self.days(us, zone);
                Bucket { start_us: midnight(first, zone), end_us: midnight(next, zone) }
            }
        }
    }

    /// The name of the bucket that holds the instant: `YYYY-MM-DD HH:MM`, `YYYY-MM-DD HH`, `YYYY-MM-DD`,
    /// `YYYY-Www` (ISO 8601 week and its year) or `YYYY-MM`.
    #[must_use]
    pub fn label(self, instant: Timestamp, zone: Zone) -> String {
        let us = instant.as_micros();
        match self {
            Self::Minutely | Self::Hourly => {
                let time = zone.wall_clock(us);
                let (date, hour) = (date_label(time.date()), time.hour());
                if self == Self::Hourly {
                    return format!("{date} {hour:02}");
                }
                format!("{date} {hour:02}:{:02}", time.minute())
            }
            Self::Daily => date_label(self.days(us, zone).0),
            Self::Weekly => {
                let week = self.days(us, zone).0.iso_week();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Self::Monthly => {
                let first = self.days(us, zone).0;
                format!("{:04}-{:02}", first.year(), first.month())
            }
        }
    }

    /// The first day of the bucket that holds the instant, and that of the next one.
    fn days(self, us: i64, zone: Zone) -> (NaiveDate, NaiveDate) {
        let mut first = self.first_day(zone.wall_clock(us).date());
        let mut next = self.next_first_day(first);
        // The clock may have reached the next bucket before, and been set back.
        while zone != Zone::UTC && midnight(next, zone) <= us {
            first = next;
            next = self.next_first_day(first);
        }
        (first, next)
    }

    fn first_day(self, date: NaiveDate) -> NaiveDate {
        let days_before = match self {
            Self::Weekly => date.weekday().num_days_from_monday(),
            Self::Monthly => date.day0(),
            Self::Minutely | Self::Hourly | Self::Daily => 0,
        };
        date.checked_sub_days(Days::new(u64::from(days_before))).unwrap_or(NaiveDate::MIN)
    }

    fn next_first_day(self, first: NaiveDate) -> NaiveDate {
        let next = match self {
            Self::Monthly => first.checked_add_months(Months::new(1)),
            Self::Weekly => first.checked_add_days(Days::new(7)),
            Self::Minutely | Self::Hourly | Self::Daily => first.checked_add_days(Days::new(1)),
        };
        next.unwrap_or(NaiveDate::MAX)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
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

/// The part of a clock's minute or hour that has the offset of the instant.
fn steady(us: i64, length: i64, zone: Zone) -> Bucket {
    if zone == Zone::UTC {
        return fixed(us, length, 0);
    }
    let offset = zone.offset_us(us);
    let shown = fixed(us + offset, length, 0);
    Bucket {
        start_us: zone.steady_since(shown.start_us - offset, us),
        end_us: zone.steady_until(us, shown.end_us - offset),
    }
}

/// The first microsecond of a day.
fn midnight(date: NaiveDate, zone: Zone) -> i64 {
    zone.earliest(date.and_time(NaiveTime::MIN))
}

fn date_label(date: NaiveDate) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests;
