//! Questions that can be asked: dashboards and raw-log searches, read from query parameters.

mod dashboard;
mod filter;
mod include;
mod logs;

use crate::{
    Checks, Duration, Moment, Params, Rule, StatusClass, StatusCode, TimeRange, Timestamp, ValidationError,
    Zone,
};

pub use dashboard::DashboardQuery;
pub use filter::{Choice, EventFilter};
pub use include::{Include, Part};
pub use logs::{LogOrder, LogQuery, SortOrder};

/// The zone that `timezone` names, if it is given.
fn zone(checks: &mut Checks, params: &Params) -> Option<Option<Zone>> {
    checks.take(params.read("timezone", |_, name| Zone::parse(name)))
}

/// The instants that `start_date` and `end_date` name, if they are given.
fn moments(
    checks: &mut Checks,
    params: &Params,
    zone: Zone,
) -> Option<(Option<Timestamp>, Option<Timestamp>)> {
    let start = checks.take(params.read("start_date", Moment::from_field));
    let end = checks.take(params.read("end_date", Moment::from_field));
    let (start, end) = start.zip(end)?;
    Some((start.map(|start| start.first(zone)), end.map(|end| end.last(zone))))
}

fn ordered(checks: &mut Checks, start: Timestamp, end: Timestamp) -> Option<TimeRange> {
    let range = TimeRange::new(start, end);
    if range.is_none() {
        checks.fault("start_date", Rule::Range, "must not be after end_date");
    }
    range
}

fn parse_status(field: &'static str, text: &str) -> Result<StatusCode, ValidationError> {
    text.parse()
        .ok()
        .and_then(StatusCode::new)
        .ok_or_else(|| ValidationError::new(field, Rule::Range, "must be an integer from 100 to 599"))
}

fn parse_class(field: &'static str, text: &str) -> Result<StatusClass, ValidationError> {
    choice(field, text, &StatusClass::ALL.map(|class| (class.as_str(), class)))
}

fn parse_text(field: &'static str, text: &str) -> Result<String, ValidationError> {
    if text.contains(char::is_control) {
        let detail = "must not contain control characters: no stored text does";
        return Err(ValidationError::new(field, Rule::Format, detail));
    }
    Ok(text.to_owned())
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
