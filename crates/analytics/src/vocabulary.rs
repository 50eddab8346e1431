//! The names of a data set: each endpoint, address and label has one number in all of its segments.

use std::sync::{Arc, OnceLock};

use domain::ClientAddress;

use crate::dictionary::Dictionary;
use crate::segment::{Label, Segment};

/// Numbers of endpoints, addresses and labels. Grows only, so numbers stay what they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vocabulary {
    pub(crate) endpoints: Dictionary<Arc<str>>,
    pub(crate) addresses: Dictionary<ClientAddress>,
    pub(crate) labels: [Dictionary<Arc<str>>; Label::ALL.len()],
    /// By number; of the names as they are, computed when they are first asked for.
    endpoint_ranks: OnceLock<Box<[u32]>>,
    address_ranks: OnceLock<Box<[u32]>>,
}

impl Vocabulary {
    /// The place of each endpoint among all of them in ascending order, by number.
    pub(crate) fn endpoint_ranks(&self) -> &[u32] {
        self.endpoint_ranks.get_or_init(|| ranks(self.endpoints.values()))
    }

    /// The place of each address among all of them in ascending order, by number.
    pub(crate) fn address_ranks(&self) -> &[u32] {
        self.address_ranks.get_or_init(|| ranks(self.addresses.values()))
    }

    /// The numbers of a label's texts.
    pub(crate) fn label(&self, label: Label) -> &Dictionary<Arc<str>> {
        label.pick(&self.labels)
    }

    /// Memory it takes, roughly, in bytes.
    pub(crate) fn memory(&self) -> usize {
        let texts =
            |names: &Dictionary<Arc<str>>| names.values().iter().map(|name| name.len() + 64).sum::<usize>();
        self.addresses.values().len() * 48
            + texts(&self.endpoints)
            + self.labels.iter().map(texts).sum::<usize>()
    }
}

fn ranks<T: Ord>(values: &[T]) -> Box<[u32]> {
    let mut order: Vec<(&T, u32)> = values.iter().zip(0..).collect();
    order.sort_unstable();
    let mut ranks = vec![0; order.len()];
    for (rank, (_, number)) in (0..).zip(order) {
        if let Some(place) = ranks.get_mut(number as usize) {
            *place = rank;
        }
    }
    ranks.into()
}

/// A segment whose codes are translated into the numbers of a vocabulary.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) segment: Arc<Segment>,
    /// By code.
    pub(crate) endpoints: Box<[u32]>,
    /// By code less one.
    pub(crate) addresses: Box<[u32]>,
    /// By code less one; empty where no event has the label.
    pub(crate) labels: [Box<[u32]>; Label::ALL.len()],
}

impl Part {
    /// Translates the codes of a segment. Where others share the vocabulary and the segment has new names, a
    /// copy with these names takes its place.
    pub(crate) fn new(segment: &Arc<Segment>, vocabulary: &mut Arc<Vocabulary>) -> Self {
        Self::of_known(segment, vocabulary)
            .unwrap_or_else(|| Self::of_any(segment, Arc::make_mut(vocabulary)))
    }

    /// `None` if a name has no number yet.
    fn of_known(segment: &Arc<Segment>, vocabulary: &Vocabulary) -> Option<Self> {
        let names = segment.endpoints.values.iter(segment.bytes());
        let endpoints = names.map(|name| vocabulary.endpoints.find(name)).collect::<Option<_>>()?;
        let addresses = segment.addresses.values.iter();
        let addresses = addresses.map(|address| vocabulary.addresses.find(address)).collect::<Option<_>>()?;
        let mut labels = Label::ALL.map(|_| Box::default());
        for (label, numbers) in Label::ALL.into_iter().zip(&mut labels) {
            let known = vocabulary.label(label);
            *numbers = segment.texts(label).map(|text| known.find(text)).collect::<Option<_>>()?;
        }
        Some(Self { segment: Arc::clone(segment), endpoints, addresses, labels })
    }

    /// Gives new names their numbers.
    fn of_any(segment: &Arc<Segment>, vocabulary: &mut Vocabulary) -> Self {
        (vocabulary.endpoint_ranks, vocabulary.address_ranks) = Default::default();
        let names = segment.endpoints.values.iter(segment.bytes());
        let endpoints = names.map(|name| vocabulary.endpoints.number(name)).collect();
        let addresses = segment.addresses.values.iter();
        let addresses = addresses.map(|address| vocabulary.addresses.number(address)).collect();
        let mut labels = Label::ALL.map(|_| Box::default());
        let columns = Label::ALL.into_iter().zip(&mut vocabulary.labels).zip(&mut labels);
        for ((label, names), numbers) in columns {
            *numbers = segment.texts(label).map(|text| names.number(text)).collect();
        }
        Self { segment: Arc::clone(segment), endpoints, addresses, labels }
    }

    /// The numbers of a label's texts, by code less one.
    pub(crate) fn label(&self, label: Label) -> &[u32] {
        label.pick::<Box<[u32]>>(&self.labels)
    }

    /// Memory it takes, roughly, in bytes.
    pub(crate) fn memory(&self) -> usize {
        let labels = self.labels.iter().map(|numbers| numbers.len()).sum::<usize>();
        self.segment.memory() + 4 * (self.endpoints.len() + self.addresses.len() + labels)
    }
}
