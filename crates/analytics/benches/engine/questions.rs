//! The questions that are asked of a million events.

use std::fmt;

use domain::{
    Choice, DashboardQuery, Duration, EventFilter, Method, Part, Period, StatusClass, StatusCode, TimeRange,
    Timestamp,
};

use crate::traffic::{DAY_US, DAYS, EVENTS, FIRST_US};

/// A dashboard query with a name.
pub(crate) struct Question {
    name: &'static str,
    pub(crate) query: DashboardQuery,
    /// Whether the events have their optional fields.
    pub(crate) is_rich: bool,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

fn last_days(days: i64) -> TimeRange {
    let end = FIRST_US + DAYS * DAY_US;
    let [start, last] = [end - days * DAY_US, end - 1].map(|us| Timestamp::from_micros(us).unwrap());
    TimeRange::new(start, last).unwrap()
}

/// Daily figures of all events.
pub(crate) fn daily() -> DashboardQuery {
    DashboardQuery { series_limit: 5000, ..DashboardQuery::over(last_days(DAYS)) }
}

fn only<T>(value: T) -> Choice<T> {
    Choice { any_of: vec![value], none_of: Vec::new() }
}

/// Different periods and figures, nothing filtered.
pub(crate) fn unfiltered() -> Vec<Question> {
    let ask = |name, query| Question { name, query, is_rich: false };
    vec![
        ask("daily", daily()),
        ask("hourly", daily().by(Period::Hourly)),
        ask("minutely", daily().by(Period::Minutely)),
        ask("heatmap", daily().including([Part::Heatmap])),
        ask("bands", daily().including([Part::LatencyHistogram])),
        ask("apdex", daily().including([Part::Apdex])),
        ask("percentiles", daily().including([Part::Percentiles])),
        Question { name: "everything", query: daily().including(Part::ALL), is_rich: true },
    ]
}

/// Each kind of filter.
pub(crate) fn filtered() -> Vec<Question> {
    let ask = |name, is_rich, narrow: &dyn Fn(&mut EventFilter)| {
        let mut query = daily();
        narrow(&mut query.filter);
        Question { name, query, is_rich }
    };
    let some = EVENTS.iter().find(|event| event.ip().is_some()).unwrap();
    let slow = Duration::from_micros(200_000);
    vec![
        ask("last_week", false, &|filter| filter.range = last_days(7)),
        ask("method", false, &|filter| filter.methods = only(Method::Post)),
        ask("status", false, &|filter| filter.status_codes = only(StatusCode::new(404).unwrap())),
        ask("status_class", false, &|filter| filter.status_classes = only(StatusClass::Success)),
        ask("endpoint", false, &|filter| filter.endpoints = only("/api/v1/users".to_owned())),
        ask("endpoint_part", false, &|filter| filter.endpoint_parts = only("{id}".to_owned())),
        ask("address", false, &|filter| filter.ips = only(some.ip().unwrap())),
        ask("duration", false, &|filter| filter.process_time_min = slow),
        ask("consumer", true, &|filter| filter.consumers = only("customer-7".to_owned())),
        ask("hostname", true, &|filter| filter.hostnames = only("api-1.example.com".to_owned())),
        ask("user_agent_part", true, &|filter| filter.user_agent_parts = only("http".to_owned())),
    ]
}
