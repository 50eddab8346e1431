//! The charts of a report and what they share: axes and legends.

mod bars;
mod endpoints;
mod ring;
mod series;

pub(crate) use bars::Bars;
pub(crate) use endpoints::Endpoints;
pub(crate) use ring::{Ring, Slice};
pub(crate) use series::Series;

use crate::ReportError;
use crate::canvas::{Align, Canvas, Type};
use crate::fonts::{Weight, width_mm};
use crate::palette::{ACCENT, FAILURE, INK, LINE, MUTED, Rgb};

/// Names of things.
pub(crate) const LABEL: Type = Type { points: 8.0, weight: Weight::Regular, colour: INK };
/// Numbers of axes, titles of axes, legends.
pub(crate) const AXIS: Type = Type { points: 7.0, weight: Weight::Regular, colour: MUTED };
/// How many steps each axis has: the same for both, so that they share their grid.
pub(crate) const STEPS: u32 = 4;

/// A scale from zero in equal round steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    step: f64,
}

/// One bar of successes and failures, and the average response time beside it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Traffic {
    pub(crate) name: String,
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    /// None where there are no requests.
    pub(crate) avg_time: Option<f64>,
}

/// The two scales of a chart of traffic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scales {
    pub(crate) requests: Scale,
    pub(crate) time: Scale,
}

impl Scale {
    /// The scale that reaches the largest value; counts have whole steps.
    pub(crate) fn counts(largest: f64) -> Self {
        Self::reaching(largest.max(f64::from(STEPS)))
    }

    /// The scale that reaches the largest value.
    pub(crate) fn reaching(largest: f64) -> Self {
        if !largest.is_finite() || largest <= 0.0 {
            return Self { step: 1.0 };
        }
        let rough = largest / f64::from(STEPS);
        let unit = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
            .into_iter()
            .map(|factor| factor * unit)
            // Counts below ten have no fractions.
            .filter(|step| !(1.0..10.0).contains(&unit) || step.fract() == 0.0)
            .find(|step| *step >= rough * 0.999_999)
            .unwrap_or(unit * 10.0);
        Self { step }
    }

    /// Where a value lies, from 0 to 1.
    pub(crate) fn place(self, value: f64) -> f64 {
        let place = value / (self.step * f64::from(STEPS));
        if place.is_finite() { place.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Each step's place from 0 to 1, and its value.
    pub(crate) fn ticks(self) -> impl Iterator<Item = (f64, f64)> {
        (0..=STEPS).map(move |tick| (f64::from(tick) / f64::from(STEPS), f64::from(tick) * self.step))
    }
}

impl Scales {
    /// Scales that hold all of the traffic.
    pub(crate) fn of(traffic: &[Traffic]) -> Self {
        let requests = traffic.iter().map(|t| t.requests).max().unwrap_or(0);
        let time = traffic.iter().filter_map(|t| t.avg_time).fold(0.0, f64::max);
        Self { requests: Scale::counts(requests as f64), time: Scale::reaching(time) }
    }
}

/// The legend of charts of traffic, from the left at the height `y`.
fn legend(canvas: &Canvas<'_>, x: f64, y: f64) -> Result<(), ReportError> {
    let mut at = x;
    for (name, fill) in [("Successful requests", ACCENT), ("Failed requests", FAILURE)] {
        at = swatch(canvas, at, y, name, fill)?;
    }
    canvas.line([(at, y), (at + 5.0, y)], 0.35, LINE)?;
    canvas.dot((at + 2.5, y), 0.55, LINE)?;
    canvas.text((at + 6.5, y), Align::Left, "Average response time", AXIS)
}

/// A coloured square and its name; where the next one begins.
fn swatch(canvas: &Canvas<'_>, x: f64, y: f64, name: &str, fill: Rgb) -> Result<f64, ReportError> {
    canvas.rect((x, y - 1.2), (2.4, 2.4), fill)?;
    canvas.text((x + 4.0, y), Align::Left, name, AXIS)?;
    Ok(x + 10.0 + width_mm(name, AXIS.points, AXIS.weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_have_round_steps_and_reach_the_largest_value() {
        for (largest, step) in
            [(0.0, 1.0), (1.0, 1.0), (7.0, 2.0), (13.0, 4.0), (100.0, 25.0), (4_001.0, 1_200.0)]
        {
            assert_eq!(Scale::counts(largest).step, step, "{largest}");
        }
        assert_eq!(Scale::reaching(f64::NAN).step, 1.0);
        assert!(Scale::reaching(1e300).place(1e300) > 0.5);
    }

    #[test]
    fn places_stay_on_the_scale() {
        let scale = Scale::reaching(100.0);
        assert_eq!(scale.place(1e9), 1.0);
        assert_eq!(scale.place(f64::NAN), 0.0);
        assert_eq!(scale.place(-1.0), 0.0);
    }
}
