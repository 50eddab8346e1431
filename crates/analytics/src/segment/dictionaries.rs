//! The distinct values of a column, as they lie in a segment: texts, addresses, outcomes.

use std::ops::Range;

use domain::ClientAddress;

use super::error::SegmentError;
use super::outcome::Outcome;
use super::packed::{self, Packed};
use super::reader::Reader;

/// Texts that lie in the bytes of a segment, in ascending order of their bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts(Box<[(u32, u32)]>);

impl Texts {
    pub(crate) fn encode<'a>(texts: impl ExactSizeIterator<Item = &'a str>, out: &mut Vec<u8>) {
        put_u32(texts.len(), out);
        for text in texts {
            put_u32(text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
    }

    pub(super) fn open(reader: &mut Reader<'_>) -> Result<Self, SegmentError> {
        let count = reader.u32()?;
        let mut places = Vec::new();
        for _ in 0..count {
            let length = reader.u32()?;
            let range = reader.take(length as usize)?;
            let text = reader.bytes().get(range.clone()).unwrap_or_default();
            std::str::from_utf8(text).map_err(|_| SegmentError::Damaged("a text is not UTF-8"))?;
            let place = |at| u32::try_from(at).map_err(|_| SegmentError::Damaged("a text lies too far"));
            places.push((place(range.start)?, place(range.end)?));
        }
        Ok(Self(places.into()))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// A text by its number.
    pub(crate) fn get<'a>(&self, bytes: &'a [u8], number: u32) -> Option<&'a str> {
        let &(start, end) = self.0.get(number as usize)?;
        std::str::from_utf8(bytes.get(start as usize..end as usize)?).ok()
    }

    /// All texts.
    pub(crate) fn iter<'a>(&'a self, bytes: &'a [u8]) -> impl ExactSizeIterator<Item = &'a str> {
        self.0.iter().map(|&(start, end)| {
            let text = bytes.get(start as usize..end as usize).unwrap_or_default();
            std::str::from_utf8(text).unwrap_or_default()
        })
    }
}

/// IPv4 addresses as distances between neighbours, IPv6 addresses as they are.
pub(super) fn encode_addresses(addresses: &[ClientAddress], out: &mut Vec<u8>) {
    let short = |address: &ClientAddress| address.to_ip().is_ipv4();
    // Ascending by bytes: IPv6 addresses may stand on both sides of the IPv4 ones, so each list has its own.
    let v4: Vec<u32> = addresses.iter().filter(|address| short(address)).map(low_bits).collect();
    let v6 = addresses.iter().filter(|address| !short(address));
    put_u32(v4.len(), out);
    put_u32(addresses.len() - v4.len(), out);
    let distances = v4.iter().zip(std::iter::once(&0).chain(&v4)).map(|(address, before)| address - before);
    packed::encode(distances.collect::<Vec<_>>().into_iter(), out);
    for address in v6 {
        out.extend_from_slice(address.as_bytes());
    }
}

pub(super) fn open_addresses(reader: &mut Reader<'_>) -> Result<Box<[ClientAddress]>, SegmentError> {
    let (short, long) = (reader.u32()? as usize, reader.u32()? as usize);
    let (distances, rest) = Packed::open(reader.bytes(), reader.rest(), short)?;
    reader.skip_to(rest);
    let mut addresses = Vec::with_capacity(short);
    let mut address = 0_u32;
    let mut lane = [0; packed::BLOCK];
    for row in 0..short {
        if row % packed::BLOCK == 0 {
            distances.unpack(reader.bytes(), row / packed::BLOCK, &mut lane);
        }
        address = address.wrapping_add(lane.get(row % packed::BLOCK).copied().unwrap_or_default());
        addresses.push(ClientAddress::from(std::net::IpAddr::from(address.to_be_bytes())));
    }
    for _ in 0..long {
        addresses.push(ClientAddress::from_bytes(reader.array()?));
    }
    // Two ascending runs; a merge sort sees that.
    addresses.sort();
    Ok(addresses.into())
}

fn low_bits(address: &ClientAddress) -> u32 {
    let [.., a, b, c, d] = *address.as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

pub(super) fn encode_outcomes(outcomes: &[Outcome], out: &mut Vec<u8>) {
    put_u32(outcomes.len(), out);
    for outcome in outcomes {
        out.extend_from_slice(&outcome.code().to_le_bytes());
    }
}

pub(super) fn open_outcomes(reader: &mut Reader<'_>) -> Result<Box<[Outcome]>, SegmentError> {
    let count = reader.u32()?;
    let mut outcomes = Vec::new();
    for _ in 0..count {
        let code = u16::from_le_bytes(reader.array()?);
        let outcome = Outcome::from_code(code).ok_or(SegmentError::Damaged("a status does not exist"))?;
        outcomes.push(outcome);
    }
    if !outcomes.is_sorted() {
        return Err(SegmentError::Damaged("statuses are not in order"));
    }
    Ok(outcomes.into())
}

/// A length. No column has 2^32 values: a segment counts its events in 32 bits.
pub(super) fn put_u32(length: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

/// The codes of a column, checked to lie below the next power of two of the number of values.
pub(super) fn open_codes(
    reader: &mut Reader<'_>,
    rows: usize,
    values: usize,
) -> Result<Packed, SegmentError> {
    let range: Range<usize> = reader.rest();
    let (codes, rest) = Packed::open(reader.bytes(), range, rows)?;
    reader.skip_to(rest);
    if codes.bound() > values.next_power_of_two() {
        return Err(SegmentError::Damaged("a code names no value"));
    }
    Ok(codes)
}
