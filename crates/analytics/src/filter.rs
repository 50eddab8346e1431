//! Filters on columns: each condition becomes a table over the codes of a segment, so that a row is tested
//! with one look-up a condition and no comparison of texts.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;

use domain::{Choice, Duration, EventFilter};

use crate::dictionary::Dictionary;
use crate::segment::{BLOCK, Label, Lane, Outcome, Segment, WideLane};
use crate::vocabulary::{Part, Vocabulary};

/// Whether a value with this number is admitted; `None` if all are.
type ByNumber = Option<Vec<bool>>;

/// A filter over the numbers of a vocabulary.
pub(crate) struct Restriction<'a> {
    filter: &'a EventFilter,
    endpoints: ByNumber,
    addresses: ByNumber,
    labels: [ByNumber; Label::ALL.len()],
}

impl<'a> Restriction<'a> {
    pub(crate) fn new(filter: &'a EventFilter, names: &Vocabulary) -> Self {
        let exact = by_value(&filter.endpoints, &names.endpoints);
        let parts = by_part(&filter.endpoint_parts, &names.endpoints);
        Self {
            filter,
            endpoints: both(exact, parts),
            addresses: by_value(&filter.ips, &names.addresses),
            labels: Label::ALL.map(|label| match label {
                Label::Route => None,
                Label::UserAgent => by_part(&filter.user_agent_parts, names.label(label)),
                Label::Hostname => by_value(&filter.hostnames, names.label(label)),
                Label::Consumer => by_value(&filter.consumers, names.label(label)),
            }),
        }
    }

    /// Whether an event without this label is admitted.
    fn admits_without(&self, label: Label) -> bool {
        match label {
            Label::Route => true,
            Label::UserAgent => self.filter.user_agent_parts.any_of.is_empty(),
            Label::Hostname => self.filter.hostnames.any_of.is_empty(),
            Label::Consumer => self.filter.consumers.any_of.is_empty(),
        }
    }

    /// The filter over the codes of a segment; `None` if it admits nothing in it.
    pub(crate) fn on(&self, part: &Part) -> Option<Selection> {
        let segment = &part.segment;
        let admitted = |table: &Vec<bool>, number: u32| table.get(number as usize).copied().unwrap_or(true);
        let endpoints = self.endpoints.as_ref().map(|table| {
            Table::new(
                part.endpoints.iter().map(|&number| admitted(table, number)),
                segment.endpoints.codes.bound(),
            )
        });
        let addresses = self.addresses.as_ref().map(|table| {
            let known = part.addresses.iter().map(|&number| admitted(table, number));
            let none = self.filter.ips.any_of.is_empty();
            Table::new(std::iter::once(none).chain(known), segment.addresses.codes.bound())
        });
        let filter = self.filter;
        let outcomes = (!filter.methods.is_unrestricted()
            || !filter.status_codes.is_unrestricted()
            || !filter.status_classes.is_unrestricted())
        .then(|| {
            let values = segment.outcomes.values.iter();
            Table::new(values.map(|&outcome| admits(filter, outcome)), segment.outcomes.codes.bound())
        });
        let mut labels = Label::ALL.map(|_| None);
        for ((label, by_number), place) in Label::ALL.into_iter().zip(&self.labels).zip(&mut labels) {
            *place = by_number.as_ref().map(|table| {
                let known = part.label(label).iter().map(|&number| admitted(table, number));
                let bound = segment.label(label).map_or(1, |column| column.codes.bound());
                Table::new(std::iter::once(self.admits_without(label)).chain(known), bound)
            });
        }
        let durations = match (filter.process_time_min, filter.process_time_max) {
            (None, None) => None,
            (min, max) => {
                Some((min.map_or(0, Duration::as_micros), max.map_or(u64::MAX, Duration::as_micros)))
            }
        };
        let tables = [&endpoints, &addresses, &outcomes].into_iter().chain(&labels);
        if tables.flatten().any(|table| table.is_empty) {
            return None;
        }
        // A condition that all values meet needs no look-ups.
        let needed = |table: Option<Table>| table.filter(|table| !table.is_full);
        Some(Selection {
            endpoints: needed(endpoints),
            addresses: needed(addresses),
            outcomes: needed(outcomes),
            labels: labels.map(needed),
            durations,
        })
    }
}

/// Whether the value of a code is admitted.
struct Table {
    admitted: Vec<u8>,
    is_empty: bool,
    is_full: bool,
}

impl Table {
    fn new(admitted: impl Iterator<Item = bool>, bound: usize) -> Self {
        let mut admitted: Vec<u8> = admitted.map(u8::from).collect();
        let is_empty = !admitted.contains(&1);
        let is_full = !admitted.contains(&0);
        admitted.resize(bound.max(admitted.len()), 0);
        Self { admitted, is_empty, is_full }
    }

    #[expect(clippy::indexing_slicing, reason = "codes lie below the bound that the table has grown to")]
    fn narrow(&self, codes: &[u32], mask: &mut [u8]) {
        for (admits, &code) in mask.iter_mut().zip(codes) {
            *admits &= self.admitted[code as usize];
        }
    }
}

/// A filter over the codes of one segment.
pub(crate) struct Selection {
    endpoints: Option<Table>,
    addresses: Option<Table>,
    outcomes: Option<Table>,
    labels: [Option<Table>; Label::ALL.len()],
    durations: Option<(u64, u64)>,
}

impl Selection {
    /// Whether every event is admitted.
    pub(crate) fn is_all(&self) -> bool {
        let tables = [&self.endpoints, &self.addresses, &self.outcomes];
        self.durations.is_none() && tables.into_iter().chain(&self.labels).all(Option::is_none)
    }

    /// Sets the mask to 1 for the rows of a block that are admitted.
    pub(crate) fn mark(&self, segment: &Segment, block: usize, mask: &mut [u8; BLOCK]) {
        let bytes = segment.bytes();
        let mut lane: Lane = [0; BLOCK];
        mask.fill(0);
        mask.get_mut(..segment.rows_of(block)).unwrap_or_default().fill(1);
        let columns = [
            (&self.outcomes, &segment.outcomes.codes),
            (&self.endpoints, &segment.endpoints.codes),
            (&self.addresses, &segment.addresses.codes),
        ];
        for (table, codes) in columns {
            if let Some(table) = table {
                codes.unpack(bytes, block, &mut lane);
                table.narrow(&lane, mask);
            }
        }
        for (label, table) in Label::ALL.into_iter().zip(&self.labels) {
            if let Some(table) = table {
                match segment.label(label) {
                    Some(column) => column.codes.unpack(bytes, block, &mut lane),
                    None => lane.fill(0),
                }
                table.narrow(&lane, mask);
            }
        }
        if let Some((min, max)) = self.durations {
            let mut wide: WideLane = [0; BLOCK];
            segment.durations.unpack(bytes, block, &mut wide);
            for (admits, duration) in mask.iter_mut().zip(wide) {
                *admits &= u8::from(min <= duration && duration <= max);
            }
        }
    }
}

fn admits(filter: &EventFilter, outcome: Outcome) -> bool {
    let (Some(method), Some(status)) = (outcome.to_method(), outcome.to_status()) else {
        return false;
    };
    filter.methods.admits(|wanted| *wanted == method)
        && filter.status_codes.admits(|wanted| *wanted == status)
        && filter.status_classes.admits(|wanted| *wanted == status.class())
}

/// Exact values.
fn by_value<T, V>(choice: &Choice<V>, names: &Dictionary<T>) -> ByNumber
where
    T: Clone + Eq + Hash + Borrow<V::Key>,
    V: Value,
    V::Key: Eq + Hash,
{
    if choice.is_unrestricted() {
        return None;
    }
    let mut table = vec![choice.any_of.is_empty(); names.values().len()];
    let mut set = |values: &[V], admitted: bool| {
        for number in values.iter().filter_map(|value| names.find(value.key())) {
            if let Some(place) = table.get_mut(number as usize) {
                *place = admitted;
            }
        }
    };
    set(&choice.any_of, true);
    set(&choice.none_of, false);
    Some(table)
}

/// Texts that contain parts.
fn by_part(choice: &Choice<String>, names: &Dictionary<Arc<str>>) -> ByNumber {
    let admits = |name: &Arc<str>| choice.admits(|part| name.contains(part.as_str()));
    (!choice.is_unrestricted()).then(|| names.values().iter().map(admits).collect())
}

fn both(a: ByNumber, b: ByNumber) -> ByNumber {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.into_iter().zip(b).map(|(a, b)| a && b).collect()),
        (a, b) => a.or(b),
    }
}

/// A value of a filter, in the form in which dictionaries know it.
trait Value {
    type Key: ?Sized;
    fn key(&self) -> &Self::Key;
}

impl Value for String {
    type Key = str;
    fn key(&self) -> &str {
        self
    }
}

impl Value for domain::ClientAddress {
    type Key = Self;
    fn key(&self) -> &Self {
        self
    }
}
