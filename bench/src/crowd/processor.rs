//! Who used the processors. Not for memory: see `service`.

use std::fs;
use std::time::Instant;

use anyhow::Context;

use crate::machine;

/// Ticks in a second, in `/proc` on every Linux of today (USER_HZ).
const TICKS_PER_SECOND: f64 = 100.0;

/// Time of the processors until a moment.
pub(super) struct Look {
    at: Instant,
    service_ticks: u64,
    own_ticks: u64,
    all_ticks: u64,
}

/// Time of the processors between two moments, in per cent of one core.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shares {
    /// The service.
    pub(super) service: f64,
    /// This program: generator and clients.
    pub(super) generator: f64,
    /// Everything else on the machine.
    pub(super) rest: f64,
}

impl Look {
    /// Looks at the service with that process id, at this program and at the machine.
    pub(super) fn at(service: u32) -> anyhow::Result<Self> {
        Ok(Self {
            at: Instant::now(),
            service_ticks: process_ticks(&service.to_string())?,
            own_ticks: process_ticks("self")?,
            all_ticks: machine::busy_ticks(),
        })
    }

    /// What was used since then.
    pub(super) fn shares_until(&self, later: &Self) -> Shares {
        let seconds = later.at.duration_since(self.at).as_secs_f64();
        let percent = |before: u64, after: u64| {
            ticks(after.saturating_sub(before)) / TICKS_PER_SECOND / seconds * 100.0
        };
        let service = percent(self.service_ticks, later.service_ticks);
        let generator = percent(self.own_ticks, later.own_ticks);
        let all = percent(self.all_ticks, later.all_ticks);
        Shares { service, generator, rest: (all - service - generator).max(0.0) }
    }
}

fn process_ticks(process: &str) -> anyhow::Result<u64> {
    let path = format!("/proc/{process}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    ticks_of(&text).with_context(|| format!("{path} says: {text}"))
}

/// The time in user mode and in the kernel, fields 14 and 15 of `/proc/PID/stat`.
fn ticks_of(text: &str) -> Option<u64> {
    // The second field is the program's name in parentheses, which may hold blanks and parentheses.
    let (_, fields) = text.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11).map(str::parse::<u64>);
    Some(fields.next()?.ok()? + fields.next()?.ok()?)
}

fn ticks(count: u64) -> f64 {
    crate::table::count(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_ticks_of_a_process_whatever_its_name() {
        let text = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 1234 66 7 8 20 0 1 0 99 1000 10";
        assert_eq!(ticks_of(text), Some(1300));
        assert_eq!(ticks_of("42 (cut off"), None);
        assert!(process_ticks("self").is_ok());
    }

    #[test]
    fn shares_are_per_cent_of_one_core() {
        let at = Instant::now();
        let before = Look { at, service_ticks: 10, own_ticks: 20, all_ticks: 1000 };
        let later = at + std::time::Duration::from_secs(2);
        let after = Look { at: later, service_ticks: 210, own_ticks: 120, all_ticks: 1320 };
        let shares = before.shares_until(&after);
        assert_eq!((shares.service, shares.generator, shares.rest), (100.0, 50.0, 10.0));
    }
}
