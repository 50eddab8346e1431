//! Properties of the engine over random events: the merge laws, and every figure against an oracle.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure here is a failed test")]

mod blocks;
mod common;
mod golden;
mod merge_laws;
mod oracle;
mod questions;
mod search;
mod segments;
