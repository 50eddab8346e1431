//! Cuts rows that are sorted by time into pieces of one bucket, and of one hour where a heat map is wanted.

use std::ops::Range;

use domain::{Period, Timestamp};

use crate::plan::Plan;
use crate::segment::{BLOCK, Segment};
use crate::state::hour_of_week;

/// Rows that belong to one bucket and, where a heat map is wanted, to one hour.
pub(super) struct Piece {
    /// The first row behind it.
    pub(super) end: usize,
    /// The bucket's first microsecond.
    pub(super) bucket_us: i64,
    /// The place of the hour in the heat map.
    pub(super) hour: Option<usize>,
}

/// The pieces of some rows, in order.
pub(super) struct Pieces<'a> {
    plan: &'a Plan,
    segment: &'a Segment,
    rows: Range<usize>,
    times: [i64; BLOCK],
    /// The block that `times` holds.
    block: Option<usize>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(plan: &'a Plan, segment: &'a Segment, rows: Range<usize>) -> Self {
        Self { plan, segment, rows, times: [0; BLOCK], block: None }
    }

    fn times_of(&mut self, block: usize) -> &[i64] {
        if self.block != Some(block) {
            self.segment.times_of(block, &mut self.times);
            self.block = Some(block);
        }
        self.times.get(..self.segment.rows_of(block)).unwrap_or_default()
    }

    /// The first row from `row` on that is not before the instant.
    fn seek(&mut self, row: usize, time: i64) -> usize {
        let block = self.segment.last_block_before(row / BLOCK, time);
        block * BLOCK + self.times_of(block).partition_point(|&at| at < time)
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let row = self.rows.start;
        if row >= self.rows.end {
            return None;
        }
        if self.plan.buckets == 0 && !self.plan.heatmap {
            self.rows.start = self.rows.end;
            return Some(Piece { end: self.rows.end, bucket_us: 0, hour: None });
        }
        let time = self.times_of(row / BLOCK).get(row % BLOCK).copied().unwrap_or_default();
        let instant = Timestamp::from_micros(time).unwrap_or(Timestamp::MIN);
        let bucket = self.plan.period.bucket(instant, self.plan.zone);
        let mut end_us = bucket.end_us;
        let mut hour = None;
        if self.plan.heatmap {
            end_us = end_us.min(Period::Hourly.bucket(instant, self.plan.zone).end_us);
            let (weekday, hour_of_day) = self.plan.zone.weekday_hour(instant);
            hour = Some(hour_of_week(weekday, hour_of_day));
        }
        // A piece has at least its first row, so the walk comes to an end.
        let end = self.seek(row, end_us).clamp(row + 1, self.rows.end);
        self.rows.start = end;
        Some(Piece { end, bucket_us: bucket.start_us, hour })
    }
}
