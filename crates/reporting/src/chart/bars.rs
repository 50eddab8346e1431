//! Horizontal bars with names at their left and counts at their right.

use super::{HAIR, LABEL};
use crate::ReportError;
use crate::canvas::{Align, Canvas, Chart, Frame};
use crate::fonts::width_mm;
use crate::format::count;
use crate::palette::{ACCENT, RULE};
use crate::text::shorten;

const WIDTH: f64 = 174.0;
const ROW: f64 = 6.2;
const BAR: f64 = 3.8;

/// Counts by name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bars {
    rows: Vec<(String, u64)>,
    /// The count whose bar takes the whole width.
    largest: u64,
    /// The room of the names.
    names: f64,
}

impl Bars {
    /// Bars with these names and counts, from the top; the largest count's bar takes the whole width.
    pub(crate) fn new(rows: Vec<(String, u64)>, largest: u64) -> Self {
        let names = rows.iter().map(|(name, _)| width(name)).fold(20.0, f64::max).min(75.0);
        Self { rows, largest: largest.max(1), names }
    }

    fn left(&self) -> f64 {
        self.names + 3.0
    }

    /// The length of the longest bar.
    fn room(&self) -> f64 {
        WIDTH - self.left() - 2.5 - width(&count(self.largest))
    }
}

impl Chart for Bars {
    fn size_mm(&self) -> (f64, f64) {
        (WIDTH, self.rows.len() as f64 * ROW + 1.0)
    }

    fn picture(&self) -> Frame {
        Frame { at: (self.left(), 0.0), size: (self.room(), self.size_mm().1) }
    }

    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), ReportError> {
        let left = self.left();
        for (row, (name, requests)) in self.rows.iter().enumerate() {
            let y = (row as f64 + 0.5) * ROW + 0.5;
            let name = shorten(name, LABEL.points, LABEL.weight, self.names);
            canvas.text((self.names, y), Align::Right, name, LABEL);
            let length = (*requests as f64 / self.largest as f64).min(1.0) * self.room();
            canvas.rect((left, y - BAR / 2.0), (length, BAR), ACCENT)?;
            canvas.text((left + length + 2.0, y), Align::Left, count(*requests), LABEL);
        }
        canvas.rect((left, 0.0), (HAIR, self.size_mm().1), RULE)
    }
}

fn width(text: &str) -> f64 {
    width_mm(text, LABEL.points, LABEL.weight)
}
