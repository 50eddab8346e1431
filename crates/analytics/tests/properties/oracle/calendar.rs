//! Buckets and labels straight from the offsets of a zone: no local look-up, no fixed lengths.

use std::cell::RefCell;
use std::collections::HashMap;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use domain::{Period, Zone};

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;

/// One bucket: its first microsecond, the first one after it, and its name.
pub(super) type Bucket = (i64, i64, String);

pub(super) fn tz(zone: Zone) -> Tz {
    zone.name().parse().unwrap()
}

fn naive(us: i64) -> NaiveDateTime {
    DateTime::from_timestamp_micros(us).unwrap().naive_utc()
}

pub(super) fn offset_us(us: i64, zone: Tz) -> i64 {
    i64::from(zone.offset_from_utc_datetime(&naive(us)).fix().local_minus_utc()) * 1_000_000
}

/// What calendar and clock show.
pub(super) fn wall_clock(us: i64, zone: Tz) -> NaiveDateTime {
    naive(us + offset_us(us, zone))
}

/// The parts of an interval with one offset each: start, end, offset.
fn parts(from: i64, to: i64, zone: Tz) -> Vec<(i64, i64, i64)> {
    let mut parts = vec![(from, from, offset_us(from, zone))];
    let mut at = from;
    while at < to {
        let next = (at + 15 * MINUTE).min(to);
        let offset = offset_us(next, zone);
        if offset != parts[parts.len() - 1].2 {
            let (mut old, mut new) = (at, next);
            while new - old > 1 {
                let middle = (old + new) / 2;
                if offset_us(middle, zone) == offset { new = middle } else { old = middle }
            }
            parts.last_mut().unwrap().1 = new;
            parts.push((new, new, offset));
        }
        at = next;
    }
    parts.last_mut().unwrap().1 = to;
    parts
}

/// The first instant at which the calendar shows the day or a later one.
fn dawn(date: NaiveDate, zone: Tz) -> i64 {
    thread_local!(static DAWNS: RefCell<HashMap<(Tz, NaiveDate), i64>> = RefCell::default());
    if let Some(known) = DAWNS.with_borrow(|dawns| dawns.get(&(zone, date)).copied()) {
        return known;
    }
    let shown = date.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp_micros();
    let parts = parts(shown - 26 * HOUR, shown + 26 * HOUR, zone);
    let reached = parts.iter().map(|&(start, end, offset)| ((shown - offset).max(start), end));
    let dawn = reached.filter(|(reached, end)| reached < end).map(|(reached, _)| reached).min().unwrap();
    DAWNS.with_borrow_mut(|dawns| dawns.insert((zone, date), dawn));
    dawn
}

/// The bucket that holds the instant.
pub(super) fn bucket(us: i64, period: Period, zone: Zone) -> Bucket {
    let zone = tz(zone);
    match period {
        Period::Minutely => by_clock(us, MINUTE, " %H:%M", zone),
        Period::Hourly => by_clock(us, HOUR, " %H", zone),
        Period::Daily => {
            let date = reached_date(us, zone);
            (dawn(date, zone), dawn(date.succ_opt().unwrap(), zone), shown_date(date))
        }
        Period::Weekly => {
            let date = reached_date(us, zone);
            let monday = date - Days::new(date.weekday().num_days_from_monday().into());
            let (week, next) = (monday.iso_week(), monday + Days::new(7));
            (dawn(monday, zone), dawn(next, zone), format!("{:04}-W{:02}", week.year(), week.week()))
        }
        Period::Monthly => {
            let first = reached_date(us, zone).with_day(1).unwrap();
            let label = format!("{:04}-{:02}", first.year(), first.month());
            (dawn(first, zone), dawn(first + Months::new(1), zone), label)
        }
    }
}

/// The latest day that the calendar has shown: that of the instant, or the next one if clocks were set back over
/// midnight.
fn reached_date(us: i64, zone: Tz) -> NaiveDate {
    let mut date = wall_clock(us, zone).date();
    while dawn(date.succ_opt().unwrap(), zone) <= us {
        date = date.succ_opt().unwrap();
    }
    date
}

fn by_clock(us: i64, length: i64, clock: &str, zone: Tz) -> Bucket {
    let parts = parts(us - HOUR, us + HOUR, zone);
    let (start, end, offset) =
        parts.into_iter().find(|(start, end, _)| (*start..*end).contains(&us)).unwrap();
    let shown = us + offset;
    let from = shown - shown.rem_euclid(length) - offset;
    // Parts are cut an hour before and after the instant, where no bucket of it can reach.
    let bucket = (from.max(start), (from + length).min(end));
    (bucket.0, bucket.1, shown_date(naive(shown).date()) + &naive(shown).format(clock).to_string())
}

/// RFC 3339 with the zone's offset, or in UTC where it has no form for that.
pub(super) fn rfc3339(us: i64, zone: Zone) -> String {
    let seconds = offset_us(us, tz(zone)) / 1_000_000;
    let local = naive(us + seconds * 1_000_000);
    if seconds % 60 != 0 || seconds == 0 || !(1..=9999).contains(&local.year()) {
        return format!("{}Z", written(naive(us)));
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{}{sign}{:02}:{:02}", written(local), minutes / 60, minutes % 60)
}

/// Chrono puts a plus before years beyond 9999.
fn shown_date(date: NaiveDate) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}

fn written(time: NaiveDateTime) -> String {
    format!("{:04}-{}", time.year(), time.format("%m-%dT%H:%M:%S"))
}
