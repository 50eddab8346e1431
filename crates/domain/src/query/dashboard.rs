//! The question behind a dashboard: which events, in which zone, by which period, with which extra figures.

use super::{choice, integer, moments, ordered, parse_millis, zone};
use crate::{
    Checks, Duration, EventFilter, Include, Params, Period, Rule, TimeRange, Timestamp, ValidationError, Zone,
};

/// Without a start, a dashboard covers so many days before its end.
const DEFAULT_DAYS: u32 = 30;

/// What a dashboard covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DashboardQuery {
    /// The events that count.
    pub filter: EventFilter,
    /// Whose calendar and clock divide the time.
    pub zone: Zone,
    /// Whether each bucket of the time series states its [`start`](crate::SeriesPoint::start): yes if the zone was
    /// named, even if it is UTC.
    pub states_starts: bool,
    /// The step of the time series.
    pub period: Period,
    /// How many entries each top list has at most, 1–100.
    pub top: usize,
    /// How many buckets the time series has at most, 1–5,000.
    pub series_limit: usize,
    /// The figures that are given only when asked for.
    pub include: Include,
    /// The response time up to which users are satisfied; above 0.
    pub apdex_threshold: Duration,
}

impl DashboardQuery {
    /// How many entries top lists have unless told otherwise.
    pub const DEFAULT_TOP: usize = 5;
    /// How many buckets the time series has unless told otherwise.
    pub const DEFAULT_SERIES_LIMIT: usize = 50;

    /// Daily figures of a range in UTC with the default limits.
    #[must_use]
    pub const fn over(range: TimeRange) -> Self {
        Self {
            filter: EventFilter::over(range),
            zone: Zone::UTC,
            states_starts: false,
            period: Period::Daily,
            top: Self::DEFAULT_TOP,
            series_limit: Self::DEFAULT_SERIES_LIMIT,
            include: Include::NONE,
            apdex_threshold: Duration::HALF_SECOND,
        }
    }

    /// The same question with another period.
    #[must_use]
    pub fn by(self, period: Period) -> Self {
        Self { period, ..self }
    }

    /// The same question in a named zone. The range stays: it is one of instants.
    #[must_use]
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { zone, states_starts: true, ..self }
    }

    /// The same question with further figures.
    #[must_use]
    pub fn including(self, parts: impl IntoIterator<Item = crate::Part>) -> Self {
        Self { include: parts.into_iter().fold(self.include, Include::with), ..self }
    }

    /// The range of the same length that ends one microsecond before this one starts. Shorter where there are not
    /// so many instants from the year 1 on; `None` where there are none.
    #[must_use]
    pub fn previous_range(&self) -> Option<TimeRange> {
        let (start, end) = (self.filter.range.start().as_micros(), self.filter.range.end().as_micros());
        let last = Timestamp::from_micros(start - 1)?;
        TimeRange::new(Timestamp::nearest(start - 1 - (end - start)), last)
    }

    /// Reads `timezone`, `start_date`, `end_date`, the filters, `period`, `top`, `series_limit`, `include` and
    /// `apdex_threshold`.
    ///
    /// # Errors
    /// Every faulty parameter.
    pub fn from_params(params: &Params, now: Timestamp) -> Result<Self, ValidationError> {
        let mut checks = Checks::default();
        let named = zone(&mut checks, params).flatten();
        let zone = named.unwrap_or_default();
        let range = moments(&mut checks, params, zone).and_then(|(start, end)| {
            let end = end.unwrap_or(now);
            let start = start.unwrap_or_else(|| end.minus_days(DEFAULT_DAYS));
            if start == end {
                checks.fault("start_date", Rule::Range, "must be before end_date");
            }
            ordered(&mut checks, start, end)
        });
        let filter = EventFilter::from_params(&mut checks, params, range);
        let period = checks.take(params.read("period", |field, text| {
            choice(field, text, &Period::ALL.map(|period| (period.as_str(), period)))
        }));
        let top = checks.take(params.read("top", |field, text| integer(field, text, 1..=100)));
        let series_limit =
            checks.take(params.read("series_limit", |field, text| integer(field, text, 1..=5000)));
        let include = checks.take(Include::from_params(params));
        let apdex_threshold = checks.take(params.read("apdex_threshold", |field, text| {
            parse_millis(field, text).and_then(|threshold| match threshold.as_micros() {
                0 => Err(ValidationError::new(field, Rule::Range, "must be above 0 milliseconds")),
                _ => Ok(threshold),
            })
        }));
        checks.finish(filter.map(|filter| Self {
            filter,
            zone,
            states_starts: named.is_some(),
            period: period.flatten().unwrap_or_default(),
            top: top.flatten().unwrap_or(Self::DEFAULT_TOP),
            series_limit: series_limit.flatten().unwrap_or(Self::DEFAULT_SERIES_LIMIT),
            include: include.unwrap_or_default(),
            apdex_threshold: apdex_threshold.flatten().unwrap_or(Duration::HALF_SECOND),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: i64, end: i64) -> TimeRange {
        TimeRange::new(Timestamp::nearest(start), Timestamp::nearest(end)).unwrap()
    }

    fn read(query: &[(&str, &str)]) -> Result<DashboardQuery, ValidationError> {
        let params = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        DashboardQuery::from_params(&params.collect(), Timestamp::nearest(0))
    }

    #[test]
    fn without_parameters_the_question_is_the_default_one() {
        let end = Timestamp::nearest(0);
        let expected = DashboardQuery::over(TimeRange::new(end.minus_days(30), end).unwrap());
        assert_eq!(read(&[]), Ok(expected));
    }

    #[test]
    fn a_named_zone_moves_the_dates_and_states_the_starts() {
        let query = read(&[("timezone", "UTC"), ("end_date", "2025-08-20")]).unwrap();
        assert!(query.states_starts);
        let query = read(&[("timezone", "Asia/Kathmandu"), ("end_date", "2025-08-20")]).unwrap();
        assert_eq!(query.filter.range.end().to_string(), "2025-08-20T18:14:59.999999Z");
        assert_eq!(query, DashboardQuery::over(query.filter.range).in_zone(query.zone));
    }

    #[test]
    fn the_previous_range_is_as_long_and_ends_just_before() {
        let previous = |start, end| DashboardQuery::over(range(start, end)).previous_range();
        assert_eq!(previous(100, 199), Some(range(0, 99)));
        assert_eq!(previous(100, 100), Some(range(99, 99)));
        let first = Timestamp::MIN.as_micros();
        assert_eq!(previous(first + 10, 0), Some(range(first, first + 9)));
        assert_eq!(DashboardQuery::over(TimeRange::ALL).previous_range(), None);
    }

    #[test]
    fn faulty_parameters_are_all_named() {
        let faulty = [
            ("timezone", "Mars"),
            ("include", "everything"),
            ("apdex_threshold", "0.0001"),
            ("period", "yearly"),
            ("method", "get"),
            ("top", "0"),
        ];
        let error = read(&faulty).unwrap_err();
        let mut named: Vec<_> = error.errors().iter().map(|error| error.field.as_ref()).collect();
        named.sort_unstable();
        assert_eq!(named, ["apdex_threshold", "include", "method", "period", "timezone", "top"]);
    }
}
