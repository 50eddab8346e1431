//! What is kept of keys and tokens.

/// SHA-256 of a key or token; the text itself is not kept.
pub type TokenHash = [u8; 32];
