//! API keys that were looked up a short while ago, and the thread that looks up the others.
//!
//! Look-ups have a thread and a connection of their own, and those that wait are answered together: neither
//! a dashboard nor a flood of unknown keys stands in their way. What is known is in force for at most
//! [`REMEMBERED`]; that is how long a revocation may take to reach every process.

#[cfg(test)]
mod tests;
mod unknown;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use domain::{KeyId, Timestamp};
use moka::sync::Cache;
use storage::{KeyGrant, Storage, StorageError};
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::log_limit::{self, Kind};
use crate::random::TokenHash;
use crate::telemetry::describe;
use unknown::{MAX_REMEMBERED, REMEMBERED, Unknown};

/// How many look-ups may wait, and how many are answered together.
const MAX_WAITING: usize = 4096;
const MAX_TOGETHER: usize = 256;
/// How soon after the last look-ups the next ones are done. A lonely one waits for nothing; of a flood, those that come
/// meanwhile are answered together, which wakes fewer threads that events need.
const PAUSE: Duration = Duration::from_millis(1);

/// Why nothing can be said about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    /// Too many look-ups wait.
    #[error("too many keys are being looked up")]
    Busy,
    /// The database fails, or the service stops.
    #[error("keys cannot be looked up at the moment")]
    Unavailable,
}

type Found = Result<Option<Arc<KeyGrant>>, KeyError>;

struct Question {
    hash: TokenHash,
    answer: oneshot::Sender<Found>,
}

/// What every worker and the look-up thread share.
struct Known {
    good: Cache<TokenHash, Arc<KeyGrant>>,
    unknown: Unknown,
    /// How often everything was forgotten.
    forgotten: AtomicU64,
    /// When keys were last used, to be stored in the background.
    used: Mutex<HashMap<KeyId, Timestamp>>,
}

/// Finds the keys that requests present.
#[derive(Clone)]
pub(crate) struct KeyDirectory {
    known: Arc<Known>,
    questions: SyncSender<Question>,
    clock: Clock,
}

impl KeyDirectory {
    /// Starts the look-up thread. It ends when the last clone is gone.
    pub(crate) fn start(storage: Storage, clock: Clock) -> std::io::Result<(Self, JoinHandle<()>)> {
        let known = Arc::new(Known {
            good: Cache::builder().max_capacity(MAX_REMEMBERED as u64).time_to_live(REMEMBERED).build(),
            unknown: Unknown::default(),
            forgotten: AtomicU64::new(0),
            used: Mutex::default(),
        });
        let (questions, waiting) = sync_channel(MAX_WAITING);
        let directory = Self { known: Arc::clone(&known), questions, clock: clock.clone() };
        let thread = std::thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || answer(&storage, &clock, &known, &waiting))?;
        Ok((directory, thread))
    }

    /// What is remembered of the key with this hash: that it is in force, or that it is not. `None`: nothing.
    #[expect(clippy::option_option, reason = "what is not known is neither good nor bad")]
    pub(crate) fn known(&self, hash: &TokenHash) -> Option<Option<Arc<KeyGrant>>> {
        match self.known.good.get(hash) {
            Some(grant) => Some(self.in_force(grant)),
            None => self.known.unknown.contains(hash, self.clock.elapsed()).then_some(None),
        }
    }

    /// The key with this hash, if it is in force.
    pub(crate) async fn find(&self, hash: TokenHash) -> Found {
        if let Some(known) = self.known(&hash) {
            return Ok(known);
        }
        let (answer, answered) = oneshot::channel();
        self.questions.try_send(Question { hash, answer }).map_err(|error| match error {
            TrySendError::Full(_) => KeyError::Busy,
            TrySendError::Disconnected(_) => KeyError::Unavailable,
        })?;
        let grant = answered.await.unwrap_or(Err(KeyError::Unavailable))?;
        Ok(grant.and_then(|grant| self.in_force(grant)))
    }

    /// Forgets all keys, since some have changed: this process asks again at once.
    pub(crate) fn forget(&self) {
        self.known.forgotten.fetch_add(1, Ordering::SeqCst);
        self.known.good.invalidate_all();
        self.known.unknown.clear();
    }

    /// What tells when keys were used; it does not keep the look-up thread.
    pub(crate) fn uses(&self) -> KeyUses {
        KeyUses(Arc::clone(&self.known))
    }

    fn in_force(&self, grant: Arc<KeyGrant>) -> Option<Arc<KeyGrant>> {
        grant.expires_at.is_none_or(|end| self.clock.now() < end).then_some(grant)
    }
}

/// When keys were used.
pub(crate) struct KeyUses(Arc<Known>);

impl KeyUses {
    /// The keys that were used since the last time, and when.
    pub(crate) fn take(&self) -> Vec<(KeyId, Timestamp)> {
        let mut used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *used).into_iter().collect()
    }
}

/// Answers what waits, until nobody can ask any more.
fn answer(storage: &Storage, clock: &Clock, known: &Known, waiting: &Receiver<Question>) {
    let mut next = clock.elapsed();
    while let Ok(first) = waiting.recv() {
        std::thread::sleep(next.saturating_sub(clock.elapsed()).min(PAUSE));
        next = clock.elapsed() + PAUSE;
        let mut questions = vec![first];
        questions.extend(waiting.try_iter().take(MAX_TOGETHER - 1));
        let mut hashes: Vec<TokenHash> = questions.iter().map(|question| question.hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        let forgotten = known.forgotten.load(Ordering::SeqCst);
        match storage.grants(&hashes) {
            Ok(grants) => {
                let found: HashMap<_, _> =
                    grants.into_iter().map(|(hash, grant)| (hash, read(grant))).collect();
                note_use(known, found.values().flatten(), clock.now());
                for hash in &hashes {
                    match found.get(hash) {
                        Some(Ok(grant)) => known.good.insert(*hash, Arc::clone(grant)),
                        Some(Err(_)) => {}
                        None => known.unknown.insert(*hash, clock.elapsed()),
                    }
                }
                // A key may have changed between the statement and here: then it must not be remembered as it was.
                if known.forgotten.load(Ordering::SeqCst) != forgotten {
                    for hash in &hashes {
                        known.good.invalidate(hash);
                        known.unknown.remove(hash);
                    }
                }
                for question in questions {
                    // Who no longer waits has hung up.
                    let _ = question.answer.send(found.get(&question.hash).cloned().transpose());
                }
            }
            Err(error) => {
                if let Some(left_out) = log_limit::admit(Kind::LookUp) {
                    let (left_out, error) = (left_out.count(), describe(&error));
                    tracing::error!(left_out, error, "cannot look up API keys");
                }
                for question in questions {
                    let _ = question.answer.send(Err(KeyError::Unavailable));
                }
            }
        }
    }
}

/// A key whose project has settings that cannot be read opens nothing, and is not unknown either.
fn read(grant: Result<KeyGrant, StorageError>) -> Result<Arc<KeyGrant>, KeyError> {
    grant.map(Arc::new).map_err(|error| {
        tracing::error!(error = describe(&error), "cannot read an API key");
        KeyError::Unavailable
    })
}

/// A key in use is looked up every [`REMEMBERED`], which is often enough to know its last use to the minute.
fn note_use<'a>(known: &Known, grants: impl Iterator<Item = &'a Arc<KeyGrant>>, now: Timestamp) {
    let mut used = known.used.lock().unwrap_or_else(PoisonError::into_inner);
    used.extend(grants.map(|grant| (grant.key, now)));
}
