//! A ring of shares with its legend: percentages stand in the legend, where they cannot overlap.

use std::f64::consts::{PI, TAU};

use super::{AXIS, LABEL};
use crate::ReportError;
use crate::canvas::{Align, Canvas, Chart, Frame, Type};
use crate::fonts::{Weight, width_mm};
use crate::format::{count, share, short_count};
use crate::palette::{INK, OTHER, Rgb, WHITE};

const CENTRE: (f64, f64) = (22.0, 22.0);
const OUTER: f64 = 20.0;
const INNER: f64 = 13.0;
/// Where the legend's squares and names begin.
const SWATCHES: f64 = 48.0;
const NAMES: f64 = 53.0;
const MAX_SLICES: usize = 8;

/// One share of a ring.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Slice {
    pub(crate) name: String,
    pub(crate) requests: u64,
    pub(crate) colour: Rgb,
}

/// Shares of a whole.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ring {
    slices: Vec<Slice>,
}

impl Ring {
    /// The ring of these slices, largest first, the small ones taken together where there are too many.
    pub(crate) fn new(mut slices: Vec<Slice>) -> Self {
        slices.retain(|slice| slice.requests > 0);
        slices.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| a.name.cmp(&b.name)));
        if slices.len() > MAX_SLICES {
            let small = slices.split_off(MAX_SLICES - 1);
            slices.push(Slice {
                name: format!("{} others", small.len()),
                requests: small.iter().fold(0, |sum, slice| sum.saturating_add(slice.requests)),
                colour: OTHER,
            });
        }
        Self { slices }
    }
}

impl Chart for Ring {
    fn size_mm(&self) -> (f64, f64) {
        (84.0, 44.0)
    }

    fn picture(&self) -> Frame {
        Frame {
            at: (CENTRE.0 - OUTER - 0.5, CENTRE.1 - OUTER - 0.5),
            size: (SWATCHES - CENTRE.0 + OUTER + 4.0, 2.0 * OUTER + 1.0),
        }
    }

    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), ReportError> {
        let total: f64 = self.slices.iter().map(|slice| slice.requests as f64).sum();
        if total <= 0.0 {
            return Ok(());
        }
        let mut from = -PI / 2.0;
        let mut edges = Vec::new();
        for slice in &self.slices {
            let to = from + slice.requests as f64 / total * TAU;
            edges.push(from);
            canvas.polygon(&sector(from, to), slice.colour)?;
            from = to;
        }
        if edges.len() > 1 {
            for angle in edges {
                canvas.stroke(&[point(INNER - 0.5, angle), point(OUTER + 0.5, angle)], 0.4, WHITE)?;
            }
        }
        let whole = self.slices.iter().fold(0_u64, |sum, slice| sum.saturating_add(slice.requests));
        let figure = if whole < 10_000_000 { count(whole) } else { short_count(whole as f64) };
        let bold = Type { points: 11.0, weight: Weight::Bold, colour: INK };
        canvas.text((CENTRE.0, CENTRE.1 - 1.8), Align::Centre, figure, bold);
        canvas.text((CENTRE.0, CENTRE.1 + 2.8), Align::Centre, "requests", AXIS);
        self.legend(canvas, total)
    }
}

impl Ring {
    fn legend(&self, canvas: &Canvas<'_>, total: f64) -> Result<(), ReportError> {
        const ROW: f64 = 5.2;
        let rows = self.slices.len() as f64;
        let mut y = CENTRE.1 - (rows - 1.0) / 2.0 * ROW;
        let names = self.slices.iter().map(|s| width_mm(&s.name, LABEL.points, LABEL.weight));
        let right = NAMES + names.fold(0.0, f64::max).max(10.0) + 15.0;
        for slice in &self.slices {
            canvas.rect((SWATCHES, y - 1.3), (2.6, 2.6), slice.colour)?;
            canvas.text((NAMES, y), Align::Left, slice.name.as_str(), LABEL);
            canvas.text((right, y), Align::Right, share(slice.requests as f64, total), LABEL);
            y += ROW;
        }
        Ok(())
    }
}

fn point(radius: f64, angle: f64) -> (f64, f64) {
    (CENTRE.0 + radius * angle.cos(), CENTRE.1 + radius * angle.sin())
}

/// The outline of a piece of the ring.
fn sector(from: f64, to: f64) -> Vec<(f64, f64)> {
    const PARTS: u32 = 120;
    let angle = |part: u32| from + (to - from) * f64::from(part) / f64::from(PARTS);
    let outer = (0..=PARTS).map(|part| point(OUTER, angle(part)));
    let inner = (0..=PARTS).rev().map(|part| point(INNER, angle(part)));
    outer.chain(inner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_small_slices_together() {
        let slices = (1..=12).map(|n| Slice { name: n.to_string(), requests: n, colour: OTHER });
        let ring = Ring::new(slices.collect());
        assert_eq!(ring.slices.len(), 8);
        let last = ring.slices.last().unwrap();
        assert_eq!((last.name.as_str(), last.requests), ("5 others", 15));
    }
}
