//! The one pass over the columns that answers every question of a dashboard.

use domain::{DashboardQuery, StatusCode, Timestamp};

use crate::columns::Columns;
use crate::state::{METHODS, STATUSES, State, Tally};

/// The state of the events that lie in the range of the query, with a time series by its period and zone.
#[must_use]
pub fn scan(columns: &Columns, query: &DashboardQuery) -> State {
    let range = query.filter.range;
    let mut state = State::default();
    let mut row = columns.times.partition_point(|&time| time < range.start().as_micros());
    let end = columns.times.partition_point(|&time| time <= range.end().as_micros());
    let mut counts = Counts::new(columns);
    // Events are sorted by time, so those of one bucket stand together: one calendar look-up for each.
    while let Some(first) = columns.times.get(row..end).and_then(|times| times.first()) {
        let Some(bucket) = Timestamp::from_micros(*first).map(|time| query.period.bucket(time, query.zone))
        else {
            break;
        };
        let rest = columns.times.get(row..end).unwrap_or_default();
        let next = row + rest.partition_point(|&time| time < bucket.end_us);
        let tally = counts.run(columns, row, next, &mut state);
        state.totals.merge(&tally);
        state.series.entry(bucket.start_us).or_default().merge(&tally);
        row = next;
    }
    counts.pour_into(columns, &mut state);
    state
}

/// Counters that the numbers in the columns index directly.
struct Counts {
    endpoints: Vec<Tally>,
    addresses: Vec<u64>,
    methods: [u64; METHODS],
    statuses: [u64; STATUSES],
}

impl Counts {
    fn new(columns: &Columns) -> Self {
        Self {
            endpoints: vec![Tally::default(); columns.endpoint_names.len()],
            addresses: vec![0; columns.address_values.len()],
            methods: [0; METHODS],
            statuses: [0; STATUSES],
        }
    }

    /// Counts the rows of one bucket and returns their tally.
    #[expect(
        clippy::indexing_slicing,
        reason = "the builder makes all columns equally long and its numbers lie within the dictionaries"
    )]
    fn run(&mut self, columns: &Columns, from: usize, to: usize, state: &mut State) -> Tally {
        let mut tally = Tally::default();
        let endpoints = &columns.endpoints[from..to];
        let addresses = &columns.addresses[from..to];
        let methods = &columns.methods[from..to];
        let statuses = &columns.statuses[from..to];
        let durations = &columns.durations[from..to];
        for i in 0..to - from {
            let (status, duration) = (statuses[i], durations[i]);
            let is_error = status >= 400;
            self.endpoints[endpoints[i] as usize].record(duration, is_error);
            self.addresses[addresses[i] as usize] += 1;
            self.methods[usize::from(methods[i])] += 1;
            self.statuses[usize::from(status - StatusCode::MIN)] += 1;
            state.latency.record(duration);
            tally.record(duration, is_error);
        }
        tally
    }

    fn pour_into(self, columns: &Columns, state: &mut State) {
        for (name, tally) in columns.endpoint_names.iter().zip(&self.endpoints) {
            if tally.requests > 0 {
                state.endpoints.entry(name.clone()).or_default().merge(tally);
            }
        }
        for (address, count) in columns.address_values.iter().zip(self.addresses) {
            if let (Some(address), 1..) = (address, count) {
                *state.addresses.entry(*address).or_default() += count;
            }
        }
        for (sum, count) in state.methods.iter_mut().zip(self.methods) {
            *sum += count;
        }
        for (sum, count) in state.statuses.iter_mut().zip(self.statuses) {
            *sum += count;
        }
    }
}
