//! Making segments, opening them, and numbering their names.

use std::sync::Arc;

use analytics::{Block, Segment, SegmentBuilder};
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

/// What a commit stores: events of one moment.
#[divan::bench(args = [1, 10, 32, 1000, 10_000])]
fn block(bencher: Bencher<'_, '_>, count: usize) {
    let events = &EVENTS[..count];
    bencher.counter(ItemsCount::new(count)).bench(|| Block::of(black_box(events)));
}

#[divan::bench(args = [1, 10, 32, 1000, 10_000])]
fn open_block(bencher: Bencher<'_, '_>, count: usize) {
    let block = Block::of(&EVENTS[..count]);
    bencher.counter(ItemsCount::new(count)).bench(|| Block::open(black_box(block.bytes())).unwrap());
}

/// Blocks of so many events each, 100,000 in all.
#[divan::bench(args = [1, 10, 32, 1000, 10_000], sample_count = 10, sample_size = 1)]
fn append_blocks(bencher: Bencher<'_, '_>, count: usize) {
    let blocks: Vec<_> = EVENTS[..100_000].chunks(count).map(Block::of).collect();
    bencher.counter(ItemsCount::new(100_000_usize)).bench(|| {
        let mut builder = SegmentBuilder::default();
        for (first_id, block) in (1..).step_by(count).zip(&blocks) {
            builder.append_block(first_id, black_box(block)).unwrap();
        }
        builder
    });
}
