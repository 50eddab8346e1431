//! Proofs of identity: passwords, access tokens, API keys.

mod keys;
mod passwords;
#[cfg_attr(not(test), expect(dead_code, reason = "no route is throttled yet"))]
mod throttle;
mod tokens;

pub(crate) use keys::{KeyCache, hash as key_hash};
pub(crate) use passwords::{Bcrypt, PasswordCapacity, PasswordCosts, PasswordError, Passwords, Verified};
pub(crate) use throttle::ThrottleLimits;
pub(crate) use tokens::{Claims, FIRST_GENERATION, Tokens};
