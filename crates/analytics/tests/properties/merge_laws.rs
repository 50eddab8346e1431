//! States form a commutative monoid, and every way to one gives the same dashboard.

use crate::common::events;
use crate::questions::query;
use analytics::{Columns, State, scan};
use domain::{DashboardQuery, RequestEvent};
use proptest::prelude::*;

fn scanned(events: &[RequestEvent], query: &DashboardQuery) -> State {
    scan(&events.iter().cloned().collect::<Columns>(), query)
}

fn merged(left: &State, right: &State) -> State {
    let mut sum = left.clone();
    sum.merge(right);
    sum
}

proptest! {
    #[test]
    fn merging_is_associative_and_commutative_and_has_an_identity(
        a in events(0..30), b in events(0..30), c in events(0..30), query in query(),
    ) {
        let [a, b, c] = [a, b, c].map(|events| scanned(&events, &query));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
        prop_assert_eq!(merged(&a, &State::default()), a.clone());
        prop_assert_eq!(merged(&State::default(), &a), a);
    }

    #[test]
    fn any_split_gives_the_same_dashboard(events in events(1..80), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5), query in query()) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(events.len())).collect();
        cuts.extend([0, events.len()]);
        cuts.sort_unstable();
        let mut sum = State::default();
        for cut in cuts.windows(2).rev() {
            sum.merge(&scanned(&events[cut[0]..cut[1]], &query));
        }
        prop_assert_eq!(sum.finish(&query), scanned(&events, &query).finish(&query));
    }

    #[test]
    fn recording_one_by_one_equals_scanning(events in events(0..60), query in query()) {
        let mut state = State::default();
        for event in events.iter().filter(|event| query.filter.range.contains(event.created_at())) {
            state.record(event, &query);
        }
        prop_assert_eq!(state, scanned(&events, &query));
    }
}
