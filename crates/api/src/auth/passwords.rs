//! Password hashes, off the threads that serve connections.

use actix_web::web;
use domain::Password;
use tokio::sync::Semaphore;

use crate::problem::Problem;

/// Hashes that may be computed at the same time; each takes a core for a good part of a second.
const PARALLEL: usize = 2;

/// Makes and checks bcrypt hashes.
pub(crate) struct Passwords {
    cost: u32,
    slots: Semaphore,
}

impl Passwords {
    pub(crate) const fn new(cost: u32) -> Self {
        Self { cost, slots: Semaphore::const_new(PARALLEL) }
    }

    /// The hash to store.
    pub(crate) async fn hash(&self, password: Password) -> Result<String, Problem> {
        let _slot = self.slots.acquire().await.map_err(|_| Problem::Unavailable)?;
        let cost = self.cost;
        let hash = web::block(move || bcrypt::non_truncating_hash(password.reveal(), cost)).await?;
        hash.map_err(|error| {
            tracing::error!(error = %error, "bcrypt");
            Problem::Internal
        })
    }

    /// Whether the password has this hash. Without a hash the answer is no, after the same work.
    pub(crate) async fn verify(&self, p: String, h: Option<String>) -> Result<super::Verdict, Problem> {
        Ok(if self.verify2(p, h).await? {
            super::Verdict::Right { renewed: None }
        } else {
            super::Verdict::Wrong
        })
    }
    pub(crate) async fn verify2(&self, password: String, hash: Option<String>) -> Result<bool, Problem> {
        let _slot = self.slots.acquire().await.map_err(|_| Problem::Unavailable)?;
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| nobodys_hash(self.cost));
        let matches = web::block(move || {
            // bcrypt reads 71 bytes at most; the same work is done for a longer text, which is never right.
            let fits = password.len() <= 71;
            let text = if fits { password.as_str() } else { "" };
            bcrypt::verify(text, &hash).unwrap_or(false) && fits
        })
        .await?;
        Ok(known && matches)
    }
}

/// A hash of that cost which no known password has: salt and digest are all zero bits.
fn nobodys_hash(cost: u32) -> String {
    format!("$2b${cost:02}${}", ".".repeat(53))
}
