//! The place of a row in the order of a search: sort key and id in one number.

use std::ops::RangeInclusive;

use domain::{LogOrder, LogQuery, SortOrder};

use crate::dataset::Dataset;
use crate::segment::{BLOCK, Lane, Segment, WideLane};
use crate::vocabulary::Part;

/// Turns keys and ids into places: `(key - least key) * 2^id bits + (id - least id)`, counted from the other
/// end where the order is descending. Places differ, since ids do.
pub(super) struct Places<'a> {
    query: &'a LogQuery,
    keys: Option<(u64, u64)>,
    ids: Option<(i64, i64)>,
}

impl<'a> Places<'a> {
    pub(super) const fn new(query: &'a LogQuery) -> Self {
        Self { query, keys: None, ids: None }
    }

    pub(super) const fn query(&self) -> &'a LogQuery {
        self.query
    }

    /// Makes room for the rows of a data set.
    pub(super) fn widen(&mut self, dataset: &Dataset) {
        for part in &dataset.parts {
            let bounds = part.segment.bounds();
            let (low, high) = self.ids.unwrap_or((bounds.first_id, bounds.last_id));
            self.ids = Some((low.min(bounds.first_id), high.max(bounds.last_id)));
            let (least, most) = match self.query.order_by {
                LogOrder::CreatedAt => (biased(bounds.first_time), biased(bounds.last_time)),
                LogOrder::ProcessTime => (0, part.segment.durations.most()),
                LogOrder::Method | LogOrder::StatusCode => (0, 1023),
                LogOrder::Endpoint => (0, dataset.vocabulary.endpoints.values().len() as u64),
                LogOrder::Ip => (0, dataset.vocabulary.addresses.values().len() as u64),
            };
            let (low, high) = self.keys.unwrap_or((least, most));
            self.keys = Some((low.min(least), high.max(most)));
        }
    }

    /// All places; `None` without rows.
    pub(super) fn all(&self) -> Option<RangeInclusive<u128>> {
        let (low, high) = self.keys?;
        self.ids.map(|_| 0..=self.place_ascending(high - low, self.id_mask()))
    }

    fn id_mask(&self) -> u64 {
        let (low, high) = self.ids.unwrap_or_default();
        let span = high.abs_diff(low);
        span.checked_add(1).and_then(u64::checked_next_power_of_two).map_or(u64::MAX, |size| size - 1)
    }

    fn place_ascending(&self, key: u64, id: u64) -> u128 {
        u128::from(key) << self.id_mask().count_ones() | u128::from(id)
    }

    /// The oldest and the newest time that rows of the window can have.
    pub(super) fn times(&self, window: &RangeInclusive<u128>) -> (i64, i64) {
        let range = self.query.filter.range;
        let (from, to) = (range.start().as_micros(), range.end().as_micros());
        let (Some((low, _)), LogOrder::CreatedAt, Some(all)) = (self.keys, self.query.order_by, self.all())
        else {
            return (from, to);
        };
        let key = |place: u128| {
            let key = u64::try_from(place >> self.id_mask().count_ones()).unwrap_or(u64::MAX);
            unbiased(low.saturating_add(key))
        };
        let (first, last) = match self.query.order {
            SortOrder::Ascending => (key(*window.start()), key(*window.end())),
            SortOrder::Descending => (key(all.end() - window.end()), key(all.end() - window.start())),
        };
        (first.max(from), last.min(to))
    }

    /// The rank of each name by its number, where the order goes by names.
    pub(super) fn ranks<'d>(&self, dataset: &'d Dataset) -> &'d [u32] {
        match self.query.order_by {
            LogOrder::Endpoint => dataset.vocabulary.endpoint_ranks(),
            LogOrder::Ip => dataset.vocabulary.address_ranks(),
            _ => &[],
        }
    }
}

/// Keeps the order of signed numbers.
const fn biased(time: i64) -> u64 {
    time.cast_unsigned() ^ (1 << 63)
}

const fn unbiased(key: u64) -> i64 {
    (key ^ (1 << 63)).cast_signed()
}

/// The places of one segment's rows.
pub(super) struct Keys<'a> {
    segment: &'a Segment,
    order_by: LogOrder,
    /// Keys by code, where the column has codes.
    by_code: Vec<u64>,
    least_key: u64,
    least_id: i64,
    id_bits: u32,
    /// The largest place, from which a descending order counts down.
    from_end: Option<u128>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(places: &Places<'_>, ranks: &[u32], part: &'a Part) -> Self {
        let segment = &*part.segment;
        let rank = |number: &u32| u64::from(ranks.get(*number as usize).copied().unwrap_or_default());
        let outcomes = segment.outcomes.values.iter();
        let (mut by_code, bound): (Vec<u64>, usize) = match places.query.order_by {
            LogOrder::CreatedAt | LogOrder::ProcessTime => (Vec::new(), 0),
            LogOrder::Method => {
                let keys =
                    outcomes.map(|outcome| outcome.to_method().map_or(0, |method| method.code().into()));
                (keys.collect(), segment.outcomes.codes.bound())
            }
            LogOrder::StatusCode => {
                (outcomes.map(|outcome| outcome.status().into()).collect(), segment.outcomes.codes.bound())
            }
            LogOrder::Endpoint => {
                (part.endpoints.iter().map(rank).collect(), segment.endpoints.codes.bound())
            }
            // No address comes first.
            LogOrder::Ip => {
                let known = part.addresses.iter().map(|number| rank(number) + 1);
                (std::iter::once(0).chain(known).collect(), segment.addresses.codes.bound())
            }
        };
        by_code.resize(bound.max(by_code.len()), 0);
        let descending = places.query.order == SortOrder::Descending;
        Self {
            segment,
            order_by: places.query.order_by,
            by_code,
            least_key: places.keys.unwrap_or_default().0,
            least_id: places.ids.unwrap_or_default().0,
            id_bits: places.id_mask().count_ones(),
            from_end: places.all().filter(|_| descending).map(|all| *all.end()),
        }
    }

    /// The places of a block's rows.
    pub(super) fn places(&self, block: usize, lane: &mut [u128; BLOCK]) {
        let (mut keys, mut ids): (WideLane, _) = ([0; BLOCK], [0; BLOCK]);
        self.keys(block, &mut keys);
        self.segment.ids_of(block, &mut ids);
        for ((place, key), id) in lane.iter_mut().zip(keys).zip(ids) {
            let key = u128::from(key.saturating_sub(self.least_key));
            *place = key << self.id_bits | u128::from(id.abs_diff(self.least_id));
        }
        if let Some(end) = self.from_end {
            for place in lane {
                *place = end.saturating_sub(*place);
            }
        }
    }

    #[expect(clippy::indexing_slicing, reason = "codes lie below the bound that the table has grown to")]
    fn keys(&self, block: usize, keys: &mut WideLane) {
        let bytes = self.segment.bytes();
        let codes = match self.order_by {
            LogOrder::CreatedAt => {
                let mut times = [0; BLOCK];
                self.segment.times_of(block, &mut times);
                for (key, time) in keys.iter_mut().zip(times) {
                    *key = biased(time);
                }
                return;
            }
            LogOrder::ProcessTime => return self.segment.durations.unpack(bytes, block, keys),
            LogOrder::Method | LogOrder::StatusCode => &self.segment.outcomes.codes,
            LogOrder::Endpoint => &self.segment.endpoints.codes,
            LogOrder::Ip => &self.segment.addresses.codes,
        };
        let mut lane: Lane = [0; BLOCK];
        codes.unpack(bytes, block, &mut lane);
        for (key, &code) in keys.iter_mut().zip(&lane) {
            *key = self.by_code[code as usize];
        }
    }
}
