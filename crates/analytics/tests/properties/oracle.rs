//! Every figure of a dashboard, computed by brute force and compared, over random events, filters, zones and
//! optional figures. Nothing here asks `domain` for a bucket, a label, a match or a description.

mod calendar;
mod compare;
mod example;
mod extras;
mod figures;
mod filter;
mod series;

use domain::{DashboardQuery, Part, RequestEvent, TimeRange};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::events;
use crate::questions::question;
use compare::difference;
use figures::{average, counts, errors, groups, summary, top};

/// What the dashboard must be. Percentiles come as the bounds that they must keep.
fn oracle(all: &[RequestEvent], query: &DashboardQuery) -> Value {
    let events = matching(all, query, query.filter.range);
    let has = |part| query.include.contains(part);
    let mut dashboard = json!({
        "summary": summary(&events, query),
        "method_usage": counts(groups(&events, |event| Some(event.method().to_string()))),
        "endpoint_stats": endpoints(&events, query),
        "status_codes": counts(groups(&events, |event| Some(event.status_code().get()))),
        "top_ips": top(groups(&events, RequestEvent::ip), query.top).iter().map(|(ip, events)| json!({
            "ip": ip.to_string(),
            "requests": events.len(),
        })).collect::<Vec<_>>(),
        "time_series": series::time_series(&events, query),
    });
    if has(Part::StatusClasses) {
        dashboard["status_classes"] = extras::status_classes(&events);
    }
    if has(Part::LatencyHistogram) {
        dashboard["latency_histogram"] = extras::latency_histogram(&events);
    }
    if has(Part::Comparison) {
        dashboard["comparison"] = extras::comparison(all, &events, query);
    }
    if has(Part::Heatmap) {
        dashboard["heatmap"] = extras::heatmap(&events, query.zone);
    }
    for (part, name) in
        [(Part::Consumers, "consumers"), (Part::UserAgents, "user_agents"), (Part::Hostnames, "hostnames")]
    {
        if has(part) {
            dashboard[name] = extras::labels(&events, part, query.top);
        }
    }
    if has(Part::Coverage) {
        dashboard["coverage"] = extras::coverage(all, &events, query);
    }
    dashboard
}

fn endpoints(events: &[&RequestEvent], query: &DashboardQuery) -> Vec<Value> {
    let mut list = Vec::new();
    for (endpoint, events) in top(groups(events, |event| Some(event.endpoint().to_owned())), query.top) {
        let mut stats = json!({
            "endpoint": endpoint,
            "requests": events.len(),
            "avg_time": average(&events),
            "errors_count": errors(&events),
        });
        figures::add_optional(&mut stats, &events, query);
        list.push(stats);
    }
    list
}

/// The events of a range that meet the filters.
fn matching<'a>(all: &'a [RequestEvent], query: &DashboardQuery, range: TimeRange) -> Vec<&'a RequestEvent> {
    let within =
        |event: &&RequestEvent| range.start() <= event.created_at() && event.created_at() <= range.end();
    all.iter().filter(within).filter(|event| filter::meets(event, &query.filter)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn every_figure_equals_that_of_brute_force(
        // Now and then so many that they fill several blocks of a segment.
        events in prop_oneof![15 => events(0..120), 1 => events(120..600)],
        query in question(),
    ) {
        let dashboard = analytics::dashboard(events.clone(), &query);
        let found = serde_json::to_value(&dashboard).unwrap();
        let difference = difference(&found, &oracle(&events, &query));
        prop_assert!(difference.is_none(), "{}", difference.unwrap_or_default());
    }
}
