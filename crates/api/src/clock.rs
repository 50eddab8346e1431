//! The time, passed in to whatever expires, is throttled or stamped, so that tests can turn it. The only file
//! that may ask the system for the time of anything that is kept or decided.

use std::time::{Duration, Instant};

use domain::Timestamp;

/// Tells the time. Clones tell the same time.
#[derive(Clone, Debug)]
pub(crate) struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    /// The system's clocks; the monotonic one counts from here.
    System(Instant),
    #[cfg(test)]
    Manual(ManualClock),
}

impl Clock {
    /// The system's clocks.
    #[expect(clippy::disallowed_methods, reason = "the one place where a clock begins")]
    pub(crate) fn system() -> Self {
        Self(Source::System(Instant::now()))
    }

    /// The present, for stamps and expiry. It may jump when the system's clock is set.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the calendar clock")]
    pub(crate) fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System(_) => Timestamp::from(chrono::Utc::now()),
            #[cfg(test)]
            Source::Manual(clock) => clock.now(),
        }
    }

    /// The instant that many hours ago.
    pub(crate) fn hours_ago(&self, hours: u32) -> Timestamp {
        let micros = self.now().as_micros().saturating_sub(i64::from(hours) * 3_600_000_000);
        Timestamp::from_micros(micros).unwrap_or(Timestamp::MIN)
    }

    /// How long the clock runs, for intervals and throttles. It never jumps and never goes back.
    pub(crate) fn elapsed(&self) -> Duration {
        match &self.0 {
            Source::System(start) => start.elapsed(),
            #[cfg(test)]
            Source::Manual(clock) => clock.elapsed(),
        }
    }
}

#[cfg(test)]
pub(crate) use manual::ManualClock;

#[cfg(test)]
mod manual {
    use std::sync::{Arc, Mutex};

    use super::{Clock, Duration, Source, Timestamp};

    /// Turns a [`Clock`] by hand.
    #[derive(Clone, Debug)]
    pub(crate) struct ManualClock(Arc<Mutex<(Timestamp, Duration)>>);

    impl ManualClock {
        /// A clock that stands at this instant.
        pub(crate) fn at(now: Timestamp) -> Self {
            Self(Arc::new(Mutex::new((now, Duration::ZERO))))
        }

        /// A clock that stands at 2025-06-01T12:00:00Z.
        pub(crate) fn new() -> Self {
            Self::at(Timestamp::from_micros(1_748_779_200_000_000).unwrap())
        }

        /// The clock to pass in.
        pub(crate) fn clock(&self) -> Clock {
            Clock(Source::Manual(self.clone()))
        }

        /// Lets time go by.
        pub(crate) fn advance(&self, time: Duration) {
            let mut state = self.0.lock().unwrap();
            let micros = state.0.as_micros() + i64::try_from(time.as_micros()).unwrap();
            *state = (Timestamp::from_micros(micros).unwrap(), state.1 + time);
        }

        /// Sets the calendar as an operator may do, backwards too; no time goes by.
        pub(crate) fn set(&self, now: Timestamp) {
            self.0.lock().unwrap().0 = now;
        }

        pub(super) fn now(&self) -> Timestamp {
            self.0.lock().unwrap().0
        }

        pub(super) fn elapsed(&self) -> Duration {
            self.0.lock().unwrap().1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_tells_the_present_and_never_goes_back() {
        let clock = Clock::system();
        let (now, elapsed) = (clock.now(), clock.elapsed());
        assert!(now > ManualClock::new().clock().now());
        assert!(clock.clone().elapsed() >= elapsed);
    }

    #[test]
    fn clones_of_a_manual_clock_turn_together() {
        let manual = ManualClock::new();
        let (clock, start) = (manual.clock(), manual.clock().now());
        manual.advance(Duration::from_secs(3600));
        assert_eq!(clock.hours_ago(1), start);
        assert_eq!(clock.clone().elapsed(), Duration::from_secs(3600));
        manual.set(Timestamp::MIN);
        assert_eq!(clock.now(), Timestamp::MIN);
        assert_eq!(clock.elapsed(), Duration::from_secs(3600), "setting the calendar takes no time");
    }

    #[test]
    fn there_is_nothing_before_the_first_instant() {
        assert_eq!(ManualClock::at(Timestamp::MIN).clock().hours_ago(1), Timestamp::MIN);
    }
}
