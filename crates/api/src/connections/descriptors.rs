//! File descriptors: every connection takes one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Left for the database, the log, the threads' own.
const OTHERS: usize = 256;
/// With fewer connections than that there is no service.
const LEAST: usize = 16;

/// Sees to it that so many connections can be open at the same time, as far as the system lets us; gives how many
/// can.
pub(crate) fn allow_connections(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let needed = wanted.saturating_add(OTHERS) as u64;
    let most = limit.maximum.map_or(needed, |maximum| maximum.min(needed));
    let mut current = limit.current.unwrap_or(u64::MAX);
    if current < most {
        let raised = Rlimit { current: Some(most), maximum: limit.maximum };
        if setrlimit(Resource::Nofile, raised).is_ok() {
            current = most;
        }
    }
    let possible = usize::try_from(current).unwrap_or(usize::MAX).saturating_sub(OTHERS).max(LEAST);
    if possible < wanted {
        tracing::warn!(
            max_connections = wanted,
            possible,
            "the limit of open files allows fewer connections"
        );
    }
    possible.min(wanted)
}
