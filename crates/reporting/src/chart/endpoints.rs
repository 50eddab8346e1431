//! Endpoints from top to bottom: stacked bars of successes and failures, response time as a line on the upper axis.

use super::{AXIS, HAIR, LABEL, Scales, Traffic, stack, times};
use crate::ReportError;
use crate::canvas::{Align, Canvas, Chart, Frame};
use crate::fonts::width_mm;
use crate::palette::{ACCENT, FAILURE, GRID, RULE};
use crate::text::shorten;

const WIDTH: f64 = 174.0;
const RIGHT: f64 = 170.0;
const TOP: f64 = 11.0;
const ROW: f64 = 7.0;
const BAR: f64 = 4.4;
/// How far the grid reaches beyond the rows, and the picture beyond the grid.
const OVER: f64 = 1.0;

/// A part of the list of endpoints.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Endpoints {
    rows: Vec<Traffic>,
    /// Its own scales: on those of the whole list the bars of a long tail would vanish.
    scales: Scales,
    /// The room of the names.
    names: f64,
}

impl Endpoints {
    /// The chart of these endpoints, from the top.
    pub(crate) fn new(rows: Vec<Traffic>) -> Self {
        let names = rows.iter().map(|row| width_mm(&row.name, LABEL.points, LABEL.weight));
        let names = names.fold(25.0, f64::max).min(68.0);
        Self { scales: Scales::of(&rows), names, rows }
    }

    fn left(&self) -> f64 {
        self.names + 3.0
    }

    fn bottom(&self) -> f64 {
        TOP + self.rows.len() as f64 * ROW
    }
}

impl Chart for Endpoints {
    fn size_mm(&self) -> (f64, f64) {
        (WIDTH, self.bottom() + 9.0)
    }

    fn picture(&self) -> Frame {
        let (left, top) = (self.left() - OVER, TOP - OVER);
        Frame { at: (left, top), size: (RIGHT + OVER - left, self.bottom() + OVER - top) }
    }

    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), ReportError> {
        self.axes(canvas)?;
        let (left, room) = (self.left(), RIGHT - self.left());
        let mut points = Vec::with_capacity(self.rows.len());
        for (place, row) in self.rows.iter().enumerate() {
            let y = TOP + (place as f64 + 0.5) * ROW;
            let name = shorten(&row.name, LABEL.points, LABEL.weight, self.names);
            canvas.text((self.names, y), Align::Right, name, LABEL);
            let (good, bad) = stack(row, self.scales.requests(row.requests) * room);
            canvas.rect((left, y - BAR / 2.0), (good, BAR), ACCENT)?;
            canvas.rect((left + good, y - BAR / 2.0), (bad, BAR), FAILURE)?;
            points.push(self.scales.time(row.avg_time).map(|time| (left + time * room, y)));
        }
        times(canvas, &points, 0.4, Some(0.8))
    }
}

impl Endpoints {
    fn axes(&self, canvas: &Canvas<'_>) -> Result<(), ReportError> {
        let (left, bottom) = (self.left(), self.bottom());
        let middle = f64::midpoint(left, RIGHT);
        let title = format!("Average response time ({})", self.scales.time_unit());
        canvas.text((middle, 2.0), Align::Centre, title, AXIS);
        canvas.text((middle, bottom + 7.4), Align::Centre, "Requests", AXIS);
        for tick in self.scales.grid() {
            let x = left + tick.place * (RIGHT - left);
            let line = if tick.place == 0.0 { RULE } else { GRID };
            canvas.rect((x - HAIR / 2.0, TOP - OVER), (HAIR, bottom - TOP + 2.0 * OVER), line)?;
            canvas.text((x, TOP - 3.4), Align::Centre, tick.time, AXIS);
            canvas.text((x, bottom + 3.4), Align::Centre, tick.requests, AXIS);
        }
        Ok(())
    }
}
