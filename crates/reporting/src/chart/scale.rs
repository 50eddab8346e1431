//! Scales from zero in equal round steps.

use super::Traffic;
use crate::format::ticks;

/// How many steps each axis has: the same for both, so that they share their grid.
const STEPS: u32 = 4;
/// From here on, times are given in seconds.
const SECONDS_FROM_MS: f64 = 10_000.0;

/// A scale from zero in equal round steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    step: f64,
}

/// The two scales of a chart of traffic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scales {
    requests: Scale,
    time: Scale,
    /// How many milliseconds the unit of the time's scale has.
    unit_ms: f64,
}

/// One line of the grid that both scales share.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    /// Where it lies, from 0 to 1.
    pub(crate) place: f64,
    pub(crate) requests: String,
    pub(crate) time: String,
}

impl Scale {
    /// The scale that reaches the largest count: it has whole steps.
    fn counts(largest: f64) -> Self {
        Self::reaching(largest, 1.0)
    }

    /// The scale that reaches the largest value, with steps of at least this size.
    fn reaching(largest: f64, least: f64) -> Self {
        let rough = largest / f64::from(STEPS);
        if !rough.is_finite() || rough <= least {
            return Self { step: least };
        }
        let unit = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
            .into_iter()
            .map(|factor| factor * unit)
            // Below ten, only whole steps read well.
            .filter(|step| !(1.0..10.0).contains(&unit) || step.fract() == 0.0)
            .find(|step| *step >= rough * 0.999_999)
            .unwrap_or(unit * 10.0);
        Self { step }
    }

    fn place(self, value: f64) -> f64 {
        let place = value / (self.step * f64::from(STEPS));
        if place.is_finite() { place.clamp(0.0, 1.0) } else { 0.0 }
    }
}

impl Scales {
    /// Scales that hold all of the traffic.
    pub(crate) fn of(traffic: &[Traffic]) -> Self {
        let requests = traffic.iter().map(|t| t.requests).max().unwrap_or(0);
        let time = traffic.iter().filter_map(|t| t.avg_time).filter(|time| time.is_finite());
        let time = time.fold(0.0, f64::max);
        let unit_ms = if time < SECONDS_FROM_MS { 1.0 } else { 1_000.0 };
        Self {
            requests: Scale::counts(requests as f64),
            // Times are rounded to a hundredth of a millisecond.
            time: Scale::reaching(time / unit_ms, 0.01),
            unit_ms,
        }
    }

    /// Where a number of requests lies, from 0 to 1.
    pub(crate) fn requests(&self, requests: u64) -> f64 {
        self.requests.place(requests as f64)
    }

    /// Where a time lies, from 0 to 1; a time that is no number lies nowhere.
    pub(crate) fn time(&self, time_ms: Option<f64>) -> Option<f64> {
        let time = time_ms.filter(|time| !time.is_nan())?;
        Some(if time == f64::INFINITY { 1.0 } else { self.time.place(time / self.unit_ms) })
    }

    /// The unit of the time's scale.
    pub(crate) fn time_unit(&self) -> &'static str {
        if self.unit_ms > 1.0 { "s" } else { "ms" }
    }

    /// The lines of the grid, from zero on.
    pub(crate) fn grid(&self) -> Vec<Tick> {
        let places = (0..=STEPS).map(|tick| f64::from(tick) / f64::from(STEPS));
        let texts = ticks(self.requests.step, STEPS).zip(ticks(self.time.step, STEPS));
        places.zip(texts).map(|(place, (requests, time))| Tick { place, requests, time }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(requests: u64, avg_time: Option<f64>) -> Traffic {
        Traffic { name: String::new(), requests, errors: 0, avg_time }
    }

    #[test]
    fn scales_have_round_steps_and_reach_the_largest_value() {
        for (largest, step) in
            [(0.0, 1.0), (1.0, 1.0), (7.0, 2.0), (13.0, 4.0), (100.0, 25.0), (4_001.0, 1_200.0)]
        {
            assert_eq!(Scale::counts(largest).step, step, "{largest}");
        }
        assert_eq!(Scale::counts(f64::NAN).step, 1.0);
        assert!(Scale::counts(1e300).place(1e300) > 0.5);
    }

    #[test]
    fn places_stay_on_the_scale() {
        let scales = Scales::of(&[traffic(100, Some(100.0))]);
        assert_eq!(scales.requests(u64::MAX), 1.0);
        assert_eq!(scales.time(Some(f64::INFINITY)), Some(1.0));
        assert_eq!(scales.time(Some(-1.0)), Some(0.0));
    }

    #[test]
    fn a_missing_time_lies_nowhere() {
        let scales = Scales::of(&[traffic(1, None)]);
        assert_eq!(scales.time(None), None);
        assert_eq!(scales.time(Some(f64::NAN)), None);
        assert_eq!(scales.time(Some(0.0)), Some(0.0));
    }

    #[test]
    fn long_times_are_in_seconds() {
        let scales = Scales::of(&[traffic(1, Some(30_000.0))]);
        assert_eq!(scales.time_unit(), "s");
        let times: Vec<_> = scales.grid().into_iter().map(|tick| tick.time).collect();
        assert_eq!(times, ["0", "8", "16", "24", "32"]);
        assert_eq!(Scales::of(&[traffic(1, Some(9_999.0))]).time_unit(), "ms");
    }

    #[test]
    fn ticks_of_short_times_differ() {
        let scales = Scales::of(&[traffic(1, Some(0.05))]);
        let times: Vec<_> = scales.grid().into_iter().map(|tick| tick.time).collect();
        assert_eq!(times, ["0", "0.015", "0.030", "0.045", "0.060"]);
    }
}
