//! Raw-log pages: any filter, any order, any offset, without sorting what is not shown.
//!
//! Every row has a place in the order: its sort key, then its id. One pass counts how many rows lie in each of
//! some ten thousand equal slices of the places; the slices that hold the page are collected in a second pass
//! and sorted. Where they hold too much, they are sliced again.

mod order;

use std::ops::RangeInclusive;

use domain::{LogQuery, StoredEvent};

use crate::dataset::Dataset;
use crate::filter::Restriction;
use crate::segment::{BLOCK, Segment, SegmentError};

use order::{Keys, Places};

/// Slices of one pass.
const SLICES: usize = 1 << 14;
/// Rows that are collected and sorted at most.
const COLLECTED: u64 = 1 << 16;

/// Shows every data set.
type Visit<'v> = &'v mut dyn FnMut(&Dataset);

/// One page; `each` shows all data sets.
pub(crate) fn page<E: From<SegmentError>>(
    query: &LogQuery,
    mut each: impl FnMut(Visit<'_>) -> Result<(), E>,
) -> Result<Vec<StoredEvent>, E> {
    let mut places = Places::new(query);
    each(&mut |dataset| places.widen(dataset))?;
    let first = u64::try_from(query.offset).unwrap_or_default();
    let last = first.saturating_add(u64::try_from(query.limit).unwrap_or_default()).saturating_sub(1);
    let mut page = Vec::new();
    let mut todo = places.all().map(|all| (all, first..=last)).into_iter().collect::<Vec<_>>();
    // The last window stands first in the page: windows are split into an earlier and a later part.
    while let Some((window, ranks)) = todo.pop() {
        match slice(&places, &window, &ranks, &mut each)? {
            Sliced::Nothing => {}
            Sliced::Few(window, ranks) => page.extend(collect(&places, &window, &ranks, &mut each)?),
            Sliced::Many(parts) => todo.extend(parts.into_iter().rev()),
        }
    }
    Ok(page)
}

/// Places in the order, and the ranks among them that are wanted.
type Wanted = (RangeInclusive<u128>, RangeInclusive<u64>);

enum Sliced {
    /// No row has one of the ranks.
    Nothing,
    /// Few enough rows to be collected.
    Few(RangeInclusive<u128>, RangeInclusive<u64>),
    /// Narrower windows, in order.
    Many(Vec<Wanted>),
}

/// Finds the slices of a window that hold the ranks.
fn slice<E>(
    places: &Places,
    window: &RangeInclusive<u128>,
    ranks: &RangeInclusive<u64>,
    each: &mut impl FnMut(Visit<'_>) -> Result<(), E>,
) -> Result<Sliced, E> {
    let width = (window.end() - window.start()) / SLICES as u128 + 1;
    // A power of two, so that a row is put into its slice without a division.
    let shift = width.next_power_of_two().trailing_zeros();
    let mut counts = vec![0_u64; SLICES];
    let low = *window.start();
    each(&mut |dataset| {
        each_row(dataset, places, window, |_, _, place| {
            if let Some(count) =
                usize::try_from((place - low) >> shift).ok().and_then(|slice| counts.get_mut(slice))
            {
                *count += 1;
            }
        });
    })?;

    let slice_of = |rank: u64| {
        let mut before = 0;
        let found = counts.iter().position(|count| {
            before += count;
            before > rank
        });
        found.map(|slice| (slice, before - counts.get(slice).copied().unwrap_or_default()))
    };
    let Some((first, before)) = slice_of(*ranks.start()) else {
        return Ok(Sliced::Nothing);
    };
    let filled = || counts.iter().rposition(|count| *count > 0).unwrap_or_default();
    let last = slice_of(*ranks.end()).map_or_else(filled, |(slice, _)| slice);
    let edge = |slice: usize| low + ((slice as u128) << shift);
    let upto = |slice: usize| (edge(slice + 1) - 1).min(*window.end());
    let rows: u64 = counts.get(first..=last).unwrap_or_default().iter().sum();
    let inner = ranks.start() - before..=ranks.end() - before;
    if rows <= COLLECTED || shift == 0 && first == last {
        return Ok(Sliced::Few(edge(first)..=upto(last), inner));
    }
    if first == last {
        return Ok(Sliced::Many(vec![(edge(first)..=upto(first), inner)]));
    }
    // The page begins in one crowded slice and ends in another.
    let here = counts.get(first).copied().unwrap_or_default();
    let head = (edge(first)..=upto(first), *inner.start()..=here - 1);
    let tail = (edge(first + 1)..=upto(last), 0..=inner.end() - here);
    Ok(Sliced::Many(vec![head, tail]))
}

/// The events of a window that have the ranks, in order.
fn collect<E: From<SegmentError>>(
    places: &Places,
    window: &RangeInclusive<u128>,
    ranks: &RangeInclusive<u64>,
    each: &mut impl FnMut(Visit<'_>) -> Result<(), E>,
) -> Result<Vec<StoredEvent>, E> {
    let mut found = Vec::new();
    each(&mut |dataset| {
        each_row(dataset, places, window, |segment, row, place| {
            found.push((place, segment.bounds().first_id, row));
        });
    })?;
    found.sort_unstable();
    let rank = |rank: u64| usize::try_from(rank).unwrap_or(usize::MAX);
    let end = rank(*ranks.end()).saturating_add(1).min(found.len());
    let shown = found.get(rank(*ranks.start())..end).unwrap_or_default();
    let mut events = Vec::with_capacity(shown.len());
    each(&mut |dataset| {
        for segment in dataset.segments() {
            let first_id = segment.bounds().first_id;
            let rows = shown.iter().filter(|(_, known, _)| *known == first_id);
            events.extend(rows.map(|(place, _, row)| (*place, segment.event(*row))));
        }
    })?;
    events.sort_unstable_by_key(|(place, _)| *place);
    Ok(events.into_iter().map(|(_, event)| event).collect::<Result<_, _>>()?)
}

/// Hands every row that the filter admits and whose place lies in the window to `visit`: its segment, its
/// number there, and its place.
fn each_row(
    dataset: &Dataset,
    places: &Places,
    window: &RangeInclusive<u128>,
    mut visit: impl FnMut(&Segment, usize, u128),
) {
    let filter = &places.query().filter;
    let restriction = Restriction::new(filter, &dataset.vocabulary);
    let (from, to) = places.times(window);
    let ranks = places.ranks(dataset);
    let mut mask = [0; BLOCK];
    let mut lane = [0; BLOCK];
    for part in &dataset.parts {
        let rows = part.segment.rows(from, to);
        if rows.is_empty() {
            continue;
        }
        let Some(selection) = restriction.on(part) else {
            continue;
        };
        let keys = Keys::new(places, ranks, part);
        for block in rows.start / BLOCK..=(rows.end - 1) / BLOCK {
            selection.mark(&part.segment, block, &mut mask);
            if !mask.contains(&1) {
                continue;
            }
            keys.places(block, &mut lane);
            for ((row, &admitted), &place) in (block * BLOCK..).zip(&mask).zip(&lane) {
                if admitted == 1 && rows.contains(&row) && window.contains(&place) {
                    visit(&part.segment, row, place);
                }
            }
        }
    }
}
