//! From events to a segment.

use std::hash::Hash;
use std::sync::Arc;

use domain::{ClientAddress, RequestEvent};

use super::dictionaries::{Texts, encode_addresses, encode_outcomes};
use super::error::SegmentError;
use super::label::Label;
use super::layout::{self, Section};
use super::outcome::Outcome;
use super::packed::{BLOCK, encode, encode_wide};
use super::{Bounds, Segment};
use crate::block::{Block, Code};
use crate::dictionary::{Dictionary, Entry};

/// Gathers events into a [`Segment`]; they may come in any order of time. The same events give the same
/// bytes, in whatever order they came.
#[derive(Debug, Clone, Default)]
pub struct SegmentBuilder {
    ids: Vec<i64>,
    times: Vec<i64>,
    outcomes: Vec<Outcome>,
    durations: Vec<u64>,
    endpoints: Numbered<Arc<str>>,
    addresses: Numbered<ClientAddress>,
    labels: [Numbered<Arc<str>>; Label::ALL.len()],
    sizes: [Vec<Option<u64>>; 2],
}

/// A column as codes of the values that occur: 0 for none, else one more than the value's number.
#[derive(Debug, Clone)]
struct Numbered<T> {
    values: Dictionary<T>,
    codes: Vec<u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { values: Dictionary::default(), codes: Vec::new() }
    }
}

impl<T: Clone + Ord + Hash> Numbered<T> {
    fn code<Q>(&mut self, value: &Q) -> u32
    where
        T: Entry<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.values.number(value) + 1
    }

    fn push<Q>(&mut self, value: Option<&Q>)
    where
        T: Entry<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let code = value.map_or(0, |value| self.code(value));
        self.codes.push(code);
    }

    /// The code of what stands in a block; `known` has those of what stood there before.
    fn code_of<Q>(&mut self, value: Code<&Q>, known: &mut Vec<u32>) -> u32
    where
        T: Entry<Q>,
        Q: Eq + Hash + ?Sized,
    {
        match value {
            Code::New(value) => {
                let code = self.code(value);
                known.push(code);
                code
            }
            Code::Known(place) => known.get(place).copied().unwrap_or_default(),
        }
    }

    /// The values in ascending order, and the column in the order of `rows` with codes of that order.
    fn sorted(&self, rows: &[u32]) -> (Vec<&T>, Vec<u32>) {
        let mut order: Vec<(u32, &T)> = (1..).zip(self.values.values()).collect();
        order.sort_unstable_by_key(|(_, value)| *value);
        let mut codes = vec![0; order.len() + 1];
        for (rank, (code, _)) in (1..).zip(&order) {
            if let Some(place) = codes.get_mut(*code as usize) {
                *place = rank;
            }
        }
        let column = picked(&self.codes, rows);
        let column = column.map(|code| codes.get(code as usize).copied().unwrap_or_default()).collect();
        (order.into_iter().map(|(_, value)| value).collect(), column)
    }
}

impl SegmentBuilder {
    /// The number of events so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no events yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Adds an event with its id. A segment takes ids that lie within 2^30 of each other.
    pub fn push(&mut self, id: i64, event: &RequestEvent) {
        self.ids.push(id);
        self.times.push(event.created_at().as_micros());
        self.outcomes.push(Outcome::new(event.method(), event.status_code()));
        self.durations.push(event.process_time().as_micros());
        self.endpoints.push(Some(event.endpoint()));
        self.addresses.push(event.ip().as_ref());
        let extras = event.extras();
        for (label, column) in Label::ALL.into_iter().zip(&mut self.labels) {
            column.push(extras.and_then(|extras| label.of(extras)));
        }
        let [requests, responses] = &mut self.sizes;
        requests.push(extras.and_then(|extras| extras.request_bytes));
        responses.push(extras.and_then(|extras| extras.response_bytes));
    }

    /// Adds the events of a segment.
    pub fn append(&mut self, segment: &Segment) {
        let bytes = segment.bytes();
        let texts = segment.endpoints.values.iter(bytes);
        let endpoints: Vec<u32> = texts.map(|text| self.endpoints.code(text)).collect();
        let known = segment.addresses.values.iter().map(|address| self.addresses.code(address));
        let addresses: Vec<u32> = std::iter::once(0).chain(known).collect();
        let labels = Label::ALL.map(|label| segment.label(label));
        let mut label_codes = Vec::new();
        for (column, own) in labels.iter().zip(&mut self.labels) {
            let texts = column.iter().flat_map(|column| column.values.iter(bytes));
            let codes = std::iter::once(0).chain(texts.map(|text| own.code(text)));
            label_codes.push(codes.collect::<Vec<u32>>());
        }

        let (mut lane, mut wide, mut instants) = ([0; BLOCK], [0; BLOCK], [0; BLOCK]);
        let translate = |codes: &[u32], own: &[u32], out: &mut Vec<u32>| {
            out.extend(codes.iter().map(|&code| own.get(code as usize).copied().unwrap_or_default()));
        };
        for block in 0..segment.len().div_ceil(BLOCK) {
            let rows = segment.rows_of(block);
            self.times.extend_from_slice(segment.times_of(block, &mut instants));
            self.ids.extend_from_slice(segment.ids_of(block, &mut instants));
            segment.outcomes.codes.unpack(bytes, block, &mut lane);
            let values = &segment.outcomes.values;
            self.outcomes
                .extend(lane.iter().take(rows).filter_map(|&code| values.get(code as usize).copied()));
            segment.durations.unpack(bytes, block, &mut wide);
            self.durations.extend(wide.iter().take(rows));
            segment.endpoints.codes.unpack(bytes, block, &mut lane);
            translate(lane.get(..rows).unwrap_or_default(), &endpoints, &mut self.endpoints.codes);
            segment.addresses.codes.unpack(bytes, block, &mut lane);
            translate(lane.get(..rows).unwrap_or_default(), &addresses, &mut self.addresses.codes);
            for ((column, codes), own) in labels.iter().zip(&label_codes).zip(&mut self.labels) {
                match column {
                    Some(column) => column.codes.unpack(bytes, block, &mut lane),
                    None => lane.fill(0),
                }
                translate(lane.get(..rows).unwrap_or_default(), codes, &mut own.codes);
            }
            for (column, own) in segment.sizes.iter().zip(&mut self.sizes) {
                match column {
                    Some(column) => column.unpack(bytes, block, &mut wide),
                    None => wide.fill(0),
                }
                own.extend(wide.iter().take(rows).map(|size| size.checked_sub(1)));
            }
        }
    }

    /// Adds the events of a block, the first of which has this id.
    ///
    /// # Errors
    /// The block is damaged, which [`Block::open`] would have found; then some of its events are added.
    pub fn append_block(&mut self, first_id: i64, block: &Block) -> Result<(), SegmentError> {
        let mut reader = block.reader();
        // The codes here of what the block names by number.
        let (mut endpoints, mut addresses) = (Vec::new(), Vec::new());
        let mut labels: [Vec<u32>; Label::ALL.len()] = Default::default();
        for id in (first_id..).take(block.len()) {
            let event = reader.next()?;
            self.ids.push(id);
            self.times.push(event.time.as_micros());
            self.outcomes.push(event.outcome);
            self.durations.push(event.duration.as_micros());
            let code = self.endpoints.code_of(event.endpoint, &mut endpoints);
            self.endpoints.codes.push(code);
            let code = event.address.map_or(0, |address| match address {
                Code::New(address) => self.addresses.code_of(Code::New(&address), &mut addresses),
                Code::Known(place) => self.addresses.code_of(Code::Known(place), &mut addresses),
            });
            self.addresses.codes.push(code);
            for ((label, own), known) in event.labels.into_iter().zip(&mut self.labels).zip(&mut labels) {
                let code = label.map_or(0, |label| own.code_of(label, known));
                own.codes.push(code);
            }
            for (own, size) in self.sizes.iter_mut().zip(event.sizes) {
                own.push(size);
            }
        }
        Ok(())
    }

    /// The segment of all events so far.
    #[must_use]
    pub fn build(self) -> Segment {
        let mut rows: Vec<u32> = (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).collect();
        let key = |&row: &u32| (self.times.get(row as usize), self.ids.get(row as usize));
        if !rows.is_sorted_by_key(key) {
            rows.sort_unstable_by_key(key);
        }
        let bytes = layout::assemble(self.bounds(), &self.sections(&rows));
        // Were it not sound, an empty segment in its place would lose its events without a word.
        #[expect(clippy::expect_used, reason = "it has been put together here, from what it can hold")]
        Segment::open(bytes).expect("a segment that has just been made is sound")
    }

    fn bounds(&self) -> Bounds {
        let ends = |values: &[i64]| {
            let least = values.iter().copied().min().unwrap_or_default();
            (least, values.iter().copied().max().unwrap_or_default())
        };
        let ((first_id, last_id), (first_time, last_time)) = (ends(&self.ids), ends(&self.times));
        let count = u32::try_from(self.len()).unwrap_or(u32::MAX);
        Bounds { count, first_id, last_id, first_time, last_time }
    }

    fn sections(&self, rows: &[u32]) -> Vec<(Section, Vec<u8>)> {
        let mut sections = vec![
            (Section::Times, self.encoded_times(rows)),
            (Section::Ids, self.encoded_ids(rows)),
            (Section::Endpoints, {
                let (values, codes) = self.endpoints.sorted(rows);
                let mut out = Vec::new();
                Texts::encode(values.into_iter().map(AsRef::as_ref), &mut out);
                encode(codes.into_iter().map(|code| code.saturating_sub(1)), &mut out);
                out
            }),
            (Section::Outcomes, self.encoded_outcomes(rows)),
            (Section::Addresses, self.encoded_addresses(rows)),
            (Section::Durations, {
                let mut out = Vec::new();
                encode_wide(picked(&self.durations, rows), &mut out);
                out
            }),
        ];
        let kinds = [Section::Route, Section::UserAgent, Section::Hostname, Section::Consumer];
        for (kind, column) in kinds.into_iter().zip(&self.labels) {
            if !column.values.values().is_empty() {
                sections.push((kind, encoded_label(column, rows)));
            }
        }
        for (kind, sizes) in [Section::RequestBytes, Section::ResponseBytes].into_iter().zip(&self.sizes) {
            if sizes.iter().any(Option::is_some) {
                let mut out = Vec::new();
                let codes = picked(sizes, rows).map(|size| size.map_or(0, |size| size.saturating_add(1)));
                encode_wide(codes, &mut out);
                sections.push((kind, out));
            }
        }
        sections
    }

    fn encoded_times(&self, rows: &[u32]) -> Vec<u8> {
        let times: Vec<i64> = picked(&self.times, rows).collect();
        let mut out = Vec::new();
        let mut distances = Vec::with_capacity(times.len());
        for block in times.chunks(BLOCK) {
            let first = block.first().copied().unwrap_or_default();
            out.extend_from_slice(&first.to_le_bytes());
            distances.extend(block.iter().map(|time| time.abs_diff(first)));
        }
        encode_wide(distances.into_iter(), &mut out);
        out
    }

    fn encoded_ids(&self, rows: &[u32]) -> Vec<u8> {
        let first = self.bounds().first_id;
        let displacements = (0_i64..).zip(picked(&self.ids, rows)).map(|(row, id)| {
            let displacement = id.wrapping_sub(first).wrapping_sub(row);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "ids lie near each other"
            )]
            let zigzag = ((displacement << 1) ^ (displacement >> 63)) as u32;
            zigzag
        });
        let mut out = Vec::new();
        encode(displacements.collect::<Vec<_>>().into_iter(), &mut out);
        out
    }

    fn encoded_outcomes(&self, rows: &[u32]) -> Vec<u8> {
        let mut values = self.outcomes.clone();
        values.sort_unstable();
        values.dedup();
        let mut out = Vec::new();
        encode_outcomes(&values, &mut out);
        let codes = picked(&self.outcomes, rows).map(|outcome| {
            u32::try_from(values.binary_search(&outcome).unwrap_or_default()).unwrap_or_default()
        });
        encode(codes.collect::<Vec<_>>().into_iter(), &mut out);
        out
    }

    fn encoded_addresses(&self, rows: &[u32]) -> Vec<u8> {
        let (values, codes) = self.addresses.sorted(rows);
        let mut out = Vec::new();
        encode_addresses(&values.into_iter().copied().collect::<Vec<_>>(), &mut out);
        encode(codes.into_iter(), &mut out);
        out
    }
}

impl FromIterator<RequestEvent> for Segment {
    /// The events get the ids 1, 2, 3, … in the order in which they come.
    fn from_iter<I: IntoIterator<Item = RequestEvent>>(events: I) -> Self {
        let mut builder = SegmentBuilder::default();
        for (id, event) in (1..).zip(events) {
            builder.push(id, &event);
        }
        builder.build()
    }
}

fn encoded_label(column: &Numbered<Arc<str>>, rows: &[u32]) -> Vec<u8> {
    let (values, codes) = column.sorted(rows);
    let mut out = Vec::new();
    Texts::encode(values.into_iter().map(AsRef::as_ref), &mut out);
    encode(codes.into_iter(), &mut out);
    out
}

/// A column in the order of the rows.
fn picked<'a, T: Copy + Default>(
    column: &'a [T],
    rows: &'a [u32],
) -> impl ExactSizeIterator<Item = T> + Clone + 'a {
    rows.iter().map(|&row| column.get(row as usize).copied().unwrap_or_default())
}
