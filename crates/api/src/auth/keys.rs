//! API keys: random texts that are stored as hashes.

use std::time::Duration;

use moka::sync::Cache;
use sha2::{Digest, Sha256};
use storage::ApiKey;

/// The longest text that can be a key.
const MAX_LENGTH: usize = 64;
/// A revoked key is good for at most so long.
const REMEMBERED: Duration = Duration::from_secs(10);

/// SHA-256 of a key.
pub(crate) type KeyHash = [u8; 32];

/// The hash of a presented key, unless it cannot be one.
pub(crate) fn hash(key: &[u8]) -> Option<KeyHash> {
    (key.len() <= MAX_LENGTH).then(|| Sha256::digest(key).into())
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
    use crate::random::Random;

    #[test]
    fn the_hash_of_a_presented_key_is_the_stored_one() {
        let key = Random::seeded(1).token().unwrap();
        assert_eq!(hash(key.text.as_bytes()), Some(key.hash));
        assert_eq!(hash(&[b'a'; MAX_LENGTH + 1]), None);
    }
}
