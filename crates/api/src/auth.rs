//! Proofs of identity: passwords, access tokens, API keys.

mod keys;
mod passwords;
mod tokens;

pub(crate) use keys::{KeyCache, hash as key_hash};
pub(crate) use passwords::Passwords;
pub(crate) use tokens::Tokens;
