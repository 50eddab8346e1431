//! Password hashes: made and checked on threads of their own, bounded in number, at work as well as waiting.
//!
//! A hash takes a core for a good part of a second, so hashes have few threads of a low priority; whoever asks for
//! one needs a [`Slot`] first, and there are only so many. Throttling of guesses is the business of `throttle`.
//!
//! # The work does not tell accounts apart
//!
//! One step of bcrypt's cost is twice the work, and stored hashes keep the cost that was configured when they were
//! made. Let the *level* be the highest of the configured cost and the costs of all stored hashes. A wrong answer
//! always takes the work of one hash at the level, 2^level:
//!
//! - for an account without a hash, a hash that nobody has is checked at the level;
//! - for a stored hash of cost c below the level, its check takes 2^c, and further ones at the costs c, c + 1, …,
//!   level − 1 take the rest: 2^c + (2^c + 2^(c+1) + … + 2^(level−1)) = 2^level.
//!
//! A right password may take another time, since the answer tells it anyway. It brings a new hash if the old one has
//! another cost than the configured one, so the level falls to that with the years.

mod hash;
#[cfg(test)]
mod tests;
mod threads;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::Password;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use self::hash::nobodys_hash;
pub(crate) use self::hash::{Bcrypt, HashError, cost_of_hash};
pub(crate) use self::threads::Standing;
use self::threads::Threads;

/// The longest password there can be, in bytes: bcrypt reads no more.
const MAX_LENGTH: usize = 71;

/// Why there is no hash and no verdict.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    /// Too many wait; nothing was done.
    #[error("too many passwords are being checked")]
    Busy,
    /// A fault of ours.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The threads are gone, or the work has panicked.
    #[error("the work on a password was given up")]
    GivenUp,
}

/// What is known of a presented password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verified {
    /// It is wrong, or there is no such account.
    Wrong,
    /// It is right. The stored hash has another cost than the configured one if there is a new one, which should
    /// take its place, unless the stored one has changed meanwhile.
    Right {
        /// The hash to store.
        renewed: Option<String>,
    },
}

/// The costs that count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PasswordCosts {
    /// Of new hashes.
    pub(crate) configured: u32,
    /// The highest of all stored hashes, or anything below.
    pub(crate) stored: u32,
}

/// How many may use the threads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PasswordCapacity {
    /// Hashes that are computed at the same time.
    pub(crate) threads: usize,
    /// Requests that may wait for that, of those of whom nothing is known; for owners in their usual places there is
    /// more room.
    pub(crate) queue: usize,
}

/// Makes and checks password hashes.
pub(crate) struct Passwords {
    bcrypt: Bcrypt,
    cost: u32,
    level: AtomicU32,
    anybody: Line,
    usual: Line,
    threads: Threads,
}

/// Those of one standing.
struct Line {
    standing: Standing,
    /// One for each that is at work or waits.
    slots: Arc<Semaphore>,
}

impl Line {
    fn new(standing: Standing, slots: usize) -> Self {
        Self { standing, slots: Arc::new(Semaphore::new(slots)) }
    }
}

impl Passwords {
    /// Starts the threads; they end when this is dropped.
    pub(crate) fn start(
        bcrypt: Bcrypt,
        costs: PasswordCosts,
        capacity: PasswordCapacity,
    ) -> std::io::Result<Self> {
        Ok(Self {
            bcrypt,
            cost: costs.configured,
            level: AtomicU32::new(costs.configured.max(costs.stored)),
            anybody: Line::new(Standing::Anybody, capacity.threads.saturating_add(capacity.queue)),
            usual: Line::new(Standing::Usual, capacity.queue / 4 + 2),
            threads: Threads::start(capacity.threads)?,
        })
    }

    /// A slot among those that are at work or wait, if one is free. It comes before any other work for the request.
    pub(crate) fn slot(&self, standing: Standing) -> Result<Slot<'_>, PasswordError> {
        // Whoever has an account can fill the line of the usual places, too: it is a way more, not the only one.
        let lines: &[&Line] = match standing {
            Standing::Anybody => &[&self.anybody],
            Standing::Usual => &[&self.usual, &self.anybody],
        };
        for line in lines {
            if let Ok(permit) = Arc::clone(&line.slots).try_acquire_owned() {
                return Ok(Slot { passwords: self, line, permit });
            }
        }
        Err(PasswordError::Busy)
    }
}

/// Leave for one hash or one check. Whoever drops it, or the future of its work, before the work has begun, gives
/// the slot to the next, and the work is never done.
pub(crate) struct Slot<'a> {
    passwords: &'a Passwords,
    line: &'a Line,
    permit: OwnedSemaphorePermit,
}

impl Slot<'_> {
    /// The hash to store.
    pub(crate) async fn hash(self, password: Password) -> Result<String, PasswordError> {
        let (bcrypt, cost) = (self.passwords.bcrypt.clone(), self.passwords.cost);
        self.run(move || Ok(bcrypt.hash(password.reveal(), cost)?)).await
    }

    /// Whether the password has the stored hash. Without one the answer is no, after the same work.
    pub(crate) async fn verify(
        self,
        password: String,
        stored: Option<String>,
    ) -> Result<Verified, PasswordError> {
        let bcrypt = self.passwords.bcrypt.clone();
        let stored = stored.and_then(|hash| cost_of_hash(&hash).map(|cost| (hash, cost)));
        let cost = self.passwords.cost;
        let stored_cost = stored.as_ref().map_or(cost, |(_, cost)| *cost);
        let level = self.passwords.level.fetch_max(stored_cost, Ordering::Relaxed).max(stored_cost);
        self.run(move || verify(&bcrypt, &password, stored, cost, level)).await
    }

    async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let permit = self.permit;
        let (answer, answered) = oneshot::channel();
        let job = move || {
            let outcome = work();
            drop(permit);
            // Who no longer waits has hung up.
            let _ = answer.send(outcome);
        };
        let _place = self.passwords.threads.push(self.line.standing, Box::new(job));
        answered.await.unwrap_or(Err(PasswordError::GivenUp))
    }
}

/// A wrong answer takes 2^level, as the module says.
fn verify(
    bcrypt: &Bcrypt,
    password: &str,
    stored: Option<(String, u32)>,
    cost: u32,
    level: u32,
) -> Result<Verified, PasswordError> {
    // A longer text is never right; the same work is done for another one.
    let fits = password.len() <= MAX_LENGTH;
    let text = if fits { password } else { "" };
    let Some((hash, stored_cost)) = stored else {
        bcrypt.verify(text, &nobodys_hash(level))?;
        return Ok(Verified::Wrong);
    };
    if bcrypt.verify(text, &hash)? && fits {
        let renewed = (stored_cost != cost).then(|| bcrypt.hash(text, cost)).transpose()?;
        return Ok(Verified::Right { renewed });
    }
    for rest in stored_cost..level {
        bcrypt.verify(text, &nobodys_hash(rest))?;
    }
    Ok(Verified::Wrong)
}
