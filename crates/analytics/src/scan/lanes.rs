//! The rows of one block, unpacked and filtered.

use std::ops::Range;

use crate::filter::Selection;
use crate::plan::Plan;
use crate::segment::{BLOCK, Label, Lane, Segment, WideLane};

/// The columns of one block. Rows that the filter leaves out are gone; the others have moved up.
pub(super) struct Lanes {
    endpoints: Lane,
    outcomes: Lane,
    addresses: Lane,
    durations: Lane,
    /// Instead of `durations`, where some are longer than 32 bits can say.
    wide_durations: WideLane,
    is_wide: bool,
    labels: [Lane; Label::ALL.len()],
    mask: [u8; BLOCK],
    /// The rows that are left, in order.
    picked: [u8; BLOCK],
    /// How many rows are left before each row.
    before: [usize; BLOCK + 1],
}

/// Response times of some rows in microseconds.
pub(super) enum Durations<'a> {
    Narrow(&'a [u32]),
    Wide(&'a [u64]),
}

/// Some rows of a block.
pub(super) struct Rows<'a> {
    pub(super) endpoints: &'a [u32],
    pub(super) outcomes: &'a [u32],
    pub(super) addresses: &'a [u32],
    pub(super) durations: Durations<'a>,
    pub(super) labels: [&'a [u32]; Label::ALL.len()],
}

impl Lanes {
    pub(super) fn new() -> Self {
        Self {
            endpoints: [0; BLOCK],
            outcomes: [0; BLOCK],
            addresses: [0; BLOCK],
            durations: [0; BLOCK],
            wide_durations: [0; BLOCK],
            is_wide: false,
            labels: [[0; BLOCK]; Label::ALL.len()],
            mask: [0; BLOCK],
            picked: [0; BLOCK],
            before: std::array::from_fn(|row| row),
        }
    }

    /// Unpacks the columns that the plan needs.
    pub(super) fn load(&mut self, plan: &Plan, segment: &Segment, block: usize, selection: &Selection) {
        let left =
            if selection.is_all() { self.select_all() } else { self.select(segment, block, selection) };
        if left == 0 {
            return;
        }
        let bytes = segment.bytes();
        segment.endpoints.codes.unpack(bytes, block, &mut self.endpoints);
        if !plan.only_latency_of {
            segment.outcomes.codes.unpack(bytes, block, &mut self.outcomes);
            segment.addresses.codes.unpack(bytes, block, &mut self.addresses);
        }
        match segment.durations.narrow() {
            Some(durations) => durations.unpack(bytes, block, &mut self.durations),
            None => segment.durations.unpack(bytes, block, &mut self.wide_durations),
        }
        self.is_wide = segment.durations.narrow().is_none();
        for (label, lane) in Label::ALL.into_iter().zip(&mut self.labels) {
            match segment.label(label) {
                Some(column) if plan.counts(label) => column.codes.unpack(bytes, block, lane),
                _ => {}
            }
        }
        if left < BLOCK {
            let picked = self.picked.get(..left).unwrap_or_default();
            for lane in [&mut self.endpoints, &mut self.outcomes, &mut self.addresses, &mut self.durations] {
                move_up(picked, lane);
            }
            if self.is_wide {
                move_up(picked, &mut self.wide_durations);
            }
            for (label, lane) in Label::ALL.into_iter().zip(&mut self.labels) {
                if plan.counts(label) {
                    move_up(picked, lane);
                }
            }
        }
    }

    /// Leaves every row where it is; another segment may have been filtered before.
    fn select_all(&mut self) -> usize {
        if self.before.last() != Some(&BLOCK) {
            self.before = std::array::from_fn(|row| row);
        }
        BLOCK
    }

    /// Marks the rows that the filter admits; returns how many they are.
    fn select(&mut self, segment: &Segment, block: usize, selection: &Selection) -> usize {
        selection.mark(segment, block, &mut self.mask);
        let mut count = 0;
        for ((row, before), admitted) in (0..).zip(&mut self.before).zip(self.mask) {
            *before = count;
            // Every row is written, and overwritten if it is not admitted: which ones are cannot be guessed.
            if let Some(place) = self.picked.get_mut(count) {
                *place = row;
            }
            count += usize::from(admitted);
        }
        if let Some(all) = self.before.last_mut() {
            *all = count;
        }
        count
    }

    /// What is left of a range of rows.
    pub(super) fn rows(&self, range: Range<usize>) -> Rows<'_> {
        let at = |row: usize| self.before.get(row).copied().unwrap_or_default();
        let range = at(range.start)..at(range.end);
        Rows {
            endpoints: self.endpoints.get(range.clone()).unwrap_or_default(),
            outcomes: self.outcomes.get(range.clone()).unwrap_or_default(),
            addresses: self.addresses.get(range.clone()).unwrap_or_default(),
            durations: if self.is_wide {
                Durations::Wide(self.wide_durations.get(range.clone()).unwrap_or_default())
            } else {
                Durations::Narrow(self.durations.get(range.clone()).unwrap_or_default())
            },
            labels: self.labels.each_ref().map(|lane| lane.get(range.clone()).unwrap_or_default()),
        }
    }
}

/// Moves the values of these rows, which are in order, to the front.
#[expect(clippy::indexing_slicing, reason = "there are at most so many rows, each of the block")]
fn move_up<T: Copy>(rows: &[u8], lane: &mut [T; BLOCK]) {
    for (place, &row) in rows.iter().enumerate() {
        lane[place] = lane[usize::from(row)];
    }
}
