//! Proofs of identity: passwords, access tokens, API keys.

mod keys;
mod passwords;
mod tokens;

pub(crate) use keys::{KeyCache, hash as key_hash};
pub(crate) use passwords::{Bcrypt, PasswordCapacity, PasswordCosts, PasswordError, Passwords, Verified};
pub(crate) use tokens::Tokens;
