//! Segments: events of one API key as compressed columns, sorted by time; see `docs/segments.md`.
//!
//! A segment is its bytes. Opening one checks them and notes where the blocks of each column lie; blocks are
//! unpacked when they are scanned, so a segment in memory is as small as one on disk.

mod builder;
mod dictionaries;
mod error;
mod label;
mod layout;
mod outcome;
mod packed;
mod reader;

use std::ops::Range;

use domain::{ClientAddress, Duration, Extras, RequestEvent, StoredEvent, Timestamp};

pub use builder::SegmentBuilder;
pub(crate) use dictionaries::Texts;
pub use error::SegmentError;
pub(crate) use label::Label;
pub(crate) use outcome::Outcome;
pub(crate) use packed::{BLOCK, Lane, Packed, WideLane, WidePacked};

/// What a segment holds, without looking into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The number of events.
    pub count: u32,
    /// The smallest id.
    pub first_id: i64,
    /// The largest id.
    pub last_id: i64,
    /// The time of the oldest event in microseconds since the Unix epoch.
    pub first_time: i64,
    /// The time of the newest event.
    pub last_time: i64,
}

/// A column of numbers into a list of values.
#[derive(Debug, Clone)]
pub(crate) struct Coded<V> {
    pub(crate) values: V,
    pub(crate) codes: Packed,
}

/// The times of events in ascending order: the first one of each block, and the distances from it.
#[derive(Debug, Clone)]
pub(crate) struct Times {
    firsts: Box<[i64]>,
    distances: WidePacked,
}

/// Events of one API key as columns.
#[derive(Debug, Clone)]
pub struct Segment {
    bytes: Box<[u8]>,
    bounds: Bounds,
    pub(crate) times: Times,
    /// How far an event's id is from the one it would have if ids followed time, zigzag-coded.
    displacements: Packed,
    pub(crate) endpoints: Coded<Texts>,
    /// Values in ascending order.
    pub(crate) outcomes: Coded<Box<[Outcome]>>,
    /// Code 0 stands for no address; then come the values in ascending order.
    pub(crate) addresses: Coded<Box<[ClientAddress]>>,
    pub(crate) durations: WidePacked,
    /// Code 0 stands for no text.
    labels: [Option<Coded<Texts>>; Label::ALL.len()],
    /// Sizes of requests and of answers; 0 stands for none, other values are one too large.
    sizes: [Option<WidePacked>; 2],
}

impl Segment {
    /// The bytes to keep.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it holds.
    #[must_use]
    pub const fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// The number of events.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bounds.count as usize
    }

    /// Whether there are no events.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bounds.count == 0
    }

    /// Memory it takes, roughly, in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        let texts = self.labels.iter().flatten().map(|label| label.values.len() * 8).sum::<usize>();
        self.bytes.len()
            + self.len().div_ceil(BLOCK) * 48
            + self.addresses.values.len() * 16
            + self.endpoints.values.len() * 8
            + texts
    }

    /// The column of an optional text, if any event has it.
    pub(crate) fn label(&self, label: Label) -> Option<&Coded<Texts>> {
        label.pick(&self.labels).as_ref()
    }

    /// The distinct texts of an optional column.
    pub(crate) fn texts(&self, label: Label) -> impl Iterator<Item = &str> {
        self.label(label).into_iter().flat_map(|column| column.values.iter(&self.bytes))
    }

    /// The rows whose times lie between two instants, both included.
    pub(crate) fn rows(&self, first: i64, last: i64) -> Range<usize> {
        let start = self.row_from(first);
        let end = last.checked_add(1).map_or(self.len(), |after| self.row_from(after));
        start..end.max(start)
    }

    /// The first row that is not before the instant.
    pub(crate) fn row_from(&self, time: i64) -> usize {
        let block = self.last_block_before(self.times.firsts.len(), time);
        let mut lane = [0; BLOCK];
        let times = self.times_of(block, &mut lane);
        block * BLOCK + times.partition_point(|&at| at < time)
    }

    /// The last block, up to `block`, that begins before the instant; 0 if none does.
    pub(crate) fn last_block_before(&self, block: usize, time: i64) -> usize {
        let firsts = self.times.firsts.get(..=block).unwrap_or(&self.times.firsts);
        // Most searches end where they begin.
        let before = match firsts.last() {
            Some(&first) if first < time => firsts.len(),
            _ => firsts.partition_point(|&first| first < time),
        };
        before.saturating_sub(1)
    }

    /// The number of rows in a block.
    pub(crate) fn rows_of(&self, block: usize) -> usize {
        (self.len() - (block * BLOCK).min(self.len())).min(BLOCK)
    }

    /// The times of a block's rows.
    pub(crate) fn times_of<'a>(&self, block: usize, lane: &'a mut [i64; BLOCK]) -> &'a [i64] {
        let first = self.times.firsts.get(block).copied().unwrap_or_default();
        let mut distances = [0; BLOCK];
        self.times.distances.unpack(&self.bytes, block, &mut distances);
        for (time, distance) in lane.iter_mut().zip(distances) {
            *time = first.wrapping_add_unsigned(distance);
        }
        lane.get(..self.rows_of(block)).unwrap_or_default()
    }

    /// The ids of a block's rows.
    pub(crate) fn ids_of<'a>(&self, block: usize, lane: &'a mut [i64; BLOCK]) -> &'a [i64] {
        let mut displacements = [0; BLOCK];
        self.displacements.unpack(&self.bytes, block, &mut displacements);
        for (row, (id, displacement)) in (block * BLOCK..).zip(lane.iter_mut().zip(displacements)) {
            *id = self.id_at(row, displacement);
        }
        lane.get(..self.rows_of(block)).unwrap_or_default()
    }

    fn id_at(&self, row: usize, displacement: u32) -> i64 {
        let displacement = i64::from(displacement >> 1) ^ -i64::from(displacement & 1);
        self.bounds.first_id.wrapping_add_unsigned(row as u64).wrapping_add(displacement)
    }

    /// The event of a row.
    ///
    /// # Errors
    /// The row does not exist, or holds what no event can hold.
    pub fn event(&self, row: usize) -> Result<StoredEvent, SegmentError> {
        let damaged = SegmentError::Damaged("a row holds what no event can hold");
        if row >= self.len() {
            return Err(SegmentError::Damaged("a row is not there"));
        }
        let bytes = &self.bytes;
        let first = self.times.firsts.get(row / BLOCK).copied().unwrap_or_default();
        let time = first.wrapping_add_unsigned(self.times.distances.get(bytes, row));
        let outcome =
            self.outcomes.values.get(self.outcomes.codes.get(bytes, row) as usize).ok_or(damaged)?;
        let address = match self.addresses.codes.get(bytes, row) {
            0 => None,
            code => Some(*self.addresses.values.get(code as usize - 1).ok_or(damaged)?),
        };
        let event = RequestEvent::new(
            Timestamp::from_micros(time).ok_or(damaged)?,
            outcome.to_method().ok_or(damaged)?,
            self.endpoints.values.get(bytes, self.endpoints.codes.get(bytes, row)).ok_or(damaged)?,
            address,
            Duration::from_micros(self.durations.get(bytes, row)).ok_or(damaged)?,
            outcome.to_status().ok_or(damaged)?,
        );
        let id = self.id_at(row, self.displacements.get(bytes, row));
        Ok(StoredEvent { id, event: event.ok_or(damaged)?.with_extras(self.extras(row)) })
    }

    fn extras(&self, row: usize) -> Extras {
        let [route, user_agent, hostname, consumer] = self.labels.each_ref().map(|column| {
            let column = column.as_ref()?;
            let code = column.codes.get(&self.bytes, row).checked_sub(1)?;
            column.values.get(&self.bytes, code).map(str::to_owned)
        });
        let [request_bytes, response_bytes] =
            self.sizes.each_ref().map(|column| column.as_ref()?.get(&self.bytes, row).checked_sub(1));
        Extras { route, user_agent, hostname, consumer, request_bytes, response_bytes }
    }
}
