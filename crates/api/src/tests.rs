//! The service as a whole, over HTTP, with a clock that the tests turn. What needs no turned clock is tested from
//! outside, in the crate `tests`.

mod expiry;
mod service;
