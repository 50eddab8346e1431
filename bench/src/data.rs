//! Made-up traffic of one API key over 90 days: the same events, byte for byte, at every run. Not for
//! sending it anywhere.

mod event;
mod shape;
mod text;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use event::Event;
use shape::{DAY_MINUTES, DAYS, Shape};

/// First day of the traffic.
pub(crate) const FIRST_DAY: &str = "2026-04-02";
/// First of its last seven days.
pub(crate) const LAST_WEEK: &str = "2026-06-24";
/// Last day of the traffic.
pub(crate) const LAST_DAY: &str = "2026-06-30";
/// The start of [`FIRST_DAY`] in seconds since the Unix epoch.
pub(crate) const FIRST_SECOND: i64 = 1_775_088_000;

const SEED: u64 = 20_260_402;
const MINUTE_US: u32 = 60_000_000;

/// Events in the order of time.
pub(crate) struct Traffic {
    shape: Shape,
    rng: SmallRng,
    total: u64,
    made: u64,
    minute: u32,
    minute_text: String,
    /// Microseconds within the minute of the events still to come in it, the last one first.
    waiting: Vec<u32>,
}

impl Traffic {
    /// So many events, spread over all 90 days.
    pub(crate) fn new(total: u64) -> Self {
        let mut rng = SmallRng::seed_from_u64(SEED);
        let shape = Shape::new(&mut rng);
        Self { shape, rng, total, made: 0, minute: 0, minute_text: String::new(), waiting: Vec::new() }
    }

    /// The address with the most requests.
    pub(crate) fn busiest_address(&self) -> &str {
        self.shape.address(0.0)
    }

    /// The next event; `None` when all have been made.
    pub(crate) fn next(&mut self) -> Option<Event<'_>> {
        while self.waiting.is_empty() {
            if self.minute == DAYS * DAY_MINUTES {
                return None;
            }
            self.begin_minute();
        }
        let minute_us = self.waiting.pop()?;
        let rng = &mut self.rng;
        let endpoint = self.shape.endpoint(rng.random());
        let ip = if rng.random_bool(0.01) { None } else { Some(self.shape.address(rng.random())) };
        Some(Event {
            minute: &self.minute_text,
            minute_us,
            method: shape::method(rng.random()),
            endpoint: &endpoint.path,
            ip,
            process_us: endpoint.process_us(rng),
            status: endpoint.status(rng),
        })
    }

    /// The bodies of `POST /track` of the next events.
    pub(crate) fn json(&mut self, count: u32) -> Vec<Vec<u8>> {
        let mut bodies = Vec::new();
        for _ in 0..count {
            let Some(event) = self.next() else { break };
            let mut body = Vec::with_capacity(176);
            text::json(&event, &mut body);
            bodies.push(body);
        }
        bodies
    }

    /// The next events as NDJSON.
    pub(crate) fn ndjson(&mut self, count: u32) -> Vec<u8> {
        let mut lines = Vec::new();
        for _ in 0..count {
            let Some(event) = self.next() else { break };
            text::json(&event, &mut lines);
            lines.push(b'\n');
        }
        lines
    }

    fn begin_minute(&mut self) {
        let due = self.shape.due(self.total, self.minute);
        while self.made < due {
            self.waiting.push(self.rng.random_range(0..MINUTE_US));
            self.made += 1;
        }
        self.waiting.sort_unstable_by(|a, b| b.cmp(a));
        self.minute_text.clear();
        text::minute(self.minute, &mut self.minute_text);
        self.minute += 1;
    }
}

/// Writes so many events to a file that `api-analytics load` reads.
pub(crate) fn write_csv(path: &Path, events: u64) -> std::io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    file.write_all(b"created_at,method,endpoint,ip,process_time,status_code\n")?;
    let mut traffic = Traffic::new(events);
    let mut line = Vec::with_capacity(128);
    while let Some(event) = traffic.next() {
        line.clear();
        text::csv(&event, &mut line);
        file.write_all(&line)?;
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(events: u64) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.csv");
        write_csv(&path, events).unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn makes_the_same_events_at_every_run() {
        assert_eq!(csv(5000), csv(5000));
    }

    #[test]
    fn makes_as_many_as_asked_for_in_the_order_of_time_within_the_90_days() {
        let text = csv(20_000);
        let times: Vec<&str> = text.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(times.len(), 20_000);
        assert!(times.is_sorted());
        assert!(times[0].starts_with(FIRST_DAY), "{}", times[0]);
        assert!(times[19_999].starts_with(LAST_DAY), "{}", times[19_999]);
    }

    #[test]
    fn the_named_days_are_those_of_the_calendar() {
        let first = chrono::DateTime::from_timestamp(FIRST_SECOND, 0).unwrap();
        assert_eq!(first.to_rfc3339(), format!("{FIRST_DAY}T00:00:00+00:00"));
        let day = |days: i64| (first + chrono::TimeDelta::days(days)).format("%F").to_string();
        assert_eq!(day(i64::from(DAYS) - 1), LAST_DAY);
        assert_eq!(day(i64::from(DAYS) - 7), LAST_WEEK);
    }

    #[test]
    fn has_the_shape_that_the_figures_are_stated_for() {
        let mut traffic = Traffic::new(200_000);
        let busiest = traffic.busiest_address().to_owned();
        let (mut all, mut errors, mut get, mut unknown, mut v6, mut frequent) = (0, 0, 0, 0, 0, 0);
        while let Some(event) = traffic.next() {
            all += 1;
            errors += i32::from(event.status >= 400);
            get += i32::from(event.method == "GET");
            unknown += i32::from(event.ip.is_none());
            v6 += i32::from(event.ip.is_some_and(|ip| ip.contains(':')));
            frequent += i32::from(event.ip == Some(&busiest));
        }
        assert_eq!(all, 200_000);
        assert!((9_500..10_500).contains(&errors), "{errors} errors");
        assert!((130_000..142_000).contains(&get), "{get} GET");
        assert!((1_700..2_300).contains(&unknown), "{unknown} without address");
        assert!((4_000..8_000).contains(&v6), "{v6} of IPv6");
        assert!(frequent > 5_000, "{frequent} of the busiest address");
    }

    #[test]
    fn bodies_go_on_where_the_last_ones_ended() {
        let mut traffic = Traffic::new(10_000);
        let first = traffic.json(2);
        let second = traffic.ndjson(2);
        let mut together = Traffic::new(10_000);
        let mut all = together.json(2);
        all.extend(together.json(2));
        assert_eq!(first, all[..2]);
        assert_eq!(second, [all[2].as_slice(), b"\n", &all[3], b"\n"].concat());
    }
}
