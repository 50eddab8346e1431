//! Questions that can be asked: dashboards and raw-log searches, read from query parameters.

use crate::event::{parse_address, parse_method};
use crate::{
    Checks, ClientAddress, Duration, Method, Moment, Params, Period, RequestEvent, Rule, StatusCode,
    TimeRange, Timestamp, ValidationError,
};

/// Without a start, a dashboard covers so many days before its end.
const DEFAULT_DAYS: u32 = 30;

/// What a dashboard covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DashboardQuery {
    /// The events that count.
    pub range: TimeRange,
    /// The step of the time series.
    pub period: Period,
    /// How many endpoints and addresses are listed, 1–100.
    pub top: usize,
    /// How many buckets the time series has at most, 1–5,000.
    pub series_limit: usize,
}

impl DashboardQuery {
    /// How many endpoints and addresses are listed unless told otherwise.
    pub const DEFAULT_TOP: usize = 5;
    /// How many buckets the time series has unless told otherwise.
    pub const DEFAULT_SERIES_LIMIT: usize = 50;

    /// Daily figures of a range with the default limits.
    #[must_use]
    pub const fn over(range: TimeRange) -> Self {
        Self {
            range,
            period: Period::Daily,
            top: Self::DEFAULT_TOP,
            series_limit: Self::DEFAULT_SERIES_LIMIT,
        }
    }

    /// The same question with another period.
    #[must_use]
    pub const fn by(self, period: Period) -> Self {
        Self { period, ..self }
    }

    /// Reads `start_date`, `end_date`, `period`, `top` and `series_limit`.
    ///
    /// # Errors
    /// Every faulty parameter.
    pub fn from_params(params: &Params, now: Timestamp) -> Result<Self, ValidationError> {
        let mut checks = Checks::default();
        let start = checks.take(params.read("start_date", Moment::from_field));
        let end = checks.take(params.read("end_date", Moment::from_field));
        let range = start.zip(end).and_then(|(start, end)| {
            let end = end.map_or(now, Moment::last);
            let start = start.map_or_else(|| end.minus_days(DEFAULT_DAYS), Moment::first);
            if start == end {
                checks.fault("start_date", Rule::Range, "must be before end_date");
            }
            ordered(&mut checks, start, end)
        });
        let period = checks.take(params.read("period", parse_period)).flatten().unwrap_or_default();
        let top = checks.take(params.read("top", |field, text| integer(field, text, 1..=100))).flatten();
        let series_limit =
            checks.take(params.read("series_limit", |field, text| integer(field, text, 1..=5000))).flatten();
        checks.finish(range.map(|range| Self {
            range,
            period,
            top: top.unwrap_or(Self::DEFAULT_TOP),
            series_limit: series_limit.unwrap_or(Self::DEFAULT_SERIES_LIMIT),
        }))
    }
}

/// Which events are meant; all conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFilter {
    /// When.
    pub range: TimeRange,
    /// Exactly this method.
    pub method: Option<Method>,
    /// Exactly this status.
    pub status_code: Option<StatusCode>,
    /// Text that the endpoint contains, literally and in exact case.
    pub endpoint_contains: Option<String>,
    /// Exactly this address.
    pub ip: Option<ClientAddress>,
    /// Not faster than this.
    pub process_time_min: Option<Duration>,
    /// Not slower than this.
    pub process_time_max: Option<Duration>,
}

impl EventFilter {
    /// All events of a range.
    #[must_use]
    pub const fn over(range: TimeRange) -> Self {
        Self {
            range,
            method: None,
            status_code: None,
            endpoint_contains: None,
            ip: None,
            process_time_min: None,
            process_time_max: None,
        }
    }

    /// Whether the event meets every condition.
    #[must_use]
    pub fn matches(&self, event: &RequestEvent) -> bool {
        self.range.contains(event.created_at())
            && self.method.is_none_or(|method| event.method() == method)
            && self.status_code.is_none_or(|status| event.status_code() == status)
            && self.endpoint_contains.as_ref().is_none_or(|part| event.endpoint().contains(part.as_str()))
            && self.ip.is_none_or(|ip| event.ip() == Some(ip))
            && self.process_time_min.is_none_or(|min| event.process_time() >= min)
            && self.process_time_max.is_none_or(|max| event.process_time() <= max)
    }

    fn from_params(checks: &mut Checks, params: &Params) -> Option<Self> {
        let start = checks.take(params.read("start_date", Moment::from_field));
        let end = checks.take(params.read("end_date", Moment::from_field));
        let range = start.zip(end).and_then(|(start, end)| {
            let start = start.map_or(Timestamp::MIN, Moment::first);
            let end = end.map_or(Timestamp::MAX, Moment::last);
            ordered(checks, start, end)
        });
        let method = checks.take(params.read("method", parse_method)).flatten();
        let status_code = checks.take(params.read("status_code", parse_status)).flatten();
        let ip = checks.take(params.read("ip", parse_address)).flatten();
        let min = checks.take(params.read("process_time_min", parse_millis)).flatten();
        let max = checks.take(params.read("process_time_max", parse_millis)).flatten();
        if min.zip(max).is_some_and(|(min, max)| min >= max) {
            checks.fault("process_time_min", Rule::Range, "must be below process_time_max");
        }
        let endpoint_contains = params.get("endpoint").filter(|part| !part.is_empty()).map(str::to_owned);
        if endpoint_contains.as_ref().is_some_and(|part| part.contains(char::is_control)) {
            checks.fault("endpoint", Rule::Format, "must not contain control characters: no endpoint does");
        }
        Some(Self {
            range: range?,
            method,
            status_code,
            endpoint_contains,
            ip,
            process_time_min: min,
            process_time_max: max,
        })
    }
}

/// The column that a list of events is sorted by; ties go by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogOrder {
    /// When the request was answered.
    #[default]
    CreatedAt,
    /// The method's name.
    Method,
    /// The endpoint, by bytes.
    Endpoint,
    /// The address by its 16 bytes; events without one come first in ascending order.
    Ip,
    /// The processing time.
    ProcessTime,
    /// The status code.
    StatusCode,
}

impl LogOrder {
    /// Every order with its name on the wire.
    pub const ALL: [(&'static str, Self); 6] = [
        ("created_at", Self::CreatedAt),
        ("method", Self::Method),
        ("endpoint", Self::Endpoint),
        ("ip", Self::Ip),
        ("process_time", Self::ProcessTime),
        ("status_code", Self::StatusCode),
    ];
}

/// The direction of a sort; it holds for the ties too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortOrder {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    /// Which events.
    pub filter: EventFilter,
    /// Sorted by what.
    pub order_by: LogOrder,
    /// In which direction.
    pub order: SortOrder,
    /// How many at most, 1–100.
    pub limit: i64,
    /// How many are skipped first.
    pub offset: i64,
}

impl LogQuery {
    /// Reads the filters, `order_by`, `order`, `limit` and `offset`.
    ///
    /// # Errors
    /// Every faulty parameter.
    pub fn from_params(params: &Params) -> Result<Self, ValidationError> {
        let mut checks = Checks::default();
        let filter = EventFilter::from_params(&mut checks, params);
        let order_by =
            checks.take(params.read("order_by", |field, text| choice(field, text, &LogOrder::ALL)));
        let orders = [("asc", SortOrder::Ascending), ("desc", SortOrder::Descending)];
        let order = checks.take(params.read("order", |field, text| choice(field, text, &orders)));
        let limit = checks.take(params.read("limit", |field, text| integer(field, text, 1..=100)));
        let offset = checks.take(params.read("offset", |field, text| integer(field, text, 0..=i64::MAX)));
        checks.finish(filter.map(|filter| Self {
            filter,
            order_by: order_by.flatten().unwrap_or_default(),
            order: order.flatten().unwrap_or_default(),
            limit: limit.flatten().unwrap_or(100),
            offset: offset.flatten().unwrap_or(0),
        }))
    }
}

fn ordered(checks: &mut Checks, start: Timestamp, end: Timestamp) -> Option<TimeRange> {
    let range = TimeRange::new(start, end);
    if range.is_none() {
        checks.fault("start_date", Rule::Range, "must not be after end_date");
    }
    range
}

fn parse_period(field: &'static str, text: &str) -> Result<Period, ValidationError> {
    choice(field, text, &Period::ALL.map(|period| (period.as_str(), period)))
}

fn parse_status(field: &'static str, text: &str) -> Result<StatusCode, ValidationError> {
    text.parse()
        .ok()
        .and_then(StatusCode::new)
        .ok_or_else(|| ValidationError::new(field, Rule::Range, "must be an integer from 100 to 599"))
}

fn parse_millis(field: &'static str, text: &str) -> Result<Duration, ValidationError> {
    text.parse().ok().and_then(Duration::from_millis).ok_or_else(|| {
        ValidationError::new(field, Rule::Range, "must be a number of milliseconds from 0 to 1000000000000")
    })
}

fn integer<T>(
    field: &'static str,
    text: &str,
    range: std::ops::RangeInclusive<T>,
) -> Result<T, ValidationError>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
        let detail = format!("must be an integer from {} to {}", range.start(), range.end());
        ValidationError::new(field, Rule::Range, detail)
    })
}

fn choice<T: Copy>(field: &'static str, text: &str, choices: &[(&str, T)]) -> Result<T, ValidationError> {
    choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        ValidationError::new(field, Rule::Format, format!("must be one of {}", names.join(", ")))
    })
}
