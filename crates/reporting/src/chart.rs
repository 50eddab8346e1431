//! The charts of a report and what they share: scales, legend and the line of response times.

mod bars;
mod endpoints;
mod legend;
mod ring;
mod scale;
mod series;

pub(crate) use bars::Bars;
pub(crate) use endpoints::Endpoints;
pub(crate) use legend::Legend;
pub(crate) use ring::{Ring, Slice};
pub(crate) use scale::Scales;
pub(crate) use series::Series;

use crate::ReportError;
use crate::canvas::{Canvas, Type};
use crate::fonts::Weight;
use crate::palette::{INK, LINE, MUTED};

/// Names of things.
pub(crate) const LABEL: Type = Type { points: 8.0, weight: Weight::Regular, colour: INK };
/// Numbers of axes, titles of axes, legends.
pub(crate) const AXIS: Type = Type { points: 7.0, weight: Weight::Regular, colour: MUTED };
/// The width of grid lines.
const HAIR: f64 = 0.15;

/// One bar of successes and failures, and the average response time beside it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Traffic {
    pub(crate) name: String,
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    /// In milliseconds; none where there is nothing to average.
    pub(crate) avg_time: Option<f64>,
}

/// The lengths of the two parts of a bar that is so long for all its requests.
fn stack(traffic: &Traffic, all: f64) -> (f64, f64) {
    let errors = traffic.errors.min(traffic.requests) as f64;
    let bad = all * errors / (traffic.requests.max(1) as f64);
    (all - bad, bad)
}

/// Draws the line of response times; where one is missing, the line is broken.
fn times(
    canvas: &Canvas<'_>,
    points: &[Option<(f64, f64)>],
    width: f64,
    dot: Option<f64>,
) -> Result<(), ReportError> {
    for run in points.split(Option::is_none) {
        let run: Vec<_> = run.iter().copied().flatten().collect();
        match (dot, run.as_slice()) {
            // Without a dot, a lonely point would be lost.
            (None, [at]) => canvas.dot(*at, width, LINE)?,
            // So many points that white rims would cover the bars.
            (None, run) => canvas.stroke(run, width, LINE)?,
            (Some(radius), run) => {
                canvas.line(run, width, LINE)?;
                run.iter().try_for_each(|at| canvas.dot(*at, radius, LINE))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_divided_by_failures() {
        let traffic = |requests, errors| Traffic { name: String::new(), requests, errors, avg_time: None };
        assert_eq!(stack(&traffic(4, 1), 8.0), (6.0, 2.0));
        assert_eq!(stack(&traffic(4, 9), 8.0), (0.0, 8.0));
        assert_eq!(stack(&traffic(0, 0), 0.0), (0.0, 0.0));
    }
}
