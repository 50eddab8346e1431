//! Allowances that refill with time, and a bounded memory of who has used how much of them.
//!
//! What is used is kept as one reading of the clock: the instant at which all of it will be there again.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// So many at once, and as many more within each period, evenly.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    /// The time in which one is refilled.
    each: Duration,
    period: Duration,
}

impl Allowance {
    /// At least one.
    pub(super) fn new(count: u32, period: Duration) -> Self {
        Self { each: period / count.max(1), period }
    }

    /// How long until one more is allowed, of an allowance that is whole again at `whole`. Zero: it is allowed now.
    pub(super) fn wait(self, whole: Duration, now: Duration) -> Duration {
        (whole.max(now) + self.each).saturating_sub(now + self.period)
    }

    /// When it is whole again if one more is used, be it allowed or not.
    pub(super) fn charged(self, whole: Duration, now: Duration) -> Duration {
        whole.max(now) + self.each
    }
}

/// Remembers an instant for each key, until that instant. Beyond its room it forgets those that would be forgotten
/// soonest, a quarter at a time.
#[derive(Debug)]
pub(super) struct Remembered<K> {
    until: HashMap<K, Duration>,
    at_most: usize,
    /// When there are so many, what is past is looked for.
    sweep_at: usize,
}

/// Fewer are not worth a sweep.
const MIN_SWEEP: usize = 1024;

impl<K: Eq + Hash> Remembered<K> {
    pub(super) fn at_most(at_most: usize) -> Self {
        Self { until: HashMap::new(), at_most, sweep_at: at_most.min(MIN_SWEEP) }
    }

    /// The instant of that key; the beginning of time if there is none.
    pub(super) fn until(&self, key: &K) -> Duration {
        self.until.get(key).copied().unwrap_or_default()
    }

    pub(super) fn set(&mut self, key: K, until: Duration, now: Duration) {
        if self.until.len() >= self.sweep_at && !self.until.contains_key(&key) {
            self.make_room(now);
        }
        self.until.insert(key, until);
    }

    /// Uses one more of the key's allowance.
    pub(super) fn charge(&mut self, key: K, allowance: Allowance, now: Duration) {
        let whole = allowance.charged(self.until(&key), now);
        self.set(key, whole, now);
    }

    pub(super) fn forget(&mut self, key: &K) {
        self.until.remove(key);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.until.len()
    }

    fn make_room(&mut self, now: Duration) {
        self.until.retain(|_, until| *until > now);
        if self.until.len() >= self.at_most {
            let mut instants: Vec<Duration> = self.until.values().copied().collect();
            let mut surplus = instants.len() - self.at_most + self.at_most.div_ceil(4);
            let (_, &mut last, _) = instants.select_nth_unstable(surplus - 1);
            self.until.retain(|_, until| {
                let goes = *until <= last && surplus > 0;
                surplus -= usize::from(goes);
                !goes
            });
        }
        self.sweep_at = (self.until.len() * 2).max(MIN_SWEEP).min(self.at_most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(minutes * 60)
    }

    #[test]
    fn refills_evenly_and_remembers_what_went_beyond_it() {
        let allowance = Allowance::new(6, HOUR);
        let mut whole = Duration::ZERO;
        for _ in 0..6 {
            assert_eq!(allowance.wait(whole, Duration::ZERO), Duration::ZERO);
            whole = allowance.charged(whole, Duration::ZERO);
        }
        assert_eq!(allowance.wait(whole, Duration::ZERO), minutes(10));
        assert_eq!(allowance.wait(whole, minutes(9)), minutes(1));
        assert_eq!(allowance.wait(whole, minutes(10)), Duration::ZERO);
        // Two that were under way.
        whole = allowance.charged(allowance.charged(whole, Duration::ZERO), Duration::ZERO);
        assert_eq!(allowance.wait(whole, minutes(10)), minutes(20));
        assert_eq!(allowance.wait(whole, minutes(80)), Duration::ZERO);
        assert_eq!(allowance.charged(whole, minutes(100)), minutes(110), "rest makes it no larger");
    }

    #[test]
    fn what_is_past_is_forgotten_before_there_is_much_of_it() {
        let mut remembered = Remembered::at_most(100_000);
        for minute in 0..100_000 {
            remembered.set(minute, minutes(minute + 60), minutes(minute));
            assert!(remembered.len() <= MIN_SWEEP, "{}", remembered.len());
        }
    }

    #[test]
    fn without_room_those_go_that_would_go_soonest() {
        let mut remembered = Remembered::at_most(100);
        for key in 0..100_u64 {
            remembered.set(key, minutes(1 + key), Duration::ZERO);
        }
        remembered.set(1000, minutes(1), Duration::ZERO);
        assert_eq!(remembered.len(), 76);
        let kept = (0..100).filter(|key| remembered.until(key) > Duration::ZERO);
        assert!(kept.eq(25..100));
        for key in 2000..100_000 {
            remembered.set(key, minutes(1), Duration::ZERO);
            assert!(remembered.len() <= 100);
        }
        assert_eq!(remembered.until(&99), minutes(100), "the one that counts most is never forgotten");
    }

    #[test]
    fn many_with_the_same_instant_do_not_all_go() {
        let mut remembered = Remembered::at_most(100);
        for key in 0..101_u64 {
            remembered.set(key, minutes(1), Duration::ZERO);
        }
        assert_eq!(remembered.len(), 76);
    }

    #[test]
    fn one_key_needs_one_room() {
        let mut remembered = Remembered::at_most(1);
        for minute in 1..10 {
            remembered.set((), minutes(minute), Duration::ZERO);
            assert_eq!(remembered.until(&()), minutes(minute));
        }
    }
}
