//! Pages of raw logs by every order: the first one, and one from the middle of everything.

use std::fmt;

use analytics::search;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use domain::{LogOrder, LogQuery, SortOrder};

use crate::questions::daily;
use crate::traffic::{DATASET, MILLION};

struct Order(&'static str, LogOrder);

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

fn orders() -> impl Iterator<Item = Order> {
    LogOrder::ALL.into_iter().map(|(name, order)| Order(name, order))
}

fn page(bencher: Bencher<'_, '_>, order_by: LogOrder, offset: i64) {
    let filter = daily().filter;
    let query = LogQuery { filter, order_by, order: SortOrder::Descending, limit: 100, offset };
    bencher
        .counter(ItemsCount::new(MILLION))
        .bench(|| search(black_box(&*DATASET), black_box(&query)).unwrap());
}

#[divan::bench(args = orders(), sample_count = 20, sample_size = 1)]
fn first(bencher: Bencher<'_, '_>, order: &Order) {
    page(bencher, order.1, 0);
}

#[divan::bench(args = orders(), sample_count = 20, sample_size = 1)]
fn deep(bencher: Bencher<'_, '_>, order: &Order) {
    page(bencher, order.1, 500_000);
}
