//! Cuts rows that are sorted by time into pieces of one bucket, and of one hour where a heat map is wanted.

use std::ops::Range;

use domain::{Period, Timestamp};

use crate::plan::Plan;
use crate::segment::{BLOCK, Segment};
use crate::state::hour_of_week;

/// Rows that belong to one bucket, or to none that is kept, and, where a heat map is wanted, to one hour.
pub(super) struct Piece {
    /// Its first row; it ends where the piece before began.
    pub(super) start: usize,
    /// The bucket's first microsecond; `None` if it would not be kept.
    pub(super) bucket_us: Option<i64>,
    /// The place of the hour in the heat map.
    pub(super) hour: Option<usize>,
}

/// The pieces of some rows, newest first.
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

    /// The first row, up to `row`, that is not before the instant.
    fn seek(&mut self, row: usize, time: i64) -> usize {
        let block = self.segment.last_block_before(row / BLOCK, time);
        block * BLOCK + self.times_of(block).partition_point(|&at| at < time)
    }

    /// The newest piece that is left. Of events before `kept_from` no bucket is kept: they need not be cut.
    pub(super) fn next(&mut self, kept_from: i64) -> Option<Piece> {
        let last = self.rows.end.checked_sub(1).filter(|&row| row >= self.rows.start)?;
        let time = self.times_of(last / BLOCK).get(last % BLOCK).copied().unwrap_or_default();
        let instant = Timestamp::from_micros(time).unwrap_or(Timestamp::MIN);
        let mut start_us = i64::MIN;
        let mut bucket_us = None;
        if time >= kept_from {
            start_us = self.plan.period.bucket(instant, self.plan.zone).start_us;
            bucket_us = Some(start_us);
        }
        let mut hour = None;
        if self.plan.heatmap {
            start_us = start_us.max(Period::Hourly.bucket(instant, self.plan.zone).start_us);
            let (weekday, hour_of_day) = self.plan.zone.weekday_hour(instant);
            hour = Some(hour_of_week(weekday, hour_of_day));
        }
        // A piece has at least its last row, so the walk comes to an end.
        let start = self.seek(last, start_us).clamp(self.rows.start, last);
        self.rows.end = start;
        Some(Piece { start, bucket_us, hour })
    }
}
