//! What has to be put down or let go now and then: the last use of keys, sessions that have ended, old audit entries,
//! and what projects leave behind that were removed.

use std::time::Duration;

use domain::Timestamp;
use storage::{Storage, StorageError};

use crate::auth::{KeyUses, SESSION_IDLE_DAYS, SESSION_MAX_DAYS};
use crate::clock::Clock;
use crate::telemetry::describe;

/// How often there is a look at what is to be done; the last use of a key is known to that.
const INTERVAL: Duration = Duration::from_secs(60);
/// Rows that one transaction lets go.
const ROWS_AT_ONCE: u32 = 5000;
/// How long audit entries are kept.
const AUDIT_DAYS: u32 = 400;

/// Tidies up every [`INTERVAL`].
pub(crate) struct Tidying {
    storage: Storage,
    clock: Clock,
    uses: KeyUses,
    due: Duration,
}

impl Tidying {
    pub(crate) fn new(storage: Storage, clock: Clock, uses: KeyUses) -> Self {
        Self { storage, clock, uses, due: Duration::ZERO }
    }

    /// Tidies up if it is time to; what fails is tried again the next time.
    pub(crate) fn run_when_due(&mut self, is_stopped: impl Fn() -> bool) {
        let now = self.clock.elapsed();
        if now < self.due {
            return;
        }
        self.due = now + INTERVAL;
        self.store_uses();
        let (storage, now) = (&self.storage, self.clock.now());
        let old = |days: u32| now.minus_days(days);
        step("sessions", || {
            let (created, used) = (old(SESSION_MAX_DAYS), old(SESSION_IDLE_DAYS));
            storage.forget_sessions(created, used, ROWS_AT_ONCE)
        });
        step("audit entries", || storage.forget_audit(old(AUDIT_DAYS), ROWS_AT_ONCE));
        step("removed projects", || {
            while !is_stopped() && storage.purge_deleted(ROWS_AT_ONCE)? {}
            Ok(())
        });
    }

    /// Puts down what would be lost at the end.
    pub(crate) fn finish(&self) {
        self.store_uses();
    }

    fn store_uses(&self) {
        let uses = self.uses.take();
        let uses: Vec<_> = uses.into_iter().map(|(key, at)| (key, whole_minute(at))).collect();
        if !uses.is_empty() {
            step("uses of keys", || self.storage.touch_keys(&uses));
        }
    }
}

fn whole_minute(at: Timestamp) -> Timestamp {
    let minute = at.as_micros().div_euclid(60_000_000) * 60_000_000;
    Timestamp::from_micros(minute).unwrap_or(at)
}

fn step<T>(what: &'static str, work: impl FnOnce() -> Result<T, StorageError>) {
    if let Err(error) = work() {
        tracing::warn!(what, error = describe(&error), "cannot tidy up; will try again");
    }
}
