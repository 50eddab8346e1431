//! Proofs of identity: passwords, access tokens, API keys.

mod keys;
mod passwords;
mod stub;
mod throttle;
mod tokens;

pub(crate) use keys::{KeyDirectory, KeyError, KeyUses};
pub(crate) use passwords::{
    Bcrypt, PasswordCapacity, PasswordCosts, PasswordError, Passwords, Verified, cost_of_hash,
};
pub(crate) use stub::*;
pub(crate) use throttle::{RetryAfter, Throttle, ThrottleLimits};
pub(crate) use tokens::{Claims, Tokens};
