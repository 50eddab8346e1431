//! Proofs of identity: passwords, access tokens, API keys.

mod keys;
mod passwords;
mod stub;
mod tokens;

pub(crate) use keys::{KeyDirectory, KeyError, KeyUses};
pub(crate) use passwords::Passwords;
pub(crate) use stub::*;
pub(crate) use tokens::{Claims, Tokens};
