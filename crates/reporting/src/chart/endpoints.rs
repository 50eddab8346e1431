//! Endpoints from top to bottom: stacked bars of successes and failures, response time as a line on the upper axis.

use super::{AXIS, LABEL, Scales, Traffic, legend};
use crate::ReportError;
use crate::canvas::{Align, Canvas, Chart};
use crate::fonts::width_mm;
use crate::format::short_count;
use crate::palette::{ACCENT, FAILURE, GRID, LINE, RULE};
use crate::text::shorten;

const WIDTH: f64 = 174.0;
const RIGHT: f64 = 168.0;
const TOP: f64 = 17.0;
const ROW: f64 = 7.0;
const BAR: f64 = 4.2;

/// A part of the list of endpoints.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Endpoints {
    pub(crate) rows: Vec<Traffic>,
    /// Its own scales: on those of the whole list the bars of a long tail would vanish.
    pub(crate) scales: Scales,
}

impl Chart for Endpoints {
    fn size_mm(&self) -> (f64, f64) {
        (WIDTH, TOP + self.rows.len() as f64 * ROW + 10.0)
    }

    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), ReportError> {
        let names = self.rows.iter().map(|row| width_mm(&row.name, LABEL.points, LABEL.weight));
        let names = names.fold(25.0, f64::max).min(68.0);
        let left = names + 3.0;
        let room = RIGHT - left;
        let bottom = TOP + self.rows.len() as f64 * ROW;
        legend(canvas, left, 2.0)?;
        canvas.text(((left + RIGHT) / 2.0, 8.0), Align::Centre, "Average response time (ms)", AXIS)?;
        canvas.text(((left + RIGHT) / 2.0, bottom + 7.5), Align::Centre, "Requests", AXIS)?;
        for ((place, requests), (_, time)) in self.scales.requests.ticks().zip(self.scales.time.ticks()) {
            let x = left + place * room;
            let line = if place == 0.0 { RULE } else { GRID };
            canvas.line([(x, TOP - 1.0), (x, bottom + 1.0)], 0.2, line)?;
            canvas.text((x, TOP - 3.5), Align::Centre, &short_count(time), AXIS)?;
            canvas.text((x, bottom + 3.2), Align::Centre, &short_count(requests), AXIS)?;
        }
        let mut points = Vec::with_capacity(self.rows.len());
        for (place, row) in self.rows.iter().enumerate() {
            let y = TOP + (place as f64 + 0.5) * ROW;
            let name = shorten(&row.name, LABEL.points, LABEL.weight, names);
            canvas.text((names, y), Align::Right, &name, LABEL)?;
            let good = row.requests.saturating_sub(row.errors) as f64;
            let (good, all) = (
                self.scales.requests.place(good) * room,
                self.scales.requests.place(row.requests as f64) * room,
            );
            canvas.rect((left, y - BAR / 2.0), (good, BAR), ACCENT)?;
            canvas.rect((left + good, y - BAR / 2.0), (all - good, BAR), FAILURE)?;
            points.push((left + self.scales.time.place(row.avg_time.unwrap_or(0.0)) * room, y));
        }
        canvas.line(points.iter().copied(), 0.35, LINE)?;
        for point in points {
            canvas.dot(point, 0.7, LINE)?;
        }
        Ok(())
    }
}
