//! Buckets from left to right: stacked bars of successes and failures, response time as a line on the right axis.

use super::{AXIS, Scales, Traffic, legend};
use crate::ReportError;
use crate::canvas::{Align, Canvas, Chart};
use crate::fonts::width_mm;
use crate::format::short_count;
use crate::palette::{ACCENT, FAILURE, GRID, LINE, RULE};

const SIZE: (f64, f64) = (174.0, 76.0);
const LEFT: f64 = 14.0;
const RIGHT: f64 = 160.0;
const TOP: f64 = 13.0;
const BOTTOM: f64 = 68.0;
const WIDEST_BAR: f64 = 12.0;
/// Up to so many points of the line are marked.
const MOST_DOTS: usize = 62;

/// A part of the time series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) buckets: Vec<Traffic>,
    /// The scales of the whole series, so that its parts compare.
    pub(crate) scales: Scales,
}

impl Chart for Series {
    fn size_mm(&self) -> (f64, f64) {
        SIZE
    }

    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), ReportError> {
        self.axes(canvas)?;
        let slot = (RIGHT - LEFT) / self.buckets.len().max(1) as f64;
        // Gaps between thin bars would only shimmer.
        let gap = if slot < 1.0 { 1.0 } else { 0.72 };
        let bar = (slot * gap).min(WIDEST_BAR);
        let height = BOTTOM - TOP;
        let mut points = Vec::with_capacity(self.buckets.len());
        for (place, bucket) in self.buckets.iter().enumerate() {
            let x = LEFT + (place as f64 + 0.5) * slot;
            let good = bucket.requests.saturating_sub(bucket.errors) as f64;
            let good = self.scales.requests.place(good) * height;
            let all = self.scales.requests.place(bucket.requests as f64) * height;
            canvas.rect((x - bar / 2.0, BOTTOM - good), (bar, good), ACCENT)?;
            canvas.rect((x - bar / 2.0, BOTTOM - all), (bar, all - good), FAILURE)?;
            points.push(bucket.avg_time.map(|time| (x, BOTTOM - self.scales.time.place(time) * height)));
        }
        canvas.line([(LEFT, BOTTOM), (RIGHT, BOTTOM)], 0.2, RULE)?;
        self.labels(canvas, slot)?;
        let stroke = if slot < 1.0 { 0.2 } else { 0.35 };
        // The line breaks where there is no time to show.
        for run in points.split(Option::is_none) {
            canvas.line(run.iter().flatten().copied(), stroke, LINE)?;
        }
        if points.len() <= MOST_DOTS {
            for point in points.into_iter().flatten() {
                canvas.dot(point, (slot * 0.3).clamp(0.35, 0.7), LINE)?;
            }
        }
        Ok(())
    }
}

impl Series {
    fn axes(&self, canvas: &Canvas<'_>) -> Result<(), ReportError> {
        legend(canvas, 42.0, 2.0)?;
        canvas.text((0.0, 8.0), Align::Left, "Requests", AXIS)?;
        canvas.text((SIZE.0, 8.0), Align::Right, "Response time (ms)", AXIS)?;
        for ((place, requests), (_, time)) in self.scales.requests.ticks().zip(self.scales.time.ticks()) {
            let y = BOTTOM - place * (BOTTOM - TOP);
            canvas.line([(LEFT, y), (RIGHT, y)], 0.2, GRID)?;
            canvas.text((LEFT - 2.0, y), Align::Right, &short_count(requests), AXIS)?;
            canvas.text((RIGHT + 2.0, y), Align::Left, &short_count(time), AXIS)?;
        }
        Ok(())
    }

    /// Names as many buckets as there is room for, at equal distances from the first one on.
    fn labels(&self, canvas: &Canvas<'_>, slot: f64) -> Result<(), ReportError> {
        let widths = self.buckets.iter().take(8);
        let widths = widths.map(|bucket| width_mm(&bucket.name, AXIS.points, AXIS.weight));
        let widest = widths.fold(1.0, f64::max);
        let mut free = 0.0;
        for (place, bucket) in self.buckets.iter().enumerate() {
            let x = LEFT + (place as f64 + 0.5) * slot;
            if x - widest / 2.0 < free || x + widest / 2.0 > SIZE.0 {
                continue;
            }
            canvas.line([(x, BOTTOM), (x, BOTTOM + 1.0)], 0.2, RULE)?;
            canvas.text((x, BOTTOM + 3.6), Align::Centre, &bucket.name, AXIS)?;
            free = x + widest / 2.0 + 5.0;
        }
        Ok(())
    }
}
