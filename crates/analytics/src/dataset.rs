//! The events of one project in memory: segments that share their names.

use std::sync::Arc;

use domain::{RequestEvent, Timestamp};

use crate::segment::{Label, Segment};
use crate::vocabulary::{Part, Vocabulary};

/// Events of one project. Cloning is cheap: clones share segments and names, and neither sees what the other
/// adds later.
#[derive(Debug, Clone, Default)]
pub struct Dataset {
    pub(crate) vocabulary: Arc<Vocabulary>,
    pub(crate) parts: Vec<Arc<Part>>,
}

impl Dataset {
    /// Adds a segment. Segments may overlap in time, but no event may be in two of them.
    pub fn push(&mut self, segment: &Arc<Segment>) {
        if !segment.is_empty() {
            self.parts.push(Arc::new(Part::new(segment, &mut self.vocabulary)));
        }
    }

    /// Numbers the names of a segment without adding its events. Who holds several data sets of one project in
    /// memory one after the other lets the first one learn all names, and makes the others with
    /// [`with_only`](Self::with_only).
    pub fn learn(&mut self, segment: &Arc<Segment>) {
        drop(Part::new(segment, &mut self.vocabulary));
    }

    /// A data set with the same names, and this segment alone.
    #[must_use]
    pub fn with_only(&self, segment: &Arc<Segment>) -> Self {
        let mut other = Self { vocabulary: Arc::clone(&self.vocabulary), parts: Vec::new() };
        other.push(segment);
        other
    }

    /// Keeps the segments that `keep` says yes to.
    pub fn retain(&mut self, mut keep: impl FnMut(&Segment) -> bool) {
        self.parts.retain(|part| keep(&part.segment));
    }

    /// The segments in the order in which they came.
    pub fn segments(&self) -> impl Iterator<Item = &Arc<Segment>> {
        self.parts.iter().map(|part| &part.segment)
    }

    /// Hands every distinct endpoint, route, user agent, host and consumer to `visit`, with the name of its field.
    pub fn each_name(&self, visit: &mut dyn FnMut(&'static str, &str)) {
        for endpoint in self.vocabulary.endpoints.values() {
            visit("endpoint", endpoint);
        }
        for label in Label::ALL {
            for text in self.vocabulary.label(label).values() {
                visit(label.field(), text);
            }
        }
    }

    /// The number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.segment.len()).sum()
    }

    /// Whether there are no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Memory it takes, roughly, in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.vocabulary.memory() + self.parts.iter().map(|part| part.memory()).sum::<usize>()
    }

    /// The time of the oldest event.
    #[must_use]
    pub fn oldest(&self) -> Option<Timestamp> {
        let times = self.parts.iter().map(|part| part.segment.bounds().first_time);
        times.min().and_then(Timestamp::from_micros)
    }
}

impl FromIterator<RequestEvent> for Dataset {
    /// The events get the ids 1, 2, 3, … in the order in which they come.
    fn from_iter<I: IntoIterator<Item = RequestEvent>>(events: I) -> Self {
        let mut dataset = Self::default();
        dataset.push(&Arc::new(events.into_iter().collect()));
        dataset
    }
}
