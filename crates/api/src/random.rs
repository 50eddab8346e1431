//! Randomness, passed in to whatever makes secrets, so that tests can repeat it. The only file that may ask the
//! system for randomness that becomes a secret.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The system gives no randomness; nothing that needs a secret can go on.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no randomness: {0}")]
pub(crate) struct NoRandomness(#[from] getrandom::Error);

/// Gives random bytes. Clones draw from the same source.
#[derive(Clone, Debug)]
pub(crate) struct Random(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    #[cfg(test)]
    Seeded(std::sync::Arc<std::sync::Mutex<rand::rngs::SmallRng>>),
}

impl Random {
    /// The randomness of the operating system.
    pub(crate) const fn system() -> Self {
        Self(Source::System)
    }

    /// The same bytes for the same seed: no secret at all.
    #[cfg(test)]
    pub(crate) fn seeded(seed: u64) -> Self {
        use rand::SeedableRng;

        let generator = rand::rngs::SmallRng::seed_from_u64(seed);
        Self(Source::Seeded(std::sync::Arc::new(std::sync::Mutex::new(generator))))
    }

    /// Fills the bytes.
    #[expect(clippy::disallowed_methods, reason = "the one place that draws from the system")]
    pub(crate) fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        match &self.0 {
            Source::System => getrandom::fill(bytes)?,
            #[cfg(test)]
            Source::Seeded(generator) => rand::RngCore::fill_bytes(&mut *generator.lock().unwrap(), bytes),
        }
        Ok(())
    }

    /// 256 random bits as a text: an API key, or the token of a session, an invitation or a link.
    pub(crate) fn token(&self) -> Result<RandomToken, NoRandomness> {
        let mut bytes = [0; 32];
        loop {
            self.fill(&mut bytes)?;
            let text = BASE64_URL_SAFE_NO_PAD.encode(bytes);
            // Command lines take what begins so for an option.
            if !text.starts_with('-') {
                let hash = hash(text.as_bytes());
                return Ok(RandomToken { text, hash });
            }
        }
    }
}

/// SHA-256 of a random text, which is what is stored.
pub(crate) type TokenHash = [u8; 32];

/// The hash of a text that is presented as one that was made here.
pub(crate) fn hash(text: &[u8]) -> TokenHash {
    Sha256::digest(text).into()
}

/// So much of a key is shown later, to tell it from others.
const PREFIX_CHARS: usize = 8;

/// The part of a key that is shown later.
pub(crate) fn prefix(text: &str) -> String {
    text.chars().take(PREFIX_CHARS).collect()
}

/// A random text that has just been made. `Debug` shows neither form.
pub(crate) struct RandomToken {
    /// What its owner gets to see, once: 43 characters of base64url.
    pub(crate) text: String,
    /// SHA-256 of the text, which is what is stored. The text has 256 random bits, so a fast hash is as safe as
    /// a slow one.
    pub(crate) hash: TokenHash,
}

impl fmt::Debug for RandomToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RandomToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_looks_like_an_option_of_a_command_line() {
        // One of 64 would; that none of so many does is no chance.
        for random in [Random::system(), Random::seeded(1)] {
            for _ in 0..2000 {
                let token = random.token().unwrap();
                assert!(!token.text.starts_with('-'), "{}", token.text);
                assert_eq!(token.text.len(), 43);
                assert_eq!(token.hash, <[u8; 32]>::from(Sha256::digest(&token.text)));
            }
        }
    }

    #[test]
    fn only_a_seed_repeats_itself() {
        let first = |random: &Random| random.token().unwrap().text;
        assert_eq!(first(&Random::seeded(7)), first(&Random::seeded(7)));
        assert_ne!(first(&Random::seeded(7)), first(&Random::seeded(8)));
        assert_ne!(first(&Random::system()), first(&Random::system()));
        let seeded = Random::seeded(7);
        assert_ne!(first(&seeded), first(&seeded.clone()), "clones draw from one source");
    }

    #[test]
    fn does_not_show_tokens() {
        assert_eq!(format!("{:?}", Random::seeded(1).token().unwrap()), "RandomToken(…)");
    }
}
