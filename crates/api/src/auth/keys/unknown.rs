//! Keys that were looked up a short while ago and do not exist. Anybody can make up as many as there is time for, so
//! noting one must cost next to nothing: two sets take turns, and the older one goes as a whole.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldhash::quality::RandomState;

use crate::random::TokenHash;

type Set = std::collections::HashSet<TokenHash, RandomState>;

/// How long a key that was looked up is believed to be as it was.
pub(super) const REMEMBERED: Duration = Duration::from_secs(10);
/// How many good keys are remembered, and how many unknown ones: some 20 MB at most. They have separate places, so
/// that whoever makes up keys pushes out no good one.
pub(super) const MAX_REMEMBERED: usize = 100_000;
/// What one set holds at most: some 2 MB.
const MAX_OF_SET: usize = MAX_REMEMBERED / 2;

/// The keys, for between half and all of [`REMEMBERED`], or less when many come.
#[derive(Default)]
pub(super) struct Unknown(Mutex<[Generation; 2]>);

/// Keys that were noted at about the same time.
#[derive(Default)]
struct Generation {
    begun: Duration,
    hashes: Set,
}

impl Unknown {
    /// Notes a key at that reading of the clock.
    pub(super) fn insert(&self, hash: TokenHash, now: Duration) {
        let mut generations = self.lock();
        let [newer, older] = &mut *generations;
        if now >= newer.begun + REMEMBERED / 2 || newer.hashes.len() >= MAX_OF_SET {
            std::mem::swap(newer, older);
            newer.hashes.clear();
            newer.begun = now;
        }
        newer.hashes.insert(hash);
    }

    /// Whether the key was noted lately.
    pub(super) fn contains(&self, hash: &TokenHash, now: Duration) -> bool {
        self.lock()
            .iter()
            .any(|generation| now < generation.begun + REMEMBERED && generation.hashes.contains(hash))
    }

    /// Forgets one.
    pub(super) fn remove(&self, hash: &TokenHash) {
        for generation in &mut *self.lock() {
            generation.hashes.remove(hash);
        }
    }

    /// Forgets all.
    pub(super) fn clear(&self) {
        *self.lock() = Default::default();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().iter().map(|generation| generation.hashes.len()).sum()
    }

    fn lock(&self) -> MutexGuard<'_, [Generation; 2]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
