//! From a question to its answer: which scans it takes, and how their states become one dashboard.

use std::sync::Arc;

use domain::{Change, Comparison, Coverage, Dashboard, DashboardQuery, EventFilter, Part, Timestamp, Window};

use crate::finish::{change, percentiles};
use crate::plan::Plan;
use crate::state::State;

/// Every figure that the query asks for. One scan answers most of it; percentiles of single endpoints take a
/// second one, once it is known which endpoints are shown, and a comparison one over the window before.
pub(crate) fn dashboard<E>(
    query: &DashboardQuery,
    oldest: Option<Timestamp>,
    mut scan: impl FnMut(&Arc<Plan>, &EventFilter) -> Result<State, E>,
) -> Result<Dashboard, E> {
    let wants = |part| query.include.contains(part);
    let state = scan(&Arc::new(Plan::of(query)), &query.filter)?;
    let mut dashboard = state.finish(query);
    if wants(Part::Percentiles) {
        let shown = dashboard.endpoint_stats.iter().map(|stats| Arc::from(stats.endpoint.as_str()));
        let plan = Plan::latency_of(query, shown.collect());
        let latency = scan(&Arc::new(plan), &query.filter)?;
        for (stats, histogram) in dashboard.endpoint_stats.iter_mut().zip(&latency.latency_of) {
            stats.percentiles = percentiles(|percent| histogram.percentile(percent));
        }
    }
    if wants(Part::Comparison) {
        let previous_range = query.previous_range();
        let filter = previous_range.map(|range| EventFilter { range, ..query.filter.clone() });
        let plan = Arc::new(Plan::summary(query));
        let previous = filter.map(|filter| scan(&plan, &filter)).transpose()?;
        dashboard.comparison = Some(Comparison {
            window: Window::from(query.filter.range),
            previous_window: previous_range.map(Window::from),
            previous: previous.as_ref().map(State::summary),
            change: previous.map_or_else(Change::default, |previous| change(&state, &previous)),
        });
    }
    if wants(Part::Coverage) {
        dashboard.coverage = Some(coverage(query, &state, oldest));
    }
    Ok(dashboard)
}

fn coverage(query: &DashboardQuery, state: &State, oldest_event: Option<Timestamp>) -> Coverage {
    Coverage {
        start: query.filter.range.start(),
        end: query.filter.range.end(),
        timezone: query.zone.name().to_owned(),
        period: query.period,
        filters: query.filter.describe(),
        events_scanned: state.scanned,
        events_matched: state.totals.requests,
        exact: true,
        percentile_relative_error: Coverage::PERCENTILE_RELATIVE_ERROR,
        oldest_event,
    }
}
