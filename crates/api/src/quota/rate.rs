//! Events a second, by project.
//!
//! The rule is GCRA, the generic cell rate algorithm (ITU-T I.371, annex A), with a second's events as its burst; but
//! events that come together are let in together whenever one of them would be: the project then waits until their
//! time is over. So the rate holds on average, and a batch larger than a second's quota is not refused for ever.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{ProjectId, Timestamp};

use crate::clock::Clock;

/// What may come ahead of its time.
const BURST: Duration = Duration::from_secs(1);
/// When so many projects are known, those that are not waiting are forgotten.
const SWEEP_AT: usize = 4096;

/// When the events that each project has sent would have come, at its rate.
pub(crate) struct Rates {
    clock: Clock,
    due: Mutex<HashMap<ProjectId, Duration>>,
}

impl Rates {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, due: Mutex::default() }
    }

    /// Lets events in, all of them or none.
    ///
    /// # Errors
    /// There have been too many: the number of seconds after which it is worth trying again.
    pub(crate) fn admit(&self, project: ProjectId, per_second: u32, events: usize) -> Result<(), u64> {
        let now = self.clock.elapsed();
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if due.len() >= SWEEP_AT {
            due.retain(|_, due| *due > now);
        }
        let known = due.get(&project).copied().unwrap_or_default().max(now);
        let ahead = known - now;
        if ahead >= BURST {
            // In whole seconds, and then it is less.
            return Err((ahead - BURST).as_secs() + 1);
        }
        let events = u32::try_from(events).unwrap_or(u32::MAX);
        let took = Duration::from_secs(1).saturating_mul(events) / per_second.max(1);
        due.insert(project, known + took);
        Ok(())
    }
}

/// How long the day (UTC) still lasts, in seconds.
pub(crate) fn seconds_to_midnight(now: Timestamp) -> u64 {
    const DAY: i64 = 86_400;
    let second = now.as_micros().div_euclid(1_000_000).rem_euclid(DAY);
    (DAY - second).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const PROJECT: ProjectId = ProjectId(1);

    #[test]
    fn the_rate_holds_on_average() {
        let manual = ManualClock::new();
        let rates = Rates::new(manual.clock());
        let mut admitted = 0;
        for _ in 0..1000 {
            for _ in 0..100 {
                admitted += u32::from(rates.admit(PROJECT, 10, 1).is_ok());
            }
            manual.advance(Duration::from_millis(100));
        }
        // A hundred seconds of ten, and the burst.
        assert!((1000..=1010).contains(&admitted), "{admitted}");
    }

    #[test]
    fn a_large_batch_is_let_in_and_paid_for() {
        let manual = ManualClock::new();
        let rates = Rates::new(manual.clock());
        assert_eq!(rates.admit(PROJECT, 10, 100), Ok(()));
        assert_eq!(rates.admit(PROJECT, 10, 1), Err(10));
        assert_eq!(rates.admit(ProjectId(2), 10, 1), Ok(()), "another project is not concerned");
        manual.advance(Duration::from_secs(9));
        assert_eq!(rates.admit(PROJECT, 10, 1), Err(1));
        manual.advance(Duration::from_millis(1));
        assert_eq!(rates.admit(PROJECT, 10, 1), Ok(()));
    }

    #[test]
    fn who_waits_as_long_as_told_is_let_in() {
        for events in [1, 7, 10, 11, 19, 20, 95, 100, 101] {
            for pause_ms in [0, 1, 499, 999, 1000, 1001] {
                let manual = ManualClock::new();
                let rates = Rates::new(manual.clock());
                assert_eq!(rates.admit(PROJECT, 10, events), Ok(()));
                manual.advance(Duration::from_millis(pause_ms));
                if let Err(seconds) = rates.admit(PROJECT, 10, 1) {
                    manual.advance(Duration::from_secs(seconds));
                    assert_eq!(rates.admit(PROJECT, 10, 1), Ok(()), "{events} events, {pause_ms} ms");
                }
            }
        }
    }

    #[test]
    fn few_projects_are_remembered() {
        let manual = ManualClock::new();
        let rates = Rates::new(manual.clock());
        for number in 0..10 * i64::try_from(SWEEP_AT).unwrap() {
            rates.admit(ProjectId(number), 1000, 1).unwrap();
            manual.advance(Duration::from_millis(1));
        }
        assert!(rates.due.lock().unwrap().len() <= SWEEP_AT);
    }

    #[test]
    fn the_day_ends_at_midnight() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000).unwrap();
        assert_eq!(seconds_to_midnight(at(0)), 86_400);
        assert_eq!(seconds_to_midnight(at(86_399)), 1);
        assert_eq!(seconds_to_midnight(at(-1)), 1);
    }
}
