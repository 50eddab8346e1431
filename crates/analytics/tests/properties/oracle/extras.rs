//! The figures that stand beside the summary and the lists, if asked for.

use chrono::{Datelike, Timelike};
use domain::{DashboardQuery, Part, RequestEvent, TimeRange, Timestamp, Zone};
use serde_json::{Value, json};

use super::calendar::{tz, wall_clock};
use super::figures::{average, error_rate, errors, groups, rate, rounded, statuses, summary, top, total_us};
use super::filter::described;
use super::matching;

pub(super) fn status_classes(events: &[&RequestEvent]) -> Value {
    let mut classes = json!({
        "client_error_rate": rate(statuses(events, 400, 499), events.len()),
        "server_error_rate": rate(statuses(events, 500, 599), events.len()),
    });
    for class in 1..=5 {
        classes[format!("{class}xx")] = json!(statuses(events, class * 100, class * 100 + 99));
    }
    classes
}

pub(super) fn latency_histogram(events: &[&RequestEvent]) -> Value {
    let bounds = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
    let mut below = 0;
    let mut bands = Vec::new();
    for bound in bounds {
        let so_far = events.iter().filter(|event| event.process_time().as_micros() <= bound * 1000).count();
        bands.push(json!({"up_to": bound as f64, "requests": so_far - below}));
        below = so_far;
    }
    bands.push(json!({"up_to": null, "requests": events.len() - below}));
    json!(bands)
}

pub(super) fn comparison(all: &[RequestEvent], events: &[&RequestEvent], query: &DashboardQuery) -> Value {
    let range = query.filter.range;
    let (start, end) = (range.start().as_micros(), range.end().as_micros());
    let length = end - start + 1;
    let window = json!({"start": range.start().to_string(), "end": range.end().to_string()});
    let Some(last) = Timestamp::from_micros(start - 1) else {
        let change = json!({"total_requests": null, "unique_ips": null, "avg_response_time": null,
                            "error_rate": null});
        return json!({"window": window, "previous_window": null, "previous": null, "change": change});
    };
    let first = Timestamp::from_micros(start - length).unwrap_or(Timestamp::MIN);
    let before = matching(all, query, TimeRange::new(first, last).unwrap());
    let unique = |events: &[&RequestEvent]| groups(events, RequestEvent::ip).len() as i128;
    let (n0, n1) = (before.len() as i128, events.len() as i128);
    let (t0, t1) = (total_us(&before).cast_signed(), total_us(events).cast_signed());
    let (e0, e1) = (errors(&before) as i128, errors(events) as i128);
    json!({
        "window": window,
        "previous_window": {"start": first.to_string(), "end": last.to_string()},
        "previous": summary(&before, query),
        "change": {
            "total_requests": percent(n1 - n0, n0),
            "unique_ips": percent(unique(events) - unique(&before), unique(&before)),
            "avg_response_time": if n1 == 0 { None } else { percent(t1 * n0 - t0 * n1, t0 * n1) },
            "error_rate": percent(e1 * n0 - e0 * n1, n0 * n1),
        },
    })
}

/// A percentage; none of nothing.
fn percent(part: i128, all: i128) -> Option<f64> {
    let size = (all != 0).then(|| rounded(100 * part.unsigned_abs(), all.unsigned_abs()))?;
    Some(if part < 0 { -size } else { size })
}

pub(super) fn heatmap(events: &[&RequestEvent], zone: Zone) -> Value {
    let cells = groups(events, |event| {
        let time = wall_clock(event.created_at().as_micros(), tz(zone));
        Some((time.weekday().number_from_monday(), time.hour()))
    });
    let cells = cells.into_iter().map(|((weekday, hour), events)| {
        json!({
            "weekday": weekday,
            "hour": hour,
            "requests": events.len(),
            "error_rate": error_rate(&events),
            "avg_time": average(&events),
        })
    });
    cells.collect()
}

pub(super) fn labels(events: &[&RequestEvent], part: Part, count: usize) -> Value {
    let groups = groups(events, |event| {
        let extras = event.extras()?;
        let label = match part {
            Part::Consumers => &extras.consumer,
            Part::UserAgents => &extras.user_agent,
            _ => &extras.hostname,
        };
        label.clone()
    });
    let labels = top(groups, count).into_iter().map(|(name, events)| {
        json!({
            "name": name,
            "requests": events.len(),
            "avg_time": average(&events),
            "errors_count": errors(&events),
        })
    });
    labels.collect()
}

pub(super) fn coverage(all: &[RequestEvent], events: &[&RequestEvent], query: &DashboardQuery) -> Value {
    let range = query.filter.range;
    let within = |event: &&RequestEvent| (range.start()..=range.end()).contains(&event.created_at());
    json!({
        "start": range.start().to_string(),
        "end": range.end().to_string(),
        "timezone": query.zone.name(),
        "period": query.period.as_str(),
        "filters": described(&query.filter),
        "events_scanned": all.iter().filter(within).count(),
        "events_matched": events.len(),
        "exact": true,
        "percentile_relative_error": 0.001,
        "oldest_event": all.iter().map(RequestEvent::created_at).min().map(|time| time.to_string()),
    })
}
