//! Histograms at rest: the cells that are not empty, in few bytes. A dashboard with percentiles keeps one for
//! each bucket.

use super::cells::{cell_of, percentile};

/// The cells of a histogram that are not empty, in ascending order: for each its distance from the one before
/// and its count, in bytes of seven bits each (LEB128). Most cells take two bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sparse {
    bytes: Box<[u8]>,
    min_us: u64,
    max_us: u64,
}

impl Default for Sparse {
    fn default() -> Self {
        Self { bytes: Box::default(), min_us: u64::MAX, max_us: 0 }
    }
}

impl Sparse {
    pub(super) fn new(cells: Packer, min_us: u64, max_us: u64) -> Self {
        Self { bytes: cells.bytes.into(), min_us, max_us }
    }

    pub(crate) fn record(&mut self, duration_us: u64) {
        let mut cells = Packer::default();
        cells.push(cell_of(duration_us) as u64, 1);
        self.merge(&Self::new(cells, duration_us, duration_us));
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.min_us = self.min_us.min(other.min_us);
        self.max_us = self.max_us.max(other.max_us);
        if self.bytes.is_empty() {
            self.bytes.clone_from(&other.bytes);
            return;
        }
        let mut sum = Packer::default();
        let (mut mine, mut others) = (self.cells().peekable(), other.cells().peekable());
        loop {
            let next = match (mine.peek(), others.peek()) {
                (Some(a), Some(b)) if a.0 == b.0 => {
                    mine.next().zip(others.next()).map(|(a, b)| (a.0, a.1 + b.1))
                }
                (Some(a), Some(b)) if a.0 > b.0 => others.next(),
                (None, _) => others.next(),
                _ => mine.next(),
            };
            let Some((cell, count)) = next else { break };
            sum.push(cell, count);
        }
        self.bytes = sum.bytes.into();
    }

    /// The cells with their counts.
    pub(super) fn cells(&self) -> Cells<'_> {
        Cells { bytes: &self.bytes, cell: 0 }
    }

    pub(super) const fn bounds_us(&self) -> (u64, u64) {
        (self.min_us, self.max_us)
    }

    /// See [`Histogram::percentile`](super::Histogram::percentile).
    pub(crate) fn percentile(&self, percent: u32) -> Option<u64> {
        percentile(self.cells(), percent, self.min_us, self.max_us)
    }
}

/// Writes cells in ascending order.
#[derive(Default)]
pub(super) struct Packer {
    bytes: Vec<u8>,
    last: u64,
}

impl Packer {
    pub(super) fn push(&mut self, cell: u64, count: u64) {
        self.put(cell - self.last);
        self.put(count);
        self.last = cell;
    }

    #[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
    fn put(&mut self, mut value: u64) {
        while value > 0x7f {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}

/// Reads cells.
#[derive(Clone)]
pub(super) struct Cells<'a> {
    bytes: &'a [u8],
    cell: u64,
}

impl Cells<'_> {
    fn take(&mut self) -> Option<u64> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let (&byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            shift += 7;
        }
    }
}

impl Iterator for Cells<'_> {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<(u64, u64)> {
        self.cell += self.take()?;
        Some((self.cell, self.take()?))
    }
}
