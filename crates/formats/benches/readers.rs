//! Micro-benchmarks of the readers: events a second from bytes in memory to checked events, on one core.
//!
//! `cargo bench -p formats --bench readers [-- FILTER]`. The data are made here from a fixed seed: `plain` events have
//! the six fields of the contract, `full` ones every field there is.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark that fails may panic"
)]

#[path = "readers/traffic.rs"]
mod traffic;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use domain::RequestEvent;
use formats::{FormatError, csv, json, ndjson};
use traffic::{EVENTS, Kind};

fn main() {
    divan::main();
}

/// One event after the other, each by itself, as `POST /track` reads them.
#[divan::bench(args = [Kind::Plain, Kind::Full])]
fn single(bencher: Bencher, kind: Kind) {
    let lines = traffic::lines(kind);
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| {
        for line in &lines {
            black_box(RequestEvent::try_from(json::draft(line.as_bytes()).unwrap()).unwrap());
        }
    });
}

#[divan::bench(args = [Kind::Plain, Kind::Full])]
fn array(bencher: Bencher, kind: Kind) {
    let text = format!("[{}]", traffic::lines(kind).join(","));
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| {
        let mut events = Vec::new();
        json::array(text.as_bytes(), |item| {
            events.push(item.event()?);
            Ok::<_, FormatError>(())
        })
        .unwrap();
        events
    });
}

#[divan::bench(args = [Kind::Plain, Kind::Full])]
fn lines(bencher: Bencher, kind: Kind) {
    let text = traffic::lines(kind).join("\n");
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| {
        let events: Result<Vec<_>, _> = ndjson::lines(text.as_bytes()).map(formats::Item::event).collect();
        events.unwrap()
    });
}

#[divan::bench]
fn table(bencher: Bencher) {
    let text = traffic::csv();
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| {
        let mut reader = csv::Reader::new(text.as_bytes()).unwrap();
        let mut events = Vec::new();
        while let Some(item) = reader.next_item().unwrap() {
            events.push(item.event().unwrap());
        }
        events
    });
}
