//! Time zones: from instants to wall clocks and back, also where clocks jump. Which interval of a time series
//! an instant falls into is the business of `period`.

use chrono::{
    DateTime, Datelike, FixedOffset, MappedLocalTime, NaiveDateTime, Offset, SecondsFormat, TimeZone,
    Timelike,
};
use chrono_tz::{GapInfo, Tz, TzOffset};

use serde::{Serialize, Serializer};

use crate::{Rule, Timestamp, ValidationError};

const SECOND: i64 = 1_000_000;
/// Longer than every name in the database.
const MAX_NAME_BYTES: usize = 64;

/// UTC, or a zone of the IANA database with all changes of its offset, past and announced. The database that is built
/// in lists the changes of recurring rules up to the year 2099; afterwards the last offset stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Zone(Option<Tz>);

impl Zone {
    /// Coordinated Universal Time; its arithmetic asks no database.
    pub const UTC: Self = Self(None);

    /// The zone of an IANA name such as `Europe/Berlin`, in exact case.
    ///
    /// # Errors
    /// There is no such zone; the faulty field is `timezone`.
    pub fn parse(name: &str) -> Result<Self, ValidationError> {
        if name == Self::UTC.name() {
            return Ok(Self::UTC);
        }
        let known = if name.len() <= MAX_NAME_BYTES { name.parse().ok() } else { None };
        known.map(|zone| Self(Some(zone))).ok_or_else(|| {
            let detail = "must be the name of an IANA time zone, such as UTC or Europe/Berlin, in exact case";
            ValidationError::new("timezone", Rule::Format, detail)
        })
    }

    /// The IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.map_or("UTC", Tz::name)
    }

    /// Day of the week (ISO: Monday is 1, Sunday is 7) and hour (0–23) that calendar and clock show.
    #[must_use]
    pub fn weekday_hour(self, instant: Timestamp) -> (u8, u8) {
        let time = self.wall_clock(instant.as_micros());
        let weekday = u8::try_from(time.weekday().number_from_monday()).unwrap_or(7);
        (weekday, u8::try_from(time.hour()).unwrap_or(23))
    }

    /// The instant as RFC 3339 with the zone's offset. In UTC where RFC 3339 has no words for it: offsets with
    /// seconds (before standard time) and wall clocks outside the years 1–9999.
    #[must_use]
    pub fn rfc3339(self, instant: Timestamp) -> String {
        let offset = self.offset_us(instant.as_micros()) / SECOND;
        let fixed = i32::try_from(offset).ok().filter(|seconds| seconds % 60 == 0);
        match fixed.and_then(FixedOffset::east_opt).map(|offset| instant.to_utc().with_timezone(&offset)) {
            Some(time) if (1..=9999).contains(&time.year()) => {
                time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
            }
            _ => instant.to_string(),
        }
    }

    /// What calendar and clock show.
    pub(crate) fn wall_clock(self, us: i64) -> NaiveDateTime {
        naive(us + self.offset_us(us))
    }

    /// How far clocks are ahead of UTC.
    pub(crate) fn offset_us(self, us: i64) -> i64 {
        let Some(zone) = self.0 else { return 0 };
        micros(zone.offset_from_utc_datetime(&naive(us)))
    }

    /// The first instant at which the clock has reached the time: its first showing, or the end of the gap that
    /// it falls into.
    pub(crate) fn earliest(self, time: NaiveDateTime) -> i64 {
        self.showings(time).0
    }

    /// The instant from which on the clock stays at or past the time: its last showing, or the end of the gap
    /// that it falls into.
    pub(crate) fn latest(self, time: NaiveDateTime) -> i64 {
        self.showings(time).1
    }

    fn showings(self, time: NaiveDateTime) -> (i64, i64) {
        let us = time.and_utc().timestamp_micros();
        let Some(zone) = self.0 else { return (us, us) };
        match zone.offset_from_local_datetime(&time) {
            MappedLocalTime::Single(offset) => (us - micros(offset), us - micros(offset)),
            MappedLocalTime::Ambiguous(first, second) => (us - micros(first), us - micros(second)),
            MappedLocalTime::None => {
                // Clocks jump at the instant at which the old offset would show the gap's first moment.
                let gap = GapInfo::new(&time, &zone).and_then(|gap| gap.begin);
                let jump = gap.map_or(us, |(begin, old)| begin.and_utc().timestamp_micros() - micros(old));
                (jump, jump)
            }
        }
    }

    /// The earliest instant from `from` on with the offset of `us` ever since; `from` is at most an hour before.
    pub(crate) fn steady_since(self, from: i64, us: i64) -> i64 {
        let offset = self.offset_us(us);
        if self.offset_us(from) == offset {
            return from;
        }
        let (mut before, mut since) = (from, us);
        while since - before > 1 {
            let middle = before + (since - before) / 2;
            if self.offset_us(middle) == offset { since = middle } else { before = middle }
        }
        since
    }

    /// The first instant after `us` that has another offset, at most `to`, which is at most an hour after.
    pub(crate) fn steady_until(self, us: i64, to: i64) -> i64 {
        let offset = self.offset_us(us);
        if self.offset_us(to - 1) == offset {
            return to;
        }
        let (mut still, mut after) = (us, to - 1);
        while after - still > 1 {
            let middle = still + (after - still) / 2;
            if self.offset_us(middle) == offset { still = middle } else { after = middle }
        }
        after
    }
}

fn micros(offset: TzOffset) -> i64 {
    i64::from(offset.fix().local_minus_utc()) * SECOND
}

/// Some hours around the years 1–9999 are in chrono's range, so the default is never taken.
fn naive(us: i64) -> NaiveDateTime {
    DateTime::from_timestamp_micros(us).unwrap_or_default().naive_utc()
}

impl Serialize for Zone {
    /// By its IANA name.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Moment;

    fn zone(name: &str) -> Zone {
        Zone::parse(name).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Moment::parse(text).unwrap().first(Zone::UTC)
    }

    #[test]
    fn knows_zones_by_their_exact_names_only() {
        for name in ["UTC", "Europe/Berlin", "America/Argentina/ComodRivadavia", "Etc/GMT+5", "US/Eastern"] {
            assert_eq!(zone(name).name(), name);
        }
        assert_eq!(zone("UTC"), Zone::UTC);
        for name in
            ["", "utc", "europe/berlin", "Europe/Berlin ", "Berlin", "CEST", "+02:00", "Europe/Berlin\0"]
        {
            assert_eq!(Zone::parse(name).unwrap_err().errors()[0].field, "timezone", "{name:?}");
        }
        assert!(Zone::parse(&"Europe/Berlin".repeat(1000)).is_err());
    }

    #[test]
    fn tells_weekday_and_hour_of_the_wall_clock() {
        let instant = at("2025-08-03T22:30:00Z");
        assert_eq!(Zone::UTC.weekday_hour(instant), (7, 22));
        assert_eq!(zone("Europe/Berlin").weekday_hour(instant), (1, 0));
        assert_eq!(zone("Asia/Kathmandu").weekday_hour(instant), (1, 4));
        // Year 0 and year 10000 by the wall clock.
        assert_eq!(zone("America/New_York").weekday_hour(Timestamp::MIN), (7, 19));
        assert_eq!(zone("Pacific/Kiritimati").weekday_hour(Timestamp::MAX), (6, 13));
    }

    #[test]
    fn writes_instants_with_their_offset() {
        let cases = [
            ("UTC", "2025-08-20T12:00:00Z", "2025-08-20T12:00:00Z"),
            ("Europe/Berlin", "2025-08-20T12:00:00Z", "2025-08-20T14:00:00+02:00"),
            ("Europe/Berlin", "2025-10-26T01:00:00Z", "2025-10-26T02:00:00+01:00"),
            ("Asia/Kathmandu", "2025-08-20T12:00:00.5Z", "2025-08-20T17:45:00.500+05:45"),
            ("Europe/Amsterdam", "1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"),
            ("Etc/GMT+5", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("Etc/GMT-5", "9999-12-31T23:00:00Z", "9999-12-31T23:00:00Z"),
        ];
        for (name, instant, expected) in cases {
            assert_eq!(zone(name).rfc3339(at(instant)), expected, "{name}");
        }
    }
}
