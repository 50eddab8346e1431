//! Horizontal bars with names at their left and counts at their right.

use super::LABEL;
use crate::ReportError;
use crate::canvas::{Align, Canvas, Chart};
use crate::fonts::width_mm;
use crate::format::count;
use crate::palette::{ACCENT, RULE};
use crate::text::shorten;

const WIDTH: f64 = 174.0;
const ROW: f64 = 6.0;
const BAR: f64 = 3.6;

/// Counts by name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bars {
    /// Names and counts, from the top.
    pub(crate) rows: Vec<(String, u64)>,
    /// The count whose bar takes the whole width.
    pub(crate) largest: u64,
}

impl Chart for Bars {
    fn size_mm(&self) -> (f64, f64) {
        (WIDTH, self.rows.len() as f64 * ROW + 1.0)
    }

    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), ReportError> {
        let width = |text: &str| width_mm(text, LABEL.points, LABEL.weight);
        let names = self.rows.iter().map(|(name, _)| width(name)).fold(20.0, f64::max);
        let names = names.min(75.0);
        let left = names + 3.0;
        let room = WIDTH - left - 4.0 - width(&count(self.largest));
        for (row, (name, requests)) in self.rows.iter().enumerate() {
            let y = (row as f64 + 0.5) * ROW + 0.5;
            let name = shorten(name, LABEL.points, LABEL.weight, names);
            canvas.text((names, y), Align::Right, &name, LABEL)?;
            let length = *requests as f64 / self.largest.max(1) as f64 * room;
            canvas.rect((left, y - BAR / 2.0), (length, BAR), ACCENT)?;
            canvas.text((left + length + 2.0, y), Align::Left, &count(*requests), LABEL)?;
        }
        let bottom = self.size_mm().1;
        canvas.line([(left, 0.0), (left, bottom)], 0.2, RULE)
    }
}
