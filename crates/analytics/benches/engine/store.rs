//! Making segments, opening them, and numbering their names.

use std::sync::Arc;

use analytics::{Segment, SegmentBuilder};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

use crate::traffic::{EVENTS, MILLION, SEGMENT, dataset, segment};

#[divan::bench(args = [100_000, MILLION], sample_count = 10, sample_size = 1)]
fn encode(bencher: Bencher<'_, '_>, count: usize) {
    let events = &EVENTS[..count];
    bencher.counter(ItemsCount::new(count)).bench(|| segment(black_box(events)));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn open(bencher: Bencher<'_, '_>) {
    let bytes = SEGMENT.bytes();
    bencher.counter(ItemsCount::new(MILLION)).bench(|| Segment::open(black_box(bytes)).unwrap());
}

/// All columns into memory, as the compaction of segments does.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn append(bencher: Bencher<'_, '_>) {
    let segment = &*SEGMENT;
    bencher.counter(ItemsCount::new(MILLION)).bench(|| {
        let mut builder = SegmentBuilder::default();
        builder.append(black_box(segment));
        builder
    });
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn number(bencher: Bencher<'_, '_>) {
    let segment = &*SEGMENT;
    bencher.counter(ItemsCount::new(MILLION)).bench(|| dataset(black_box(&Arc::clone(segment))));
}
