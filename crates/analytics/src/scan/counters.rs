//! Counters that the codes of a segment index directly: what the scan does with each event.

use domain::LATENCY_BOUNDS_US;

use super::lanes::Rows;
use crate::plan::{BANDS, Plan};
use crate::segment::{Label, Outcome};
use crate::state::{Histogram, STATUSES, Sparse, State, Tally, grown, satisfaction};
use crate::vocabulary::Part;

/// A tally of at most 2^32 events whose times have a sum below 2^64 µs; a unit of work is no larger.
#[derive(Clone, Copy, Default)]
struct Cell {
    total_us: u64,
    requests: u32,
    client_errors: u32,
    server_errors: u32,
}

impl Cell {
    fn tally(&self) -> Tally {
        Tally {
            requests: self.requests.into(),
            client_errors: self.client_errors.into(),
            server_errors: self.server_errors.into(),
            total_us: self.total_us.into(),
        }
    }
}

/// Counters of some rows of one segment.
pub(super) struct Counters<'a> {
    plan: &'a Plan,
    /// Outcomes are sorted by status: from these codes on they are errors of clients, and of the server.
    client_errors_from: u32,
    server_errors_from: u32,
    endpoints: Vec<Cell>,
    addresses: Vec<u32>,
    outcomes: Vec<u32>,
    labels: [Vec<Cell>; Label::ALL.len()],
    min_us: u64,
    max_us: u64,
    latency: Histogram,
    /// By code of an endpoint: its place in the plan, or `NOT_WANTED`.
    places: Vec<usize>,
    latency_of: Vec<Histogram>,
    /// How many response times are above each bound.
    above: [u64; BANDS - 1],
    apdex: [u64; 3],
    requests: u64,
}

const NOT_WANTED: usize = usize::MAX;

impl<'a> Counters<'a> {
    pub(super) fn new(plan: &'a Plan, part: &Part) -> Self {
        let segment = &part.segment;
        let from = |status| {
            let below = segment.outcomes.values.partition_point(|outcome| outcome.status() < status);
            u32::try_from(below).unwrap_or(u32::MAX)
        };
        let labels = Label::ALL.map(|label| {
            let column = segment.label(label).filter(|_| plan.counts(label));
            vec![Cell::default(); column.map_or(0, |column| column.codes.bound())]
        });
        let names = segment.endpoints.values.iter(segment.bytes());
        let mut places = Vec::new();
        if !plan.latency_of.is_empty() {
            places = names
                .map(|name| plan.latency_of.iter().position(|known| **known == *name).unwrap_or(NOT_WANTED))
                .collect();
            places.resize(segment.endpoints.codes.bound(), NOT_WANTED);
        }
        Self {
            plan,
            client_errors_from: from(400),
            server_errors_from: from(500),
            endpoints: vec![Cell::default(); segment.endpoints.codes.bound()],
            addresses: vec![0; segment.addresses.codes.bound()],
            outcomes: vec![0; segment.outcomes.codes.bound()],
            labels,
            min_us: u64::MAX,
            max_us: 0,
            latency: Histogram::default(),
            places,
            latency_of: vec![Histogram::default(); plan.latency_of.len()],
            above: [0; BANDS - 1],
            apdex: [0; 3],
            requests: 0,
        }
    }

    /// Counts rows that belong to one piece, whose tally is `piece`.
    #[expect(clippy::indexing_slicing, reason = "codes lie below the bounds that the tables are made for")]
    pub(super) fn count(&mut self, rows: &Rows<'_>, piece: &mut Tally) {
        let mut sum = Cell::default();
        let columns = rows.endpoints.iter().zip(rows.outcomes).zip(rows.addresses).zip(rows.durations);
        for (((&endpoint, &outcome), &address), &duration) in columns {
            let server_error = u32::from(outcome >= self.server_errors_from);
            let client_error = u32::from(outcome >= self.client_errors_from) - server_error;
            let cell = &mut self.endpoints[endpoint as usize];
            cell.total_us += duration;
            cell.requests += 1;
            cell.client_errors += client_error;
            cell.server_errors += server_error;
            self.addresses[address as usize] += 1;
            self.outcomes[outcome as usize] += 1;
            sum.total_us += duration;
            sum.client_errors += client_error;
            sum.server_errors += server_error;
            self.min_us = self.min_us.min(duration);
            self.max_us = self.max_us.max(duration);
        }
        piece.merge(&Tally { requests: rows.endpoints.len() as u64, ..sum.tally() });
        self.count_extras(rows);
    }

    #[expect(clippy::indexing_slicing, reason = "codes lie below the bounds that the tables are made for")]
    fn count_extras(&mut self, rows: &Rows<'_>) {
        self.requests += rows.durations.len() as u64;
        if self.plan.latency {
            rows.durations.iter().for_each(|&duration| self.latency.record(duration));
        }
        if !self.places.is_empty() {
            for (&endpoint, &duration) in rows.endpoints.iter().zip(rows.durations) {
                if let Some(histogram) = self.latency_of.get_mut(self.places[endpoint as usize]) {
                    histogram.record(duration);
                }
            }
        }
        if self.plan.bands {
            for (above, bound) in self.above.iter_mut().zip(LATENCY_BOUNDS_US) {
                *above += rows.durations.iter().map(|&duration| u64::from(duration > bound)).sum::<u64>();
            }
        }
        if let Some(threshold) = self.plan.apdex {
            for (&outcome, &duration) in rows.outcomes.iter().zip(rows.durations) {
                let is_server_error = outcome >= self.server_errors_from;
                self.apdex[satisfaction(duration, is_server_error, threshold.as_micros())] += 1;
            }
        }
        for (cells, codes) in self.labels.iter_mut().zip(rows.labels) {
            if cells.is_empty() {
                continue;
            }
            for ((&code, &outcome), &duration) in codes.iter().zip(rows.outcomes).zip(rows.durations) {
                let server_error = u32::from(outcome >= self.server_errors_from);
                let cell = &mut cells[code as usize];
                cell.total_us += duration;
                cell.requests += 1;
                cell.client_errors += u32::from(outcome >= self.client_errors_from) - server_error;
                cell.server_errors += server_error;
            }
        }
    }

    /// The response times since the last call.
    pub(super) fn take_latency(&mut self) -> Sparse {
        if self.plan.latency { self.latency.drain() } else { Sparse::default() }
    }

    /// Adds everything but the pieces' tallies to a state whose vocabulary has numbered the segment.
    pub(super) fn pour_into(self, part: &Part, state: &mut State) {
        state.min_us = state.min_us.min(self.min_us);
        state.max_us = state.max_us.max(self.max_us);
        for (&number, cell) in part.endpoints.iter().zip(&self.endpoints) {
            if cell.requests > 0 {
                grown(&mut state.endpoints, number).merge(&cell.tally());
            }
        }
        // Code 0 is for no address, and for no label.
        for (&number, &count) in part.addresses.iter().zip(self.addresses.iter().skip(1)) {
            if count > 0 {
                *grown(&mut state.addresses, number) += u64::from(count);
            }
        }
        for ((label, cells), tallies) in Label::ALL.into_iter().zip(&self.labels).zip(&mut state.labels) {
            for (&number, cell) in part.label(label).iter().zip(cells.iter().skip(1)) {
                if cell.requests > 0 {
                    grown(tallies, number).merge(&cell.tally());
                }
            }
        }
        self.pour_outcomes(&part.segment.outcomes.values, state);
        for (sum, histogram) in state.latency_of.iter_mut().zip(&self.latency_of) {
            sum.merge(histogram);
        }
        if self.plan.bands {
            let mut reached = self.requests;
            for (band, above) in state.bands.iter_mut().zip(self.above.into_iter().chain([0])) {
                *band += reached - above;
                reached = above;
            }
        }
        for (sum, count) in state.apdex.iter_mut().zip(self.apdex) {
            *sum += count;
        }
    }

    fn pour_outcomes(&self, outcomes: &[Outcome], state: &mut State) {
        for (outcome, &count) in outcomes.iter().zip(&self.outcomes) {
            let (Some(method), Some(status)) = (outcome.to_method(), outcome.to_status()) else {
                continue;
            };
            if let Some(sum) = state.methods.get_mut(usize::from(method.code())) {
                *sum += u64::from(count);
            }
            let place = usize::from(status.get()).saturating_sub(domain::StatusCode::MIN.into());
            debug_assert!(place < STATUSES);
            if let Some(sum) = state.statuses.get_mut(place) {
                *sum += u64::from(count);
            }
        }
    }
}
