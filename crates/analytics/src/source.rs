//! Where events come from: a data set in memory, or more than fits into it, piece by piece.

use std::num::NonZero;
use std::sync::Arc;

use domain::{Dashboard, DashboardQuery, EventFilter, LogQuery, StoredEvent, TimeRange, Timestamp};

use crate::dataset::Dataset;
use crate::plan::Plan;
use crate::segment::SegmentError;
use crate::state::State;

/// Events of one API key. They may lie in several data sets that are in memory one after the other, as long
/// as these share their names: each was made by adding to a clone of the one before.
pub trait Source {
    /// Why events cannot be had.
    type Error;

    /// Shows every data set with events of the time range, in any order; may be called several times.
    ///
    /// # Errors
    /// Some events cannot be had; then the answer would lack them.
    fn each(&mut self, range: TimeRange, visit: &mut dyn FnMut(&Dataset)) -> Result<(), Self::Error>;

    /// The time of the oldest event of all.
    fn oldest(&self) -> Option<Timestamp>;
}

impl Source for &Dataset {
    type Error = SegmentError;

    fn each(&mut self, _: TimeRange, visit: &mut dyn FnMut(&Dataset)) -> Result<(), SegmentError> {
        visit(self);
        Ok(())
    }

    fn oldest(&self) -> Option<Timestamp> {
        (**self).oldest()
    }
}

/// Every figure that the query asks for, computed on at most so many threads.
///
/// # Errors
/// The source cannot give all events.
pub fn dashboard_of<S: Source>(
    mut source: S,
    query: &DashboardQuery,
    threads: NonZero<usize>,
) -> Result<Dashboard, S::Error> {
    let oldest = source.oldest();
    crate::answer::dashboard(query, oldest, |plan: &Arc<Plan>, filter: &EventFilter| {
        let mut sum: Option<State> = None;
        source.each(filter.range, &mut |dataset| {
            let state = State::of(dataset, plan, filter, threads);
            // States of data sets that share their names are added number by number.
            match &mut sum {
                None => sum = Some(state),
                Some(sum) => sum.merge(&state),
            }
        })?;
        Ok(sum.unwrap_or_else(|| State::new(plan)))
    })
}

/// One page of events.
///
/// # Errors
/// The source cannot give all events, or one of them is damaged.
pub fn search<S>(mut source: S, query: &LogQuery) -> Result<Vec<StoredEvent>, S::Error>
where
    S: Source,
    S::Error: From<SegmentError>,
{
    crate::search::page(query, |visit| source.each(query.filter.range, visit))
}
