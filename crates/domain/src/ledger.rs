//! The ledger of ingest: what became of every received event, hour by hour. Not for the reasons: see `verdict`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Checks, Moment, Params, ProjectId, Rule, TimeRange, Timestamp, ValidationError, Verdict, Zone};

const MICROS_PER_HOUR: i64 = 3_600_000_000;
/// The longest range that a ledger covers.
const MAX_DAYS: u32 = 31;

/// Numbers of events by project, hour of arrival and verdict. Merging is adding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<(ProjectId, Timestamp, Verdict), u64>);

impl Tally {
    /// Counts events that arrived at an instant.
    pub fn record(&mut self, project: ProjectId, at: Timestamp, verdict: Verdict, events: u64) {
        if events > 0 {
            *self.0.entry((project, hour_of(at), verdict)).or_default() += events;
        }
    }

    /// Adds the numbers of another tally.
    pub fn merge(&mut self, other: Self) {
        for (entry, events) in other.0 {
            *self.0.entry(entry).or_default() += events;
        }
    }

    /// Whether nothing is counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Key, start of the hour, verdict and number, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = (ProjectId, Timestamp, Verdict, u64)> {
        self.0.iter().map(|((project, hour, verdict), events)| (*project, *hour, *verdict, *events))
    }
}

/// The start of an instant's hour, UTC.
fn hour_of(at: Timestamp) -> Timestamp {
    let start = at.as_micros().div_euclid(MICROS_PER_HOUR) * MICROS_PER_HOUR;
    Timestamp::from_micros(start).unwrap_or(Timestamp::MIN)
}

/// What a ledger covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerQuery {
    /// Whole hours: those that the asked range touches.
    pub range: TimeRange,
}

impl LedgerQuery {
    /// Reads `start_date` (by default a day before the end) and `end_date` (by default now).
    ///
    /// # Errors
    /// Every faulty parameter; also when the range is longer than 31 days.
    pub fn from_params(params: &Params, now: Timestamp) -> Result<Self, ValidationError> {
        let mut checks = Checks::default();
        let start = checks.take(params.read("start_date", Moment::from_field));
        let end = checks.take(params.read("end_date", Moment::from_field));
        let range = start.zip(end).and_then(|(start, end)| {
            let end = end.map_or(now, |end| end.last(Zone::UTC));
            let start = start.map_or_else(|| end.minus_days(1), |start| start.first(Zone::UTC));
            if start >= end {
                checks.fault("start_date", Rule::Range, "must be before end_date");
            } else if start < end.minus_days(MAX_DAYS) {
                checks.fault("start_date", Rule::Range, "must be at most 31 days before end_date");
            }
            TimeRange::new(hour_of(start), end)
        });
        checks.finish(range.map(|range| Self { range }))
    }
}

/// How many events were received and what became of them.
/// `received` is always `stored` plus `duplicate` plus the sum of `rejected`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerCounts {
    /// All of them.
    #[cfg_attr(feature = "openapi", schema(example = 1000))]
    pub received: u64,
    /// Stored.
    #[cfg_attr(feature = "openapi", schema(example = 998))]
    pub stored: u64,
    /// Received again with a batch that was known already.
    #[cfg_attr(feature = "openapi", schema(example = 0))]
    pub duplicate: u64,
    /// Refused, by field and rule of the first fault; `batch.atomic` for good events of a refused
    /// all-or-nothing batch; `batch.conflict` for those under the idempotency key of another batch; `other`.
    pub rejected: BTreeMap<String, u64>,
}

impl LedgerCounts {
    fn record(&mut self, verdict: Verdict, events: u64) {
        self.received += events;
        match verdict {
            Verdict::Stored => self.stored += events,
            Verdict::Duplicate => self.duplicate += events,
            Verdict::Rejected(reason) => *self.rejected.entry(reason.to_string()).or_default() += events,
        }
    }
}

/// One hour of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerHour {
    /// The start of the hour, UTC.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "2025-08-20T12:00:00Z"))]
    pub hour: Timestamp,
    /// What arrived in it.
    #[serde(flatten)]
    pub counts: LedgerCounts,
}

/// What was received in a range, by the time of arrival.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ledger {
    /// The hours in which something arrived, in order.
    pub hours: Vec<LedgerHour>,
    /// All of them together.
    pub total: LedgerCounts,
}

impl Ledger {
    /// Adds up entries that come in the order of their hours.
    #[must_use]
    pub fn of(entries: impl IntoIterator<Item = (Timestamp, Verdict, u64)>) -> Self {
        let mut ledger = Self::default();
        for (hour, verdict, events) in entries {
            ledger.total.record(verdict, events);
            match ledger.hours.last_mut().filter(|last| last.hour == hour) {
                Some(last) => last.counts.record(verdict, events),
                None => {
                    let mut counts = LedgerCounts::default();
                    counts.record(verdict, events);
                    ledger.hours.push(LedgerHour { hour, counts });
                }
            }
        }
        ledger
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reason;

    fn at(text: &str) -> Timestamp {
        Moment::parse(text).unwrap().first(Zone::UTC)
    }

    fn query(pairs: &[(&str, &str)]) -> Result<LedgerQuery, ValidationError> {
        let params = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        LedgerQuery::from_params(&params, at("2025-08-20T12:34:56Z"))
    }

    #[test]
    fn tallies_add_up_by_the_hour() {
        let mut tally = Tally::default();
        tally.record(ProjectId(1), at("1969-12-31T23:59:59Z"), Verdict::Stored, 2);
        tally.record(ProjectId(1), at("1969-12-31T23:00:00Z"), Verdict::Stored, 3);
        tally.record(ProjectId(1), at("1970-01-01"), Verdict::Stored, 0);
        let mut sum = tally.clone();
        sum.merge(tally);
        let entries: Vec<_> = sum.iter().collect();
        assert_eq!(entries, [(ProjectId(1), at("1969-12-31T23:00:00Z"), Verdict::Stored, 10)]);
    }

    #[test]
    fn covers_the_hours_of_the_last_day_unless_told_otherwise() {
        let range = query(&[]).unwrap().range;
        assert_eq!(range.start(), at("2025-08-19T12:00:00Z"));
        assert_eq!(range.end(), at("2025-08-20T12:34:56Z"));
    }

    #[test]
    fn refuses_more_than_31_days_and_empty_ranges() {
        assert!(query(&[("start_date", "2025-07-01"), ("end_date", "2025-07-31")]).is_ok());
        for (start, end) in [
            ("2025-07-01", "2025-08-01"),
            ("2025-07-02", "2025-07-01"),
            ("x", "y"),
            ("0001-01-01", "9999-12-31"),
        ] {
            assert!(query(&[("start_date", start), ("end_date", end)]).is_err(), "{start} {end}");
        }
    }

    #[test]
    fn a_ledger_balances() {
        let (first, second) = (at("2025-08-20T11:00:00Z"), at("2025-08-20T12:00:00Z"));
        let range = Verdict::Rejected(Reason::Field("status_code", Rule::Range));
        let ledger = Ledger::of([
            (first, Verdict::Stored, 5),
            (second, Verdict::Stored, 1),
            (second, Verdict::Duplicate, 2),
            (second, range, 3),
        ]);
        assert_eq!(ledger.hours.len(), 2);
        assert_eq!((ledger.total.received, ledger.total.stored, ledger.total.duplicate), (11, 6, 2));
        assert_eq!(ledger.total.rejected, BTreeMap::from([("status_code.range".to_owned(), 3)]));
        assert_eq!(ledger.hours[1].counts.received, 6);
    }
}
