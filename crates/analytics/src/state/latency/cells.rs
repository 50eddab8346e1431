//! The cells of a histogram, log-linear: which one a duration falls into, and what it stands for. Not for how
//! counts are kept.

/// Below this, every microsecond has a cell of its own.
const EXACT: u64 = 2048;
/// From there on each power of two is split into so many cells.
const CELLS_PER_OCTAVE: u64 = EXACT / 2;

/// The duration that so many percent do not exceed, from the cells in ascending order with their counts; `None`
/// without durations.
pub(super) fn percentile(
    mut cells: impl Iterator<Item = (u64, u64)> + Clone,
    percent: u32,
    min_us: u64,
    max_us: u64,
) -> Option<u64> {
    let count: u64 = cells.clone().map(|(_, count)| count).sum();
    if count == 0 {
        return None;
    }
    let rank = (u128::from(count) * u128::from(percent)).div_ceil(100).max(1);
    let mut seen = 0;
    let cell = cells.find_map(|(cell, count)| {
        seen += u128::from(count);
        (seen >= rank).then_some(cell)
    })?;
    Some(middle_of(cell).clamp(min_us, max_us))
}

/// The cell of a duration.
#[expect(clippy::cast_possible_truncation, reason = "at most 2048 + 53 · 1024 cells")]
pub(super) fn cell_of(value: u64) -> usize {
    // Without a branch: durations fall on both sides of the exact ones too often to be guessed.
    let octave = u64::from((value | CELLS_PER_OCTAVE).ilog2() - CELLS_PER_OCTAVE.ilog2());
    (octave * CELLS_PER_OCTAVE + (value >> octave)) as usize
}

fn middle_of(cell: u64) -> u64 {
    if cell < EXACT {
        return cell;
    }
    let octave = (cell - EXACT) / CELLS_PER_OCTAVE;
    let first = ((cell - EXACT) % CELLS_PER_OCTAVE + CELLS_PER_OCTAVE) << (octave + 1);
    first + (1 << octave)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cells_are_narrow_and_in_order(value in 0_u64..=domain::limits::PROCESS_TIME_US) {
            let middle = middle_of(cell_of(value) as u64);
            prop_assert!(middle.abs_diff(value) * 1000 <= value, "{value} is shown as {middle}");
            prop_assert!(cell_of(value) <= cell_of(value + 1));
            prop_assert_eq!(cell_of(middle), cell_of(value));
        }
    }
}
