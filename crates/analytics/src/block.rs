//! Blocks: the events of one commit, one after the other, in the order in which they came; see `docs/segments.md`.
//!
//! A block is made in less time than the events took to arrive and is small from the first event on; it is read as a
//! whole. Many of them are merged into a [`Segment`](crate::Segment), whose columns can be searched.

mod form;
mod reader;
mod writer;

use domain::{RequestEvent, StoredEvent};
use xxhash_rust::xxh3::xxh3_64;

pub(crate) use reader::{Code, Reader};

use self::form::{MAGIC, VERSION};
use crate::segment::SegmentError;

const CHECKSUM_BYTES: usize = 8;

/// Events of one project that were stored together. Their ids follow each other and are not part of it: whoever stores
/// it knows the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    bytes: Box<[u8]>,
    count: u32,
}

impl Block {
    /// The form of the bytes.
    pub const VERSION: u16 = VERSION as u16;

    /// The block of some events, which keep their order. As many as memory has room for.
    #[must_use]
    pub fn of<'a>(events: impl IntoIterator<Item = &'a RequestEvent, IntoIter: ExactSizeIterator>) -> Self {
        let events = events.into_iter();
        let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
        let mut out = Vec::with_capacity(64 + 16 * events.len());
        out.extend_from_slice(&MAGIC);
        out.push(VERSION);
        writer::put_number(count.into(), &mut out);
        let mut writer = writer::Writer::default();
        for event in events.take(count as usize) {
            writer.put(event, &mut out);
        }
        out.extend_from_slice(&xxh3_64(&out).to_le_bytes());
        Self { bytes: out.into(), count }
    }

    /// Reads a block and checks it as a whole.
    ///
    /// # Errors
    /// The bytes are no undamaged block of a known version.
    pub fn open(bytes: impl Into<Box<[u8]>>) -> Result<Self, SegmentError> {
        let mut block = Self { bytes: bytes.into(), count: 0 };
        if !block.bytes.starts_with(&MAGIC) {
            return Err(SegmentError::NoSegment);
        }
        match block.bytes.get(MAGIC.len()) {
            Some(&VERSION) => {}
            Some(&version) => return Err(SegmentError::NewerVersion(version.into())),
            None => return Err(SegmentError::NoSegment),
        }
        let (content, checksum) =
            block.bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(SegmentError::Checksum)?;
        if xxh3_64(content) != u64::from_le_bytes(*checksum) {
            return Err(SegmentError::Checksum);
        }
        block.count = reader::count(content)?;
        let mut reader = block.reader();
        for _ in 0..block.count {
            reader.next()?;
        }
        reader.end()?;
        Ok(block)
    }

    /// The bytes to keep.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of events.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there are no events.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The events in their order, the first of which has this id.
    pub fn events(&self, first_id: i64) -> impl Iterator<Item = Result<StoredEvent, SegmentError>> {
        let mut reader = self.reader();
        (0..i64::from(self.count)).map(move |place| {
            let event = reader.next()?;
            let event =
                reader.to_event(&event).ok_or(SegmentError::Damaged("an event holds what none can hold"))?;
            Ok(StoredEvent { id: first_id.wrapping_add(place), event })
        })
    }

    /// Reads the events one after the other.
    pub(crate) fn reader(&self) -> Reader<'_> {
        let content = self.bytes.split_last_chunk::<CHECKSUM_BYTES>().map(|(content, _)| content);
        Reader::new(content.unwrap_or_default())
    }
}
