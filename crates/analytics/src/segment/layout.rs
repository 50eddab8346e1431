//! The bytes of a segment: a head, a table of sections, the sections, a checksum. Described in
//! `docs/segments.md`; a change of the form gets a new version.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use super::dictionaries::{Texts, open_addresses, open_codes, open_outcomes, put_u32};
use super::error::SegmentError;
use super::packed::{BLOCK, Packed, WidePacked};
use super::reader::Reader;
use super::{Bounds, Coded, Segment, Times};

const VERSION: u16 = 1;
const MAGIC: [u8; 6] = *b"APISEG";
/// Magic, version, count, number of sections, bounds.
const HEAD_BYTES: usize = 48;
const CHECKSUM_BYTES: usize = 8;

/// The columns of a segment. Those from [`Route`](Section::Route) on may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Section {
    Times = 1,
    Ids = 2,
    Endpoints = 3,
    Outcomes = 4,
    Addresses = 5,
    Durations = 6,
    Route = 7,
    UserAgent = 8,
    Hostname = 9,
    Consumer = 10,
    RequestBytes = 11,
    ResponseBytes = 12,
}

impl Segment {
    /// The form of the bytes.
    pub const VERSION: u16 = VERSION;

    /// Reads a segment and checks it.
    ///
    /// # Errors
    /// The bytes are no undamaged segment of a known version.
    pub fn open(bytes: impl Into<Box<[u8]>>) -> Result<Self, SegmentError> {
        open(bytes.into())
    }
}

/// Puts the parts together.
pub(super) fn assemble(bounds: Bounds, sections: &[(Section, Vec<u8>)]) -> Vec<u8> {
    let length: usize = sections.iter().map(|(_, section)| section.len() + 12).sum();
    let mut out = Vec::with_capacity(HEAD_BYTES + length + CHECKSUM_BYTES);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&bounds.count.to_le_bytes());
    put_u32(sections.len(), &mut out);
    for bound in [bounds.first_id, bounds.last_id, bounds.first_time, bounds.last_time] {
        out.extend_from_slice(&bound.to_le_bytes());
    }
    for (kind, section) in sections {
        out.extend_from_slice(&(*kind as u32).to_le_bytes());
        out.extend_from_slice(&(section.len() as u64).to_le_bytes());
    }
    for (_, section) in sections {
        out.extend_from_slice(section);
    }
    out.extend_from_slice(&xxh3_64(&out).to_le_bytes());
    out
}

fn open(bytes: Box<[u8]>) -> Result<Segment, SegmentError> {
    let (bounds, sections) = head(&bytes)?;
    let rows = bounds.count as usize;
    let section = |kind: Section| {
        let place = sections.iter().find(|(known, _)| *known == kind as u32);
        place.map(|(_, range)| Reader::new(&bytes, range.clone()))
    };
    let required = |kind| section(kind).ok_or(SegmentError::Damaged("a column is missing"));

    let times = times(&mut required(Section::Times)?, rows)?;
    let (displacements, _) = Packed::open(&bytes, required(Section::Ids)?.rest(), rows)?;
    let endpoints = texts(&mut required(Section::Endpoints)?, rows, 0)?;
    let mut reader = required(Section::Outcomes)?;
    let values = open_outcomes(&mut reader)?;
    let outcomes = Coded { codes: open_codes(&mut reader, rows, values.len())?, values };
    let mut reader = required(Section::Addresses)?;
    let values = open_addresses(&mut reader)?;
    let addresses = Coded { codes: open_codes(&mut reader, rows, values.len() + 1)?, values };
    let (durations, _) = WidePacked::open(&bytes, required(Section::Durations)?.rest(), rows)?;
    let label = |kind| section(kind).map(|mut reader| texts(&mut reader, rows, 1)).transpose();
    let size = |kind| section(kind).map(|reader| WidePacked::open(&bytes, reader.rest(), rows)).transpose();
    let labels = [
        label(Section::Route)?,
        label(Section::UserAgent)?,
        label(Section::Hostname)?,
        label(Section::Consumer)?,
    ];
    let sizes = [
        size(Section::RequestBytes)?.map(|(sizes, _)| sizes),
        size(Section::ResponseBytes)?.map(|(sizes, _)| sizes),
    ];
    Ok(Segment {
        times,
        displacements,
        endpoints,
        outcomes,
        addresses,
        durations,
        labels,
        sizes,
        bounds,
        bytes,
    })
}

type Sections = Vec<(u32, Range<usize>)>;

/// The bounds and where each section lies.
fn head(bytes: &[u8]) -> Result<(Bounds, Sections), SegmentError> {
    let mut reader = Reader::new(bytes, 0..bytes.len());
    if reader.array().map_err(|_| SegmentError::NoSegment)? != MAGIC {
        return Err(SegmentError::NoSegment);
    }
    let version = u16::from_le_bytes(reader.array()?);
    if version != VERSION {
        return Err(SegmentError::NewerVersion(version));
    }
    let Some((content, checksum)) = bytes.split_last_chunk::<CHECKSUM_BYTES>() else {
        return Err(SegmentError::Checksum);
    };
    if xxh3_64(content) != u64::from_le_bytes(*checksum) {
        return Err(SegmentError::Checksum);
    }
    let count = reader.u32()?;
    let section_count = reader.u32()?;
    let [first_id, last_id, first_time, last_time] = [
        i64::from_le_bytes(reader.array()?),
        i64::from_le_bytes(reader.array()?),
        i64::from_le_bytes(reader.array()?),
        i64::from_le_bytes(reader.array()?),
    ];
    let mut table = Vec::new();
    for _ in 0..section_count {
        let kind = reader.u32()?;
        let length = usize::try_from(u64::from_le_bytes(reader.array()?));
        table.push((kind, length.map_err(|_| SegmentError::Damaged("a section is too long"))?));
    }
    let rest = reader.rest().start..content.len();
    reader.skip_to(rest);
    let mut sections = Vec::with_capacity(table.len());
    for (kind, length) in table {
        sections.push((kind, reader.take(length)?));
    }
    Ok((Bounds { count, first_id, last_id, first_time, last_time }, sections))
}

fn times(reader: &mut Reader<'_>, rows: usize) -> Result<Times, SegmentError> {
    let mut firsts = Vec::new();
    for _ in 0..rows.div_ceil(BLOCK) {
        firsts.push(i64::from_le_bytes(reader.array()?));
    }
    let (distances, _) = WidePacked::open(reader.bytes(), reader.rest(), rows)?;
    Ok(Times { firsts: firsts.into(), distances })
}

/// Texts and their codes, which begin at `base`.
fn texts(reader: &mut Reader<'_>, rows: usize, base: usize) -> Result<Coded<Texts>, SegmentError> {
    let values = Texts::open(reader)?;
    let codes = open_codes(reader, rows, values.len() + base)?;
    Ok(Coded { values, codes })
}
