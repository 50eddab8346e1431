//! The legend of charts of traffic.

use super::{AXIS, HAIR};
use crate::ReportError;
use crate::canvas::{Align, Canvas, Chart, Frame};
use crate::fonts::width_mm;
use crate::palette::{ACCENT, FAILURE, LINE};

const SQUARE: f64 = 2.4;
const HEIGHT: f64 = 3.6;
const GAP: f64 = 7.0;

/// What bars and line stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Legend;

impl Chart for Legend {
    fn size_mm(&self) -> (f64, f64) {
        (174.0, HEIGHT)
    }

    fn picture(&self) -> Frame {
        Frame { at: (0.0, 0.0), size: (76.0, HEIGHT) }
    }

    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), ReportError> {
        let (mut x, y) = (0.0, HEIGHT / 2.0);
        for (name, fill) in [("Successful requests", ACCENT), ("Failed requests", FAILURE)] {
            canvas.rect((x, y - SQUARE / 2.0), (SQUARE, SQUARE), fill)?;
            canvas.text((x + SQUARE + 1.6, y), Align::Left, name, AXIS);
            x += SQUARE + 1.6 + width_mm(name, AXIS.points, AXIS.weight) + GAP;
        }
        canvas.rect((x, y - HAIR), (6.0, 0.4), LINE)?;
        canvas.dot((x + 3.0, y), 0.75, LINE)?;
        canvas.text((x + 7.6, y), Align::Left, "Average response time", AXIS);
        Ok(())
    }
}
