//! Raw-log pages against sorting everything.

use std::sync::Arc;

use crate::common::events;
use crate::questions::question;
use analytics::{Dataset, SegmentBuilder, search};
use domain::{LogOrder, LogQuery, RequestEvent, SortOrder, StoredEvent};
use proptest::prelude::*;

fn oracle(events: &[StoredEvent], query: &LogQuery) -> Vec<StoredEvent> {
    let mut found: Vec<_> =
        events.iter().filter(|stored| query.filter.matches(&stored.event)).cloned().collect();
    found.sort_by(|a, b| {
        let (left, right) = (&a.event, &b.event);
        let order = match query.order_by {
            LogOrder::CreatedAt => left.created_at().cmp(&right.created_at()),
            LogOrder::Method => left.method().as_str().cmp(right.method().as_str()),
            LogOrder::Endpoint => left.endpoint().as_bytes().cmp(right.endpoint().as_bytes()),
            LogOrder::Ip => left.ip().cmp(&right.ip()),
            LogOrder::ProcessTime => left.process_time().cmp(&right.process_time()),
            LogOrder::StatusCode => left.status_code().cmp(&right.status_code()),
        };
        order.then(a.id.cmp(&b.id))
    });
    if query.order == SortOrder::Descending {
        found.reverse();
    }
    let skip = usize::try_from(query.offset).unwrap();
    found.into_iter().skip(skip).take(usize::try_from(query.limit).unwrap()).collect()
}

/// The events as a data set of several segments.
fn dataset(events: &[StoredEvent], segments: usize) -> Dataset {
    let mut dataset = Dataset::default();
    for part in events.chunks(events.len().div_ceil(segments).max(1)) {
        let mut builder = SegmentBuilder::default();
        part.iter().for_each(|stored| builder.push(stored.id, &stored.event));
        dataset.push(&Arc::new(builder.build()));
    }
    dataset
}

fn order() -> impl Strategy<Value = (LogOrder, SortOrder)> {
    let orders = LogOrder::ALL.map(|(_, order)| order);
    (
        prop::sample::select(orders.to_vec()),
        prop::sample::select(vec![SortOrder::Ascending, SortOrder::Descending]),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_page_is_that_of_sorting_everything(
        events in events(0..250),
        question in question(),
        (order_by, order) in order(),
        limit in 1..=100_i64,
        offset in prop_oneof![Just(0_i64), 0..260_i64, Just(i64::MAX)],
        segments in 1..4_usize,
    ) {
        let events: Vec<_> =
            (1..).zip::<Vec<RequestEvent>>(events).map(|(id, event)| StoredEvent { id, event }).collect();
        let query = LogQuery { filter: question.filter, order_by, order, limit, offset };
        let page = search(&dataset(&events, segments), &query).unwrap();
        prop_assert_eq!(page, oracle(&events, &query));
    }
}
