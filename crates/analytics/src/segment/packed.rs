//! Columns of integers, bit-packed in blocks of 128 values: one width a block, SIMD in both directions.
//!
//! The packing itself is that of `BitPacker4x` of the crate `bitpacking` (the layout of simdcomp).

use std::ops::Range;

use bitpacking::{BitPacker, BitPacker4x};

use super::error::SegmentError;

/// Values of one block.
pub(crate) const BLOCK: usize = BitPacker4x::BLOCK_LEN;
/// The values of a block.
pub(crate) type Lane = [u32; BLOCK];
/// The values of a block of wide integers.
pub(crate) type WideLane = [u64; BLOCK];

/// Appends the column to `out`: a width for each block, then the blocks. The last one is filled up with zeros.
pub(crate) fn encode(values: impl ExactSizeIterator<Item = u32> + Clone, out: &mut Vec<u8>) {
    let packer = BitPacker4x::new();
    let blocks = values.len().div_ceil(BLOCK);
    let widths_at = out.len();
    out.resize(widths_at + blocks, 0);
    let mut values = values;
    for block in 0..blocks {
        let mut lane = [0; BLOCK];
        for (place, value) in lane.iter_mut().zip(&mut values) {
            *place = value;
        }
        let width = packer.num_bits(&lane);
        if let Some(place) = out.get_mut(widths_at + block) {
            *place = width;
        }
        let at = out.len();
        out.resize(at + BitPacker4x::compressed_block_size(width), 0);
        packer.compress(&lane, out.get_mut(at..).unwrap_or_default(), width);
    }
}

/// Where the blocks of a column lie in the bytes of a segment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Packed {
    /// Where each block begins, and where the last one ends; empty if every value is 0.
    starts: Box<[u32]>,
    /// The widest block's width in bits.
    width: u8,
}

impl Packed {
    /// Reads the widths of a column of `count` values and checks that its blocks lie within the section.
    /// Returns what follows the column, too.
    pub(crate) fn open(
        bytes: &[u8],
        section: Range<usize>,
        count: usize,
    ) -> Result<(Self, Range<usize>), SegmentError> {
        let blocks = count.div_ceil(BLOCK);
        let damaged = SegmentError::Damaged("a column ends early");
        let Some(widths) = bytes.get(section.clone()).and_then(|section| section.get(..blocks)) else {
            return Err(damaged);
        };
        let mut at = section.start + blocks;
        let width = widths.iter().copied().max().unwrap_or_default();
        if width > 32 {
            return Err(SegmentError::Damaged("a column is wider than its type"));
        }
        let mut starts = Vec::new();
        if width > 0 {
            starts.reserve_exact(blocks + 1);
            for &width in widths {
                starts.push(offset(at)?);
                at += BitPacker4x::compressed_block_size(width);
            }
            starts.push(offset(at)?);
        }
        if at > section.end {
            return Err(damaged);
        }
        Ok((Self { starts: starts.into(), width }, at..section.end))
    }

    /// All values lie below this power of two, also in a damaged segment: who indexes a table of this size
    /// with them needs no further check.
    pub(crate) const fn bound(&self) -> usize {
        1 << self.width
    }

    /// Whether every value is 0.
    pub(crate) const fn is_zero(&self) -> bool {
        self.width == 0
    }

    /// Unpacks a block.
    #[inline]
    pub(crate) fn unpack(&self, bytes: &[u8], block: usize, lane: &mut Lane) {
        let packed = match (self.starts.get(block), self.starts.get(block + 1)) {
            (Some(&start), Some(&end)) => bytes.get(start as usize..end as usize).unwrap_or_default(),
            _ => &[],
        };
        #[expect(clippy::cast_possible_truncation, reason = "at most 32")]
        let width = (packed.len() * 8 / BLOCK) as u8;
        if width == 0 {
            lane.fill(0);
        } else {
            BitPacker4x::new().decompress(packed, lane, width);
        }
    }

    /// The value of a row.
    pub(crate) fn get(&self, bytes: &[u8], row: usize) -> u32 {
        let mut lane = [0; BLOCK];
        self.unpack(bytes, row / BLOCK, &mut lane);
        lane.get(row % BLOCK).copied().unwrap_or_default()
    }
}

/// A column of 64-bit integers: the lower halves and the upper ones, which mostly are all 0 and take no room.
#[derive(Debug, Clone, Default)]
pub(crate) struct WidePacked {
    low: Packed,
    high: Packed,
}

/// Appends a column of wide integers to `out`.
pub(crate) fn encode_wide(values: impl ExactSizeIterator<Item = u64> + Clone, out: &mut Vec<u8>) {
    #[expect(clippy::cast_possible_truncation, reason = "the lower half")]
    encode(values.clone().map(|value| value as u32), out);
    encode(values.map(|value| (value >> 32) as u32), out);
}

impl WidePacked {
    /// See [`Packed::open`].
    pub(crate) fn open(
        bytes: &[u8],
        section: Range<usize>,
        count: usize,
    ) -> Result<(Self, Range<usize>), SegmentError> {
        let (low, rest) = Packed::open(bytes, section, count)?;
        let (high, rest) = Packed::open(bytes, rest, count)?;
        Ok((Self { low, high }, rest))
    }

    /// The lower halves, if they are all there is.
    pub(crate) fn narrow(&self) -> Option<&Packed> {
        self.high.is_zero().then_some(&self.low)
    }

    /// No value is larger, also in a damaged segment.
    pub(crate) fn most(&self) -> u64 {
        let widest = |column: &Packed| (column.bound() as u64).saturating_sub(1);
        widest(&self.high) << 32 | if self.high.is_zero() { widest(&self.low) } else { u64::from(u32::MAX) }
    }

    /// Unpacks a block.
    #[inline]
    pub(crate) fn unpack(&self, bytes: &[u8], block: usize, lane: &mut WideLane) {
        let mut half = [0; BLOCK];
        self.low.unpack(bytes, block, &mut half);
        for (value, half) in lane.iter_mut().zip(half) {
            *value = u64::from(half);
        }
        if !self.high.is_zero() {
            self.high.unpack(bytes, block, &mut half);
            for (value, half) in lane.iter_mut().zip(half) {
                *value |= u64::from(half) << 32;
            }
        }
    }

    /// The value of a row.
    pub(crate) fn get(&self, bytes: &[u8], row: usize) -> u64 {
        u64::from(self.low.get(bytes, row)) | u64::from(self.high.get(bytes, row)) << 32
    }
}

fn offset(at: usize) -> Result<u32, SegmentError> {
    u32::try_from(at).map_err(|_| SegmentError::Damaged("a segment is longer than 4 GiB"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn unpacking_gives_back_what_was_packed(
            values in prop::collection::vec(prop_oneof![Just(0), 0..9_u64, any::<u64>()], 0..400),
        ) {
            let mut bytes = vec![7; 3];
            encode_wide(values.iter().copied(), &mut bytes);
            let length = bytes.len();
            bytes.push(9);
            let (column, rest) = WidePacked::open(&bytes, 3..bytes.len(), values.len()).unwrap();
            prop_assert_eq!(rest, length..length + 1);
            let mut lane = [0; BLOCK];
            for (row, value) in values.iter().enumerate() {
                prop_assert_eq!(column.get(&bytes, row), *value);
                column.unpack(&bytes, row / BLOCK, &mut lane);
                prop_assert_eq!(lane[row % BLOCK], *value);
            }
        }

        #[test]
        fn any_bytes_open_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0..300_usize) {
            if let Ok((column, _)) = Packed::open(&bytes, 0..bytes.len(), count) {
                for row in 0..count {
                    prop_assert!((column.get(&bytes, row) as usize) < column.bound());
                }
            }
        }
    }
}
