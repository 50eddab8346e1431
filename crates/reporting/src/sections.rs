//! The sections of the document, each from its part of the dashboard.

mod styles;
mod tables;

use domain::{ClientUsage, Dashboard, EndpointStats, SeriesPoint, Summary, Zone};

use crate::canvas::{Align, Chart, Type};
use crate::chart::{Bars, Endpoints, Legend, Ring, Scales, Series, Slice, Traffic};
use crate::fonts::{Weight, width_mm};
use crate::format;
use crate::page::{LEFT, Pages, RIGHT};
use crate::palette::{
    FAILURE, FAILURES, INK, MUTED, NEUTRALS, PANEL, Rgb, SLICES, SUCCESSES, WARNINGS, pick,
};
use crate::text::{printable, wrap};
use crate::{REPORT_NAME, ReportContext};

use styles::{BODY, CAPTION, HEADING, TITLE, look};

/// The room between sections.
const SECTION: f64 = 8.0;
const ROWS_PER_CHART: usize = 25;
const BUCKETS_PER_CHART: usize = 400;

/// Title, period and date.
pub(crate) fn heading(pages: &mut Pages, context: &ReportContext) {
    pages.text(LEFT - 0.5, Align::Left, REPORT_NAME, TITLE);
    pages.skip(13.0);
    let (start, end) = (context.range.start(), context.range.end());
    let period = format!("{} – {}", format::instant(start), format::instant(end));
    pages.text(LEFT, Align::Left, period, BODY);
    let date = format!("Generated {}", format::instant(context.generated_at));
    pages.text(RIGHT, Align::Right, date, look(10.0, Weight::Regular, MUTED));
    pages.skip(10.0);
    scope(pages, context);
}

/// What the figures leave out, and whose days the series has; nothing where that goes without saying.
fn scope(pages: &mut Pages, context: &ReportContext) {
    const LINES: usize = 4;
    const LOOK: Type = look(9.0, Weight::Regular, MUTED);
    let mut parts = Vec::new();
    if !context.filters.is_empty() {
        parts.push(format!("Only requests with {}.", context.filters.join(", ")));
    }
    if context.zone != Zone::UTC {
        parts.push(format!("Days and hours of {}.", context.zone.name()));
    }
    if parts.is_empty() {
        return;
    }
    let lines = wrap(&printable(&parts.join(" ")), LOOK.points, LOOK.weight, RIGHT - LEFT);
    let hidden = lines.len().saturating_sub(LINES);
    for line in lines.into_iter().take(LINES) {
        pages.text(LEFT, Align::Left, line.trim_end(), LOOK);
        pages.skip(4.5);
    }
    if hidden > 0 {
        pages.text(LEFT, Align::Left, "… and further filters", LOOK);
        pages.skip(4.5);
    }
    pages.skip(3.0);
}

/// What stands in place of figures and charts where there are none.
pub(crate) fn no_data(pages: &mut Pages) {
    const PADDING: f64 = 6.0;
    pages.panel(LEFT, (RIGHT - LEFT, 24.0), PANEL);
    pages.skip(PADDING);
    pages.text(LEFT + PADDING, Align::Left, "No requests were recorded in this period.", HEADING);
    pages.skip(6.5);
    let hint = "Choose another period, or check that your service sends its events.";
    pages.text(LEFT + PADDING, Align::Left, hint, BODY);
}

/// The six figures of the whole period.
pub(crate) fn summary(pages: &mut Pages, summary: &Summary) {
    const CELL: f64 = 58.0;
    const PADDING: f64 = 6.0;
    let time = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), format::millis);
    let rate = if summary.error_rate > 0.0 { FAILURE } else { INK };
    let rows = [
        [
            ("Total requests", format::count(summary.total_requests), INK),
            ("Unique IP addresses", format::count(summary.unique_ips), INK),
            ("Error rate", format::percent(summary.error_rate), rate),
        ],
        [
            ("Average response time", time(summary.avg_response_time), INK),
            ("Fastest response", time(summary.min_response_time), INK),
            ("Slowest response", time(summary.max_response_time), INK),
        ],
    ];
    pages.panel(LEFT, (RIGHT - LEFT, 37.0), PANEL);
    pages.skip(4.5);
    for row in rows {
        let columns = || (0_u8..).map(|column| LEFT + PADDING + f64::from(column) * CELL);
        for (x, (name, _, _)) in columns().zip(&row) {
            pages.text(x, Align::Left, *name, CAPTION);
        }
        pages.skip(4.2);
        for (x, (_, value, colour)) in columns().zip(row) {
            let fits = |points: &f64| width_mm(&value, *points, Weight::Bold) <= CELL - PADDING;
            let points = [16.0, 13.0, 11.0, 9.0, 7.0].into_iter().find(fits).unwrap_or(6.0);
            pages.text(x, Align::Left, value, look(points, Weight::Bold, colour));
        }
        pages.skip(11.3);
    }
    pages.skip(37.0 - 4.5 - 31.0 + SECTION);
}

/// The rings of methods and of status codes, side by side.
pub(crate) fn shares(pages: &mut Pages, dashboard: &Dashboard) {
    const SECOND: f64 = LEFT + 90.0;
    let mut methods: Vec<_> = dashboard.method_usage.iter().collect();
    methods.sort_by_key(|(_, requests)| std::cmp::Reverse(**requests));
    let methods = methods.into_iter().enumerate().map(|(place, (method, requests))| Slice {
        name: method.to_string(),
        requests: *requests,
        colour: pick(&SLICES, place),
    });
    let methods = Ring::new(methods.collect());
    let mut codes: Vec<_> = dashboard.status_codes.iter().collect();
    codes.sort_by_key(|(_, requests)| std::cmp::Reverse(**requests));
    let mut used = [0; 4];
    let mut slices = Vec::new();
    for (code, requests) in codes {
        let (colours, used): (&[Rgb], _) = match (code.get() / 100, &mut used) {
            (2, [used, ..]) => (&SUCCESSES, used),
            (4, [_, used, ..]) => (&WARNINGS, used),
            (5, [_, _, used, _]) => (&FAILURES, used),
            (_, [.., used]) => (&NEUTRALS, used),
        };
        slices.push(Slice { name: code.to_string(), requests: *requests, colour: pick(colours, *used) });
        *used += 1;
    }
    let codes = Ring::new(slices);
    let height = methods.size_mm().1;
    pages.reserve(height + 16.0);
    pages.text(LEFT, Align::Left, "Requests by method", HEADING);
    pages.text(SECOND, Align::Left, "Requests by status code", HEADING);
    pages.skip(8.5);
    pages.chart(LEFT, Box::new(methods));
    pages.chart(SECOND, Box::new(codes));
    pages.skip(height + SECTION - 2.0);
}

/// The clients with most requests.
pub(crate) fn clients(pages: &mut Pages, clients: &[ClientUsage]) {
    if clients.is_empty() {
        return;
    }
    let largest = clients.iter().map(|client| client.requests).max().unwrap_or(0);
    let caption = "Client IP addresses with the most requests.";
    let rows: Vec<_> = clients.iter().map(|c| (c.ip.to_string(), c.requests)).collect();
    for (part, rows) in even_parts(&rows, ROWS_PER_CHART).enumerate() {
        let title = Title { text: "Top clients", caption, part, legend: false };
        figure(pages, title, Bars::new(rows.to_vec(), largest));
    }
}

/// The charts of the endpoints with most requests.
pub(crate) fn endpoints(pages: &mut Pages, endpoints: &[EndpointStats]) {
    if endpoints.is_empty() {
        return;
    }
    let traffic: Vec<_> = endpoints.iter().map(of_endpoint).collect();
    let caption =
        "Requests (bars, lower axis) and average response time (line, upper axis) of each endpoint.";
    for (part, rows) in even_parts(&traffic, ROWS_PER_CHART).enumerate() {
        let title = Title { text: "Endpoints", caption, part, legend: true };
        figure(pages, title, Endpoints::new(rows.to_vec()));
    }
}

/// The endpoints' figures, with the names in full.
pub(crate) fn figures(pages: &mut Pages, endpoints: &[EndpointStats]) {
    if !endpoints.is_empty() {
        tables::endpoints(pages, &endpoints.iter().map(of_endpoint).collect::<Vec<_>>());
    }
}

/// The time series.
pub(crate) fn series(pages: &mut Pages, series: &[SeriesPoint]) {
    if series.is_empty() {
        return;
    }
    let traffic: Vec<_> = series.iter().map(of_bucket).collect();
    let scales = Scales::of(&traffic);
    let caption = if series.iter().any(|point| point.requests == 0) {
        "Requests (bars, left axis) and average response time (line, right axis)."
    } else {
        "Requests (bars, left axis) and average response time (line, right axis). \
         Intervals without requests are left out."
    };
    for (part, buckets) in even_parts(&traffic, BUCKETS_PER_CHART).enumerate() {
        let title = Title { text: "Traffic over time", caption, part, legend: true };
        figure(pages, title, Series { buckets: buckets.to_vec(), scales });
    }
}

/// What stands above a chart.
#[derive(Clone, Copy)]
struct Title<'a> {
    text: &'a str,
    caption: &'a str,
    /// Which part of a divided chart it is.
    part: usize,
    /// Whether it needs the legend of traffic.
    legend: bool,
}

/// A chart under its heading and caption, all on one page.
fn figure(pages: &mut Pages, title: Title<'_>, chart: impl Chart + 'static) {
    let (height, legend) = (chart.size_mm().1, if title.legend { Legend.size_mm().1 + 3.4 } else { 0.0 });
    pages.reserve(height + legend + 13.0);
    let Title { text, caption, part, .. } = title;
    let text = if part == 0 { text.to_owned() } else { format!("{text}, continued") };
    pages.text(LEFT, Align::Left, text, HEADING);
    pages.skip(6.0);
    pages.text(LEFT, Align::Left, caption, CAPTION);
    pages.skip(7.0);
    if title.legend {
        pages.chart(LEFT, Box::new(Legend));
        pages.skip(legend);
    }
    pages.chart(LEFT, Box::new(chart));
    pages.skip(height + SECTION);
}

fn of_endpoint(endpoint: &EndpointStats) -> Traffic {
    Traffic {
        name: printable(&endpoint.endpoint),
        requests: endpoint.requests,
        errors: endpoint.errors_count.min(endpoint.requests),
        avg_time: Some(endpoint.avg_time),
    }
}

fn of_bucket(point: &SeriesPoint) -> Traffic {
    Traffic {
        name: printable(&point.timestamp),
        requests: point.requests,
        errors: errors(point),
        avg_time: point.avg_time,
    }
}

/// The number of failures that the rate stands for.
fn errors(point: &SeriesPoint) -> u64 {
    let errors = (point.requests as f64 * point.error_rate / 100.0).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, then capped")]
    let errors = errors as u64;
    errors.min(point.requests)
}

/// As few parts as the limit allows, all of nearly the same length.
fn even_parts<T>(list: &[T], limit: usize) -> std::slice::Chunks<'_, T> {
    let parts = list.len().div_ceil(limit).max(1);
    list.chunks(list.len().div_ceil(parts).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_rounded_and_never_more_than_requests() {
        let point = |requests, error_rate| SeriesPoint {
            timestamp: String::new(),
            requests,
            avg_time: Some(0.0),
            error_rate,
            ..SeriesPoint::default()
        };
        assert_eq!(errors(&point(3, 33.33)), 1);
        assert_eq!(errors(&point(3, 400.0)), 3);
        assert_eq!(errors(&point(3, f64::NAN)), 0);
    }

    #[test]
    fn parts_are_even() {
        let lengths: Vec<_> = even_parts(&[0; 26], 25).map(<[i32]>::len).collect();
        assert_eq!(lengths, [13, 13]);
    }
}
