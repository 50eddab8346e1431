//! API keys: random texts that are stored as hashes.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use storage::ApiKey;

/// The longest text that can be a key.
const MAX_LENGTH: usize = 64;
/// A revoked key is good for at most so long.
const REMEMBERED: Duration = Duration::from_secs(10);

/// SHA-256 of a key. Keys are 256 random bits, so a fast hash is as safe as a slow one.
pub(crate) type KeyHash = [u8; 32];

/// The hash of a presented key, unless it cannot be one.
pub(crate) fn hash(key: &[u8]) -> Option<KeyHash> {
    (key.len() <= MAX_LENGTH).then(|| Sha256::digest(key).into())
}

/// A key that has just been made.
pub(crate) struct NewKey {
    /// What the owner gets to see, once.
    pub(crate) text: String,
    /// What is stored.
    pub(crate) hash: KeyHash,
}

impl NewKey {
    /// Makes a key from the system's randomness.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        loop {
            getrandom::fill(&mut bytes)?;
            let text = BASE64_URL_SAFE_NO_PAD.encode(bytes);
            // Command lines take what begins so for an option.
            if !text.starts_with('-') {
                let hash = Sha256::digest(text.as_bytes()).into();
                return Ok(Self { text, hash });
            }
        }
    }
}

/// Keys that were looked up a short while ago.
pub(crate) struct KeyCache(Cache<KeyHash, ApiKey>);

impl KeyCache {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(100_000).time_to_live(REMEMBERED).build())
    }

    pub(crate) fn get(&self, hash: &KeyHash) -> Option<ApiKey> {
        self.0.get(hash)
    }

    pub(crate) fn insert(&self, hash: KeyHash, key: ApiKey) {
        self.0.insert(hash, key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_looks_like_an_option_of_a_command_line() {
        // One of 64 would; that none of so many does is no chance.
        for _ in 0..2000 {
            let key = NewKey::generate().unwrap();
            assert!(!key.text.starts_with('-'), "{}", key.text);
            assert_eq!(hash(key.text.as_bytes()), Some(key.hash));
        }
    }
}
