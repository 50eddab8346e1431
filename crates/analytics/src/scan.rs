//! The one pass over the columns that answers every question of a dashboard.

mod counters;
mod lanes;
mod pieces;

use std::num::NonZero;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::EventFilter;

use crate::dataset::Dataset;
use crate::filter::Restriction;
use crate::plan::Plan;
use crate::segment::BLOCK;
use crate::state::{BucketState, State, Tally};
use crate::vocabulary::Part;

use counters::Counters;
use lanes::Lanes;
use pieces::Pieces;

/// Rows that one thread takes at a time: few enough to share the work evenly, many enough that the tables
/// that are poured out afterwards do not count.
const UNIT_ROWS: usize = 1 << 18;
/// The same for segments with response times beyond 2^32 µs: so many of the longest ones have a sum below 2^64.
const WIDE_UNIT_ROWS: usize = 1 << 14;
/// Below this, starting a thread costs more than it saves.
const ROWS_PER_THREAD: usize = 1 << 16;

impl State {
    /// The state of the events of a data set that the filter admits, on at most so many threads.
    #[must_use]
    pub fn of(dataset: &Dataset, plan: &Arc<Plan>, filter: &EventFilter, threads: NonZero<usize>) -> Self {
        let restriction = Restriction::new(filter, &dataset.vocabulary);
        let units = units(dataset, filter);
        let rows: usize = units.iter().map(|unit| unit.1.len()).sum();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut scan = Scan::new(plan, dataset);
            while let Some((part, rows)) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                scan.unit(part, rows.clone(), &restriction);
            }
            scan.state
        };
        let helpers = threads.get().min(rows / ROWS_PER_THREAD + 1).min(units.len().max(1)) - 1;
        std::thread::scope(|scope| {
            let helpers: Vec<_> = (0..helpers).map(|_| scope.spawn(work)).collect();
            let mut state = work();
            for helper in helpers {
                match helper.join() {
                    Ok(other) => state.merge(&other),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            state
        })
    }
}

/// The rows of the time range, in pieces of work. Newest first: who keeps the newest buckets keeps few others.
fn units<'a>(dataset: &'a Dataset, filter: &EventFilter) -> Vec<(&'a Part, Range<usize>)> {
    let (first, last) = (filter.range.start().as_micros(), filter.range.end().as_micros());
    let mut units = Vec::new();
    for part in dataset.parts.iter().rev() {
        let rows = part.segment.rows(first, last);
        let size = if part.segment.durations.narrow().is_some() { UNIT_ROWS } else { WIDE_UNIT_ROWS };
        let mut end = rows.end;
        while end > rows.start {
            let start = (end - 1) / size * size;
            units.push((&**part, start.max(rows.start)..end));
            end = start.max(rows.start);
        }
    }
    units
}

/// One thread's share of a scan.
struct Scan<'a> {
    plan: &'a Plan,
    state: State,
    lanes: Lanes,
}

impl<'a> Scan<'a> {
    fn new(plan: &'a Arc<Plan>, dataset: &Dataset) -> Self {
        Self { plan, state: State::with(plan, Arc::clone(&dataset.vocabulary)), lanes: Lanes::new() }
    }

    fn unit(&mut self, part: &Part, rows: Range<usize>, restriction: &Restriction<'_>) {
        self.state.scanned += rows.len() as u64;
        let Some(selection) = restriction.on(part) else {
            return;
        };
        let mut counters = Counters::new(self.plan, part);
        let mut end = rows.end;
        let mut loaded = None;
        let mut pieces = Pieces::new(self.plan, &part.segment, rows);
        let (mut bucket_us, mut bucket) = (None, Tally::default());
        // Backwards: once all buckets are there that are kept, older events need not be told apart.
        while let Some(piece) = pieces.next(self.state.series.kept_from()) {
            if piece.bucket_us != bucket_us {
                self.close(bucket_us, std::mem::take(&mut bucket), &mut counters);
                bucket_us = piece.bucket_us;
            }
            let mut sum = Tally::default();
            while end > piece.start {
                let block = (end - 1) / BLOCK;
                if loaded != Some(block) {
                    self.lanes.load(self.plan, &part.segment, block, &selection);
                    loaded = Some(block);
                }
                let start = piece.start.max(block * BLOCK);
                counters.count(&self.lanes.rows(start - block * BLOCK..end - block * BLOCK), &mut sum);
                end = start;
            }
            if let Some(cell) = piece.hour.and_then(|hour| self.state.heatmap.get_mut(hour)) {
                cell.merge(&sum);
            }
            bucket.merge(&sum);
        }
        self.close(bucket_us, bucket, &mut counters);
        counters.pour_into(part, &mut self.state);
    }

    /// Adds what has been counted since the last call.
    fn close(&mut self, bucket_us: Option<i64>, tally: Tally, counters: &mut Counters<'_>) {
        if tally.requests == 0 {
            return;
        }
        self.state.totals.merge(&tally);
        let latency = counters.take_latency();
        self.state.latency.merge_sparse(&latency);
        if let Some(start_us) = bucket_us {
            self.state.series.add(start_us, BucketState { tally, latency });
        }
    }
}
