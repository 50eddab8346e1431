//! Buckets from left to right: stacked bars of successes and failures, response time as a line on the right axis.

use super::{AXIS, HAIR, Scales, Traffic, stack, times};
use crate::ReportError;
use crate::canvas::{Align, Canvas, Chart, Frame};
use crate::fonts::width_mm;
use crate::palette::{ACCENT, FAILURE, GRID, RULE};

const SIZE: (f64, f64) = (174.0, 71.0);
const LEFT: f64 = 14.0;
const RIGHT: f64 = 161.0;
const TOP: f64 = 7.0;
const BOTTOM: f64 = 64.0;
const WIDEST_BAR: f64 = 12.0;
/// Up to so many points of the line are marked.
const MOST_DOTS: usize = 62;
/// How far the picture reaches beyond the axes.
const OVER: f64 = 1.2;

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

    fn picture(&self) -> Frame {
        let size = (RIGHT - LEFT + 2.0 * OVER, BOTTOM - TOP + 2.0 * OVER);
        Frame { at: (LEFT - OVER, TOP - OVER), size }
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
            let (good, bad) = stack(bucket, self.scales.requests(bucket.requests) * height);
            canvas.rect((x - bar / 2.0, BOTTOM - good), (bar, good), ACCENT)?;
            canvas.rect((x - bar / 2.0, BOTTOM - good - bad), (bar, bad), FAILURE)?;
            points.push(self.scales.time(bucket.avg_time).map(|time| (x, BOTTOM - time * height)));
        }
        canvas.rect((LEFT, BOTTOM), (RIGHT - LEFT, HAIR), RULE)?;
        self.labels(canvas, slot)?;
        let width = if slot < 1.0 { 0.2 } else { 0.4 };
        let dot = (points.len() <= MOST_DOTS).then_some((slot * 0.3).clamp(0.5, 0.8));
        times(canvas, &points, width, dot)
    }
}

impl Series {
    fn axes(&self, canvas: &Canvas<'_>) -> Result<(), ReportError> {
        let title = format!("Average response time ({})", self.scales.time_unit());
        canvas.text((0.0, 1.5), Align::Left, "Requests", AXIS);
        canvas.text((SIZE.0, 1.5), Align::Right, title, AXIS);
        for tick in self.scales.grid() {
            let y = BOTTOM - tick.place * (BOTTOM - TOP);
            canvas.rect((LEFT, y - HAIR / 2.0), (RIGHT - LEFT, HAIR), GRID)?;
            canvas.text((LEFT - 2.0, y), Align::Right, tick.requests, AXIS);
            canvas.text((RIGHT + 2.0, y), Align::Left, tick.time, AXIS);
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
            canvas.rect((x - HAIR / 2.0, BOTTOM), (HAIR, OVER), RULE)?;
            canvas.text((x, BOTTOM + 3.8), Align::Centre, bucket.name.as_str(), AXIS);
            free = x + widest / 2.0 + 5.0;
        }
        Ok(())
    }
}
