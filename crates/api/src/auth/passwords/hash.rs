//! The hash function itself, with salts from the randomness that was passed in.

use bcrypt::{BcryptError, HashParts};

use crate::random::{NoRandomness, Random};

/// Why there is no hash.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HashError {
    /// It cannot be salted.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The cost is not one of bcrypt's, or the text is too long for it.
    #[error("bcrypt: {0}")]
    Bcrypt(#[from] BcryptError),
}

/// Computes bcrypt hashes.
#[derive(Clone)]
pub(crate) struct Bcrypt {
    random: Random,
    #[cfg(test)]
    observer: Option<std::sync::Arc<dyn Fn(u32) + Send + Sync>>,
}

impl Bcrypt {
    /// With salts from there.
    pub(crate) const fn new(random: Random) -> Self {
        Self {
            random,
            #[cfg(test)]
            observer: None,
        }
    }

    /// Tells the observer the cost of every hash before it is computed.
    #[cfg(test)]
    pub(super) fn observed(random: Random, observer: impl Fn(u32) + Send + Sync + 'static) -> Self {
        Self { random, observer: Some(std::sync::Arc::new(observer)) }
    }

    /// A new hash of a text of at most 71 bytes.
    pub(crate) fn hash(&self, text: &str, cost: u32) -> Result<String, HashError> {
        let mut salt = [0; 16];
        self.random.fill(&mut salt)?;
        #[cfg(test)]
        self.observe(cost);
        Ok(bcrypt::non_truncating_hash_with_salt(text, cost, salt)?.to_string())
    }

    /// Whether a text of at most 71 bytes has the hash.
    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "tests look on"))]
    pub(super) fn verify(&self, text: &str, hash: &str) -> Result<bool, HashError> {
        #[cfg(test)]
        self.observe(cost_of_hash(hash).unwrap());
        Ok(bcrypt::non_truncating_verify(text, hash)?)
    }

    #[cfg(test)]
    fn observe(&self, cost: u32) {
        if let Some(observer) = &self.observer {
            observer(cost);
        }
    }
}

/// The cost of a hash, unless the text is none; that is logged, since only damage makes one.
pub(crate) fn cost_of_hash(hash: &str) -> Option<u32> {
    match hash.parse::<HashParts>() {
        Ok(parts) if (4..=31).contains(&parts.get_cost()) => Some(parts.get_cost()),
        Ok(parts) => {
            tracing::error!(cost = parts.get_cost(), "a stored password hash has a cost that bcrypt has not");
            None
        }
        Err(error) => {
            tracing::error!(error = %error, "a stored password hash cannot be read");
            None
        }
    }
}

/// A hash of that cost which no known password has: salt and digest are all zero bits.
pub(super) fn nobodys_hash(cost: u32) -> String {
    format!("$2b${cost:02}${}", ".".repeat(53))
}
