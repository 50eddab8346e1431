//! Lines of the log that an overload or a failing database would repeat by the thousand: the first of a kind is
//! written at once, then one a second, which says how many were left out.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// At most one line of a kind in so long.
const INTERVAL: Duration = Duration::from_secs(1);

/// Lines of one kind are told from others, and not from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A request was answered with this status.
    Answer(u16),
    /// The database failed a request, in this way.
    Storage(&'static str),
    /// Events could not be stored.
    NotStored,
    /// API keys could not be looked up.
    LookUp,
    /// Events could not be read.
    NotRead,
    /// Work could not be handed to another thread.
    BlockingPool,
}

/// Whether a line of this kind is to be written now: if so, how many were left out since the last one.
pub(crate) fn admit(kind: Kind) -> Option<LeftOut> {
    static LINES: LazyLock<Lines> = LazyLock::new(|| Lines::new(Clock::system()));
    LINES.admit(kind)
}

/// How many lines were left out; for a field of the line that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LeftOut(u64);

impl LeftOut {
    /// The number, if there is something to tell.
    pub(crate) fn count(self) -> Option<u64> {
        (self.0 > 0).then_some(self.0)
    }
}

struct Lines {
    clock: Clock,
    kinds: Mutex<BTreeMap<Kind, Line>>,
}

struct Line {
    /// A reading of the clock.
    next_at: Duration,
    left_out: u64,
}

impl Lines {
    fn new(clock: Clock) -> Self {
        Self { clock, kinds: Mutex::default() }
    }

    fn admit(&self, kind: Kind) -> Option<LeftOut> {
        let now = self.clock.elapsed();
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let line = kinds.entry(kind).or_insert(Line { next_at: now, left_out: 0 });
        if now < line.next_at {
            line.left_out += 1;
            return None;
        }
        line.next_at = now + INTERVAL;
        Some(LeftOut(std::mem::take(&mut line.left_out)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn equal_lines_are_counted_and_told_once_a_second() {
        let manual = ManualClock::new();
        let lines = Lines::new(manual.clock());
        assert_eq!(lines.admit(Kind::NotStored), Some(LeftOut(0)), "the first comes at once");
        for _ in 0..1000 {
            assert_eq!(lines.admit(Kind::NotStored), None);
        }
        manual.advance(Duration::from_millis(999));
        assert_eq!(lines.admit(Kind::NotStored), None);
        manual.advance(Duration::from_millis(1));
        assert_eq!(lines.admit(Kind::NotStored), Some(LeftOut(1001)));
        manual.advance(Duration::from_secs(60));
        assert_eq!(lines.admit(Kind::NotStored).unwrap().count(), None, "none were left out");
    }

    #[test]
    fn kinds_do_not_hide_each_other() {
        let lines = Lines::new(ManualClock::new().clock());
        for kind in [Kind::Answer(503), Kind::Answer(500), Kind::Storage("busy"), Kind::Storage("query")] {
            assert!(lines.admit(kind).is_some(), "{kind:?}");
            assert!(lines.admit(kind).is_none(), "{kind:?}");
        }
    }
}
