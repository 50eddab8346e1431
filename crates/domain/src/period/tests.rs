//! Buckets and labels, above all where clocks are set.

use super::*;
use crate::Moment;
use proptest::prelude::*;

/// Gaps and repetitions at, just after and far from midnight; half and three quarters of an hour; whole days
/// left out or repeated; offsets with seconds.
const NASTY: [&str; 16] = [
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Amsterdam",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Juneau",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Manila",
    "Africa/Monrovia",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
];

fn at(text: &str) -> Timestamp {
    Moment::parse(text).unwrap().first(Zone::UTC)
}

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

/// Labels of consecutive buckets with their lengths in minutes.
type Walk<'a> = &'a [(&'a str, i64)];

/// Labels and lengths in minutes of the buckets from one instant on.
fn walk(period: Period, zone: Zone, from: &str, count: usize) -> Vec<(String, i64)> {
    let mut list = Vec::new();
    let mut instant = at(from);
    for _ in 0..count {
        let bucket = period.bucket(instant, zone);
        let length = bucket.end_us - bucket.start_us;
        assert_eq!(length % MINUTE, 0);
        list.push((period.label(instant, zone), length / MINUTE));
        instant = Timestamp::from_micros(bucket.end_us).unwrap();
    }
    list
}

fn assert_walk(period: Period, name: &str, from: &str, expected: Walk) {
    let walked = walk(period, zone(name), from, expected.len());
    let walked: Vec<_> = walked.iter().map(|(label, minutes)| (label.as_str(), *minutes)).collect();
    assert_eq!(walked, expected, "{name}");
}

#[test]
fn labels_follow_the_contract() {
    let instant = at("2025-08-05T07:09:30Z");
    let labels = Period::ALL.map(|period| period.label(instant, Zone::UTC));
    assert_eq!(labels, ["2025-08-05 07:09", "2025-08-05 07", "2025-08-05", "2025-W32", "2025-08"]);
    let instant = at("2025-07-31T18:20:00Z");
    let labels = Period::ALL.map(|period| period.label(instant, zone("Asia/Kathmandu")));
    assert_eq!(labels, ["2025-08-01 00:05", "2025-08-01 00", "2025-08-01", "2025-W31", "2025-08"]);
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
        assert_eq!(Period::Weekly.label(at(date), Zone::UTC), label);
    }
}

#[test]
fn december_ends_with_the_year() {
    let bucket = Period::Monthly.bucket(at("9999-12-31T23:59:59"), Zone::UTC);
    assert_eq!(bucket.start_us, at("9999-12-01").as_micros());
    assert_eq!(bucket.end_us, Timestamp::MAX.as_micros() + 1);
}

#[test]
fn days_have_23_to_25_hours() {
    let cases: [(&str, &str, Walk); 6] = [
        ("Europe/Berlin", "2025-03-29T12:00:00Z", &[("2025-03-29", 1440), ("2025-03-30", 1380)]),
        ("Europe/Berlin", "2025-10-25T12:00:00Z", &[("2025-10-25", 1440), ("2025-10-26", 1500)]),
        ("America/Sao_Paulo", "2018-11-03T12:00:00Z", &[("2018-11-03", 1440), ("2018-11-04", 1380)]),
        ("Australia/Lord_Howe", "2025-10-04T12:00:00Z", &[("2025-10-04", 1440), ("2025-10-05", 1410)]),
        // From 00:01 back to 23:01: the day has begun and goes on.
        ("America/St_Johns", "2006-10-29T02:00:00Z", &[("2006-10-28", 1440), ("2006-10-29", 1500)]),
        // A day left out at the date line.
        ("Pacific/Apia", "2011-12-29T12:00:00Z", &[("2011-12-29", 1440), ("2011-12-31", 1440)]),
    ];
    for (name, from, expected) in cases {
        assert_walk(Period::Daily, name, from, expected);
    }
}

#[test]
fn a_repeated_hour_is_two_buckets_of_one_name() {
    let berlin = [("2025-10-26 01", 60), ("2025-10-26 02", 60), ("2025-10-26 02", 60), ("2025-10-26 03", 60)];
    assert_walk(Period::Hourly, "Europe/Berlin", "2025-10-25T23:00:00Z", &berlin);
    let spring = [("2025-03-30 01", 60), ("2025-03-30 03", 60)];
    assert_walk(Period::Hourly, "Europe/Berlin", "2025-03-30T00:00:00Z", &spring);
    let half = [("2025-04-06 00", 60), ("2025-04-06 01", 60), ("2025-04-06 01", 30), ("2025-04-06 02", 60)];
    assert_walk(Period::Hourly, "Australia/Lord_Howe", "2025-04-05T13:00:00Z", &half);
    let minutes = [("2025-10-26 02:59", 1), ("2025-10-26 02:00", 1)];
    assert_walk(Period::Minutely, "Europe/Berlin", "2025-10-26T00:59:00Z", &minutes);
}

/// Instants near changes of offset, at the ends of time, and anywhere.
fn instant() -> impl Strategy<Value = Timestamp> {
    let changes = [
        "1844-12-31",
        "1867-10-18",
        "1883-11-18",
        "1937-07-01",
        "1986-01-01",
        "2006-04-02",
        "2006-10-29",
        "2011-12-30",
        "2018-02-18",
        "2018-11-04",
        "2022-03-27",
        "2025-03-30",
        "2025-04-06",
        "2025-10-05",
        "2025-10-26",
        "0001-01-01",
        "9999-12-31",
    ];
    let near = (prop::sample::select(changes.to_vec()), -48 * 60..=48 * 60_i64, -1..=1_i64);
    prop_oneof![
        near.prop_map(|(date, minutes, us)| Timestamp::nearest(at(date).as_micros() + minutes * MINUTE + us)),
        (Timestamp::MIN.as_micros()..=Timestamp::MAX.as_micros()).prop_map(Timestamp::nearest),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Buckets hold their instant, follow one another without gaps, and agree with the labels.
    #[test]
    fn buckets_tile_time(instant in instant(), name in prop::sample::select(&NASTY)) {
        let (us, zone) = (instant.as_micros(), zone(name));
        for period in Period::ALL {
            let bucket = period.bucket(instant, zone);
            prop_assert!(bucket.start_us <= us && us < bucket.end_us);
            for edge in [bucket.start_us, bucket.end_us - 1] {
                if let Some(edge) = Timestamp::from_micros(edge) {
                    prop_assert_eq!(period.bucket(edge, zone), bucket);
                    prop_assert_eq!(period.label(edge, zone), period.label(instant, zone));
                }
            }
            if let Some(next) = Timestamp::from_micros(bucket.end_us) {
                prop_assert_eq!(period.bucket(next, zone).start_us, bucket.end_us);
                let same_label = period.label(next, zone) == period.label(instant, zone);
                let changed = zone.offset_us(bucket.end_us) != zone.offset_us(us);
                prop_assert!(!same_label || changed && matches!(period, Period::Minutely | Period::Hourly));
            }
        }
    }

    /// The wall clock at the start of a bucket shows the start of its label, or has just been set.
    #[test]
    fn buckets_begin_on_the_hour_or_where_clocks_are_set(
        instant in instant(),
        name in prop::sample::select(&NASTY),
    ) {
        let zone = zone(name);
        let bucket = Period::Hourly.bucket(instant, zone);
        let (start, offset) = (bucket.start_us, zone.offset_us(instant.as_micros()));
        prop_assert!((start + offset).rem_euclid(HOUR) == 0 || zone.offset_us(start - 1) != offset);
        prop_assert!(bucket.end_us - start <= HOUR);
        let day = Period::Daily.bucket(instant, zone).start_us;
        let moved = zone.offset_us(day - 1) != zone.offset_us(day);
        prop_assert!((day + zone.offset_us(day)).rem_euclid(DAY) == 0 || moved);
    }
}
