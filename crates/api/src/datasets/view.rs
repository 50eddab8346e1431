//! All events of a project as of one instant, also those that do not fit into memory.

use std::sync::Arc;

use analytics::{Dataset, Source};
use domain::{ProjectId, TimeRange, Timestamp};
use storage::{SegmentEntry, Storage};

use crate::read_error::ReadError;
use crate::sealing;

/// What a question is answered from.
pub(super) struct View<'a> {
    pub(super) storage: &'a Storage,
    pub(super) project: ProjectId,
    /// The version of the segments.
    pub(super) version: i64,
    /// What is in memory; it knows the names of all segments.
    pub(super) dataset: Dataset,
    /// Segments that are read when they are needed, one at a time.
    pub(super) cold: Vec<SegmentEntry>,
}

impl Source for View<'_> {
    type Error = ReadError;

    fn each(&mut self, range: TimeRange, visit: &mut dyn FnMut(&Dataset)) -> Result<(), ReadError> {
        visit(&self.dataset);
        let (start, end) = (range.start().as_micros(), range.end().as_micros());
        for entry in &self.cold {
            if entry.first_time <= end && start <= entry.last_time {
                let segment = sealing::load(self.storage, self.project, self.version, entry)?;
                visit(&self.dataset.with_only(&Arc::new(segment)));
            }
        }
        Ok(())
    }

    fn oldest(&self) -> Option<Timestamp> {
        let cold = self.cold.iter().filter_map(|entry| Timestamp::from_micros(entry.first_time));
        cold.chain(self.dataset.oldest()).min()
    }
}
