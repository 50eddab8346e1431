//! Counters that the codes of a segment index directly: what the scan does with each event.

use domain::LATENCY_BOUNDS_US;

use super::lanes::{Durations, Rows};
use crate::plan::{BANDS, Plan};
use crate::segment::{BLOCK, Label, Outcome};
use crate::state::{Histogram, STATUSES, Sparse, State, Tally, grown, satisfaction};
use crate::vocabulary::Part;

/// A tally of fewer than 2^21 events whose times have a sum below 2^64 µs; a unit of work is no larger.
#[derive(Clone, Copy, Default)]
struct Cell {
    total_us: u64,
    /// Requests, errors of clients and errors of the server side by side, so that one addition counts all.
    counts: u64,
}

impl Cell {
    const BITS: u32 = 21;
    const CLIENT_ERROR: u64 = 1 << Self::BITS;
    const SERVER_ERROR: u64 = 1 << (2 * Self::BITS);

    fn add(&mut self, duration_us: u64, counts: u64) {
        self.total_us += duration_us;
        self.counts += counts;
    }

    fn tally(&self) -> Tally {
        let count = |place: u32| (self.counts >> (place * Self::BITS)) & ((1 << Self::BITS) - 1);
        Tally {
            requests: count(0),
            client_errors: count(1),
            server_errors: count(2),
            total_us: self.total_us.into(),
        }
    }
}

/// A response time, in as few bits as those of a segment need.
trait Micros: Copy + Ord + Into<u64> {
    /// As many as the type can hold, if the number is too large for it.
    fn saturating_from(us: u64) -> Self;
}

impl Micros for u32 {
    fn saturating_from(us: u64) -> Self {
        Self::try_from(us).unwrap_or(Self::MAX)
    }
}

impl Micros for u64 {
    fn saturating_from(us: u64) -> Self {
        us
    }
}

/// Counters of some rows of one segment.
pub(super) struct Counters<'a> {
    plan: &'a Plan,
    /// What an event adds to the counts of a cell, by its outcome's code.
    weights: Vec<u64>,
    /// Outcomes are sorted by status: from this code on they are errors of the server.
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
        let weight = |outcome: &Outcome| match outcome.status() {
            ..400 => 1,
            400..500 => 1 + Cell::CLIENT_ERROR,
            500.. => 1 + Cell::SERVER_ERROR,
        };
        let mut weights: Vec<u64> = segment.outcomes.values.iter().map(weight).collect();
        weights.resize(segment.outcomes.codes.bound(), 1);
        let below = segment.outcomes.values.partition_point(|outcome| outcome.status() < 500);
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
            weights,
            server_errors_from: u32::try_from(below).unwrap_or(u32::MAX),
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
    pub(super) fn count(&mut self, rows: &Rows<'_>, piece: &mut Tally) {
        match rows.durations {
            Durations::Narrow(durations) => self.count_all(rows, durations, piece),
            Durations::Wide(durations) => self.count_all(rows, durations, piece),
        }
    }

    #[expect(clippy::indexing_slicing, reason = "codes lie below the bounds that the tables are made for")]
    fn count_all<D: Micros>(&mut self, rows: &Rows<'_>, durations: &[D], piece: &mut Tally) {
        if self.plan.only_latency_of {
            return self.count_latency_of(rows, durations);
        }
        let mut sum = Cell::default();
        let columns = rows.endpoints.iter().zip(rows.outcomes).zip(rows.addresses).zip(durations);
        for (((&endpoint, &outcome), &address), &duration) in columns {
            let (duration_us, counts) = (duration.into(), self.weights[outcome as usize]);
            self.endpoints[endpoint as usize].add(duration_us, counts);
            self.addresses[address as usize] += 1;
            self.outcomes[outcome as usize] += 1;
            sum.add(duration_us, counts);
        }
        piece.merge(&sum.tally());
        // Loops of their own, which the compiler turns into vectors.
        if let Some(&first) = durations.first() {
            let least = durations.iter().fold(first, |least, &duration| least.min(duration));
            let most = durations.iter().fold(first, |most, &duration| most.max(duration));
            self.min_us = self.min_us.min(least.into());
            self.max_us = self.max_us.max(most.into());
        }
        self.count_extras(rows, durations);
    }

    #[expect(clippy::indexing_slicing, reason = "codes lie below the bounds that the tables are made for")]
    fn count_extras<D: Micros>(&mut self, rows: &Rows<'_>, durations: &[D]) {
        self.requests += durations.len() as u64;
        if self.plan.latency {
            durations.iter().for_each(|&duration| self.latency.record(duration.into()));
        }
        if !self.places.is_empty() {
            self.count_latency_of(rows, durations);
        }
        if self.plan.bands {
            for (above, bound) in self.above.iter_mut().zip(LATENCY_BOUNDS_US) {
                let bound = D::saturating_from(bound);
                let counts = durations.iter().map(|&duration| u32::from(duration > bound));
                *above += u64::from(counts.sum::<u32>());
            }
        }
        if let Some(threshold) = self.plan.apdex {
            for (&outcome, &duration) in rows.outcomes.iter().zip(durations) {
                let is_server_error = outcome >= self.server_errors_from;
                self.apdex[satisfaction(duration.into(), is_server_error, threshold.as_micros())] += 1;
            }
        }
        for (cells, codes) in self.labels.iter_mut().zip(rows.labels) {
            if cells.is_empty() {
                continue;
            }
            for ((&code, &outcome), &duration) in codes.iter().zip(rows.outcomes).zip(durations) {
                cells[code as usize].add(duration.into(), self.weights[outcome as usize]);
            }
        }
    }

    /// The rows of the wanted endpoints are moved together first: which ones they are no processor can guess.
    #[expect(clippy::indexing_slicing, reason = "codes lie below the bounds that the tables are made for")]
    fn count_latency_of<D: Micros>(&mut self, rows: &Rows<'_>, durations: &[D]) {
        let (mut wanted, mut length) = ([(0, 0); BLOCK], 0);
        for (&endpoint, &duration) in rows.endpoints.iter().zip(durations) {
            let place = self.places[endpoint as usize];
            if let Some(slot) = wanted.get_mut(length) {
                *slot = (place, duration.into());
            }
            length += usize::from(place != NOT_WANTED);
        }
        for &(place, duration_us) in wanted.get(..length).unwrap_or_default() {
            if let Some(histogram) = self.latency_of.get_mut(place) {
                histogram.record(duration_us);
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
            if cell.counts > 0 {
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
                if cell.counts > 0 {
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
