//! Proofs of identity: passwords, access tokens, API keys, sessions of browsers; and how often one may try.

mod keys;
mod passwords;
mod sessions;
mod throttle;
mod tokens;

pub(crate) use keys::{KeyDirectory, KeyError, KeyUses};
pub(crate) use passwords::{
    Bcrypt, PasswordCapacity, PasswordCosts, PasswordError, Passwords, Standing, Verified, cost_of_hash,
};
pub(crate) use sessions::{
    Forgery, SESSION_IDLE_DAYS, SESSION_MAX_DAYS, SessionCookie, check_not_forged, session_end,
    session_is_alive, session_needs_touch,
};
pub(crate) use throttle::{RetryAfter, Throttle, ThrottleLimits};
pub(crate) use tokens::{Claims, Tokens};
