//! Micro-benchmarks of the engine: what an event costs where segments are made, opened and scanned.
//!
//! `cargo bench -p analytics --bench engine [-- FILTER]`. Where a million events are handled, milliseconds are
//! nanoseconds an event. The data are made here from a fixed seed; [`floor`] measures what the same counting costs
//! on plain columns in memory, which no scan of compressed ones can beat by much.
//!
//! `EVENTS_CSV=FILE` writes the events to a file instead, for `bench/formats.py`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark that fails may panic"
)]

#[path = "engine/floor.rs"]
mod floor;
#[path = "engine/merge.rs"]
mod merge;
#[path = "engine/questions.rs"]
mod questions;
#[path = "engine/scan.rs"]
mod scan;
#[path = "engine/search.rs"]
mod search;
#[path = "engine/store.rs"]
mod store;
#[path = "engine/traffic.rs"]
mod traffic;

fn main() {
    if let Some(path) = std::env::var_os("EVENTS_CSV") {
        std::fs::write(path, traffic::csv()).unwrap();
        return;
    }
    let bytes = traffic::SEGMENT.bytes().len();
    println!("{:.2} bytes an event", bytes as f64 / traffic::MILLION as f64);
    for count in [1, 10, 32, 1000, 10_000] {
        let blocks =
            traffic::EVENTS[..100_000].chunks(count).map(|events| analytics::Block::of(events).bytes().len());
        println!("{:.2} bytes an event in blocks of {count}", blocks.sum::<usize>() as f64 / 100_000.0);
    }
    divan::main();
}
