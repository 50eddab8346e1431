//! The one pass, and whole answers.

use std::num::NonZero;
use std::sync::Arc;

use analytics::{Dataset, Plan, State, dashboard_of};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

use crate::questions::{Question, filtered, unfiltered};
use crate::traffic::{DATASET, MILLION, RICH_DATASET};

fn dataset(question: &Question) -> &'static Dataset {
    if question.is_rich { &RICH_DATASET } else { &DATASET }
}

/// One scan, whose rate is that of the events that were looked at.
fn scan(bencher: Bencher<'_, '_>, question: &Question, threads: usize) {
    let (dataset, threads) = (dataset(question), NonZero::new(threads).unwrap());
    let plan = Arc::new(Plan::of(&question.query));
    let filter = &question.query.filter;
    bencher
        .counter(ItemsCount::new(MILLION))
        .bench(|| State::of(black_box(dataset), black_box(&plan), black_box(filter), threads));
}

#[divan::bench(args = unfiltered(), consts = [1, 2], sample_count = 40, sample_size = 1)]
fn all<const THREADS: usize>(bencher: Bencher<'_, '_>, question: &Question) {
    scan(bencher, question, THREADS);
}

#[divan::bench(args = filtered(), consts = [1, 2], sample_count = 40, sample_size = 1)]
fn some<const THREADS: usize>(bencher: Bencher<'_, '_>, question: &Question) {
    scan(bencher, question, THREADS);
}

/// From the question to the dashboard: further scans that it takes, and the last arithmetic.
#[divan::bench(args = unfiltered(), consts = [1, 2], sample_count = 20, sample_size = 1)]
fn answer<const THREADS: usize>(bencher: Bencher<'_, '_>, question: &Question) {
    let (dataset, threads) = (dataset(question), NonZero::new(THREADS).unwrap());
    bencher
        .counter(ItemsCount::new(MILLION))
        .bench(|| dashboard_of(black_box(dataset), black_box(&question.query), threads).unwrap());
}
