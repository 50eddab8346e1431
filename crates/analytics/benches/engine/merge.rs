//! Merging two states that know 50,000 addresses each.

use std::num::NonZero;
use std::sync::Arc;

use analytics::{Dataset, Plan, State};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

use crate::questions::daily;
use crate::traffic::{EVENTS, MILLION, segment};

const ADDRESSES: usize = 50_000;

/// The two halves of the events as data sets that share their names, or not.
fn halves(share_names: bool) -> [State; 2] {
    let query = daily();
    let plan = Arc::new(Plan::of(&query));
    let (head, tail) = EVENTS.split_at(MILLION / 2);
    let [head, tail] = [head, tail].map(|events| Arc::new(segment(events)));
    let mut names = Dataset::default();
    if share_names {
        names.learn(&head);
        names.learn(&tail);
    }
    [head, tail]
        .map(|segment| State::of(&names.with_only(&segment), &plan, &query.filter, NonZero::<usize>::MIN))
}

fn merge(bencher: Bencher<'_, '_>, share_names: bool) {
    let [head, tail] = halves(share_names);
    bencher.counter(ItemsCount::new(ADDRESSES)).with_inputs(|| head.clone()).bench_local_refs(|sum| {
        sum.merge(black_box(&tail));
    });
}

#[divan::bench(sample_count = 40)]
fn of_one_vocabulary(bencher: Bencher<'_, '_>) {
    merge(bencher, true);
}

#[divan::bench(sample_count = 20)]
fn of_two_vocabularies(bencher: Bencher<'_, '_>) {
    merge(bencher, false);
}
