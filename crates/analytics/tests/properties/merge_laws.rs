//! States form a commutative monoid, and every way to one gives the same dashboard.

use std::num::NonZero;
use std::sync::Arc;

use crate::common::events;
use crate::questions::question;
use analytics::{Dataset, Plan, Segment, State, dashboard_of};
use domain::{DashboardQuery, RequestEvent};
use proptest::prelude::*;

const ONE: NonZero<usize> = NonZero::<usize>::MIN;

fn scanned(events: &[RequestEvent], plan: &Arc<Plan>, query: &DashboardQuery) -> State {
    State::of(&events.iter().cloned().collect(), plan, &query.filter, ONE)
}

fn merged(left: &State, right: &State) -> State {
    let mut sum = left.clone();
    sum.merge(right);
    sum
}

fn cut(events: &[RequestEvent], cuts: &[prop::sample::Index]) -> Vec<Vec<RequestEvent>> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(events.len())).collect();
    cuts.extend([0, events.len()]);
    cuts.sort_unstable();
    cuts.windows(2).rev().map(|cut| events[cut[0]..cut[1]].to_vec()).collect()
}

proptest! {
    #[test]
    fn merging_is_associative_and_commutative_and_has_an_identity(
        a in events(0..30), b in events(0..30), c in events(0..30), query in question(),
    ) {
        let plan = Arc::new(Plan::of(&query));
        let [a, b, c] = [a, b, c].map(|events| scanned(&events, &plan, &query));
        prop_assert!(merged(&merged(&a, &b), &c) == merged(&a, &merged(&b, &c)));
        prop_assert!(merged(&a, &b) == merged(&b, &a));
        prop_assert!(merged(&a, &State::new(&plan)) == a);
        prop_assert!(merged(&State::new(&plan), &a) == a);
    }

    #[test]
    fn any_split_gives_the_same_dashboard(
        events in events(1..80),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
        query in question(),
    ) {
        let plan = Arc::new(Plan::of(&query));
        let whole = scanned(&events, &plan, &query);
        let parts = cut(&events, &cuts);
        let mut sum = State::new(&plan);
        for part in &parts {
            sum.merge(&scanned(part, &plan, &query));
        }
        prop_assert!(sum == whole);

        // The same as segments of one data set, which share their names, on three threads.
        let mut dataset = Dataset::default();
        for part in parts {
            dataset.push(&Arc::new(part.into_iter().collect::<Segment>()));
        }
        let three = NonZero::new(3).unwrap();
        prop_assert!(State::of(&dataset, &plan, &query.filter, three) == whole);
        let answer = dashboard_of(&dataset, &query, three).unwrap();
        prop_assert_eq!(answer, analytics::dashboard(events, &query));
    }

    #[test]
    fn recording_one_by_one_equals_scanning(events in events(0..60), query in question()) {
        let plan = Arc::new(Plan::of(&query));
        let mut state = State::new(&plan);
        for event in events.iter().filter(|event| query.filter.matches(event)) {
            state.record(event);
        }
        let scanned = scanned(&events, &plan, &query);
        prop_assert_eq!(state.finish(&query), scanned.finish(&query));
    }
}

/// Beyond the limits of one unit of work, with durations whose sum needs more than 64 bits.
#[test]
fn many_events_are_shared_among_threads() {
    use domain::{Duration, Method, StatusCode, TimeRange, Timestamp, limits};
    let event = |number: u32| {
        let us = if number.is_multiple_of(3) { limits::PROCESS_TIME_US } else { u64::from(number) };
        let status = StatusCode::new(if number.is_multiple_of(7) { 500 } else { 200 }).unwrap();
        let time = Timestamp::from_micros(i64::from(number) * 1_000_000).unwrap();
        let name = format!("/{}", number % 50);
        RequestEvent::new(time, Method::Get, name, None, Duration::from_micros(us).unwrap(), status).unwrap()
    };
    let events: Vec<_> = (0..300_000).map(event).collect();
    let query = DashboardQuery::over(TimeRange::ALL);
    let plan = Arc::new(Plan::of(&query));
    let mut recorded = State::new(&plan);
    events.iter().for_each(|event| recorded.record(event));
    let dataset: Dataset = events.into_iter().collect();
    for threads in 1..=3 {
        let scanned = State::of(&dataset, &plan, &query.filter, NonZero::new(threads).unwrap());
        assert!(scanned == recorded, "{threads} threads");
    }
}
