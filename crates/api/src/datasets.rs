//! The events of projects in memory, for reading: segments as they are stored, and the rows that are in none
//! yet. Kept up to date by asking for what is new at each question; bounded by a budget.

#[cfg(test)]
mod tests;
mod view;

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use analytics::{Dataset, Segment, SegmentBuilder};
use domain::{Dashboard, DashboardQuery, LogQuery, ProjectId, StoredEvent};
use storage::{SegmentEntry, Storage};

use crate::read_error::ReadError;
use crate::sealing;
use view::View;

/// Rows of the tail that go into one segment in memory.
const TAIL_ROWS: usize = 1 << 18;
/// How often a question is asked again when the segments change under it.
const ATTEMPTS: u32 = 5;

/// The events of all projects that were asked for lately.
pub(crate) struct Datasets {
    storage: Storage,
    budget_bytes: usize,
    threads: NonZero<usize>,
    projects: Mutex<Projects>,
}

#[derive(Default)]
struct Projects {
    slots: HashMap<ProjectId, Slot>,
    /// Counts the questions.
    clock: u64,
}

#[derive(Default)]
struct Slot {
    held: Arc<Mutex<Held>>,
    bytes: usize,
    last_used: u64,
}

/// What is in memory of one project.
#[derive(Default)]
struct Held {
    /// The version of the segments.
    version: Option<i64>,
    /// The number of the last event that is in a segment, and that of the last one in memory.
    sealed_id: i64,
    last_id: i64,
    /// The segments that do not fit into the budget. Their names are known.
    cold: Vec<SegmentEntry>,
    /// The other segments, and the rows that are in none.
    dataset: Dataset,
}

impl Datasets {
    pub(crate) fn new(storage: Storage, budget_bytes: usize, threads: NonZero<usize>) -> Self {
        Self { storage, budget_bytes, threads, projects: Mutex::default() }
    }

    /// The figures of a project.
    pub(crate) fn dashboard(
        &self,
        project: ProjectId,
        query: &DashboardQuery,
    ) -> Result<Dashboard, ReadError> {
        self.ask(project, |view| analytics::dashboard_of(view, query, self.threads))
    }

    /// A page of a project's events.
    pub(crate) fn search(&self, project: ProjectId, query: &LogQuery) -> Result<Vec<StoredEvent>, ReadError> {
        self.ask(project, |view| analytics::search(view, query))
    }

    /// Hands every distinct endpoint, route, user agent, host and consumer of a project to `visit`, with the name of
    /// its field.
    pub(crate) fn each_name(
        &self,
        project: ProjectId,
        visit: &mut dyn FnMut(&'static str, &str),
    ) -> Result<(), ReadError> {
        self.ask(project, |view| Ok(view.dataset))?.each_name(visit);
        Ok(())
    }

    fn ask<T>(
        &self,
        project: ProjectId,
        question: impl Fn(View<'_>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        for _ in 1..ATTEMPTS {
            match self.view(project).and_then(&question) {
                Err(ReadError::Changed) => {}
                answer => return answer,
            }
        }
        question(self.view(project)?)
    }

    /// All events of a project as of now.
    fn view(&self, project: ProjectId) -> Result<View<'_>, ReadError> {
        let held = self.touch(project);
        let mut held = locked(&held);
        self.refresh(project, &mut held)?;
        let view = View {
            storage: &self.storage,
            project,
            version: held.version.unwrap_or_default(),
            dataset: held.dataset.clone(),
            cold: held.cold.clone(),
        };
        self.account(project, held.dataset.memory());
        Ok(view)
    }

    fn touch(&self, project: ProjectId) -> Arc<Mutex<Held>> {
        let mut projects = locked(&self.projects);
        projects.clock += 1;
        let now = projects.clock;
        let slot = projects.slots.entry(project).or_default();
        slot.last_used = now;
        Arc::clone(&slot.held)
    }

    /// Notes what a project takes, and lets projects go that were not asked for lately until all fit into the budget.
    fn account(&self, project: ProjectId, bytes: usize) {
        let mut projects = locked(&self.projects);
        if let Some(slot) = projects.slots.get_mut(&project) {
            slot.bytes = bytes;
        }
        while projects.slots.values().map(|slot| slot.bytes).sum::<usize>() > self.budget_bytes {
            let others = projects.slots.iter().filter(|(other, _)| **other != project);
            let Some(oldest) = others.min_by_key(|(_, slot)| slot.last_used).map(|(other, _)| *other) else {
                break;
            };
            projects.slots.remove(&oldest);
        }
    }

    /// Brings what is in memory up to date.
    fn refresh(&self, project: ProjectId, held: &mut Held) -> Result<(), ReadError> {
        let mut tail = Tail::default();
        let news = self.storage.news(project, held.version, held.last_id, |event| tail.push(&event));
        let (seal, entries) = news.inspect_err(|_| *held = Held::default())?;
        if let Some(entries) = entries {
            if let Some(gap) = sealing::gap(&entries, seal.sealed_id) {
                *held = Held::default();
                sealing::fill(&self.storage, project, seal.version, &gap)?;
                return Err(ReadError::Changed);
            }
            // The rows that were in memory may be in segments now; they have been read again.
            held.dataset.retain(|segment| entries.iter().any(|entry| is_of(segment, entry)));
            held.version = None;
            self.load(project, seal.version, &entries, held)?;
            held.version = Some(seal.version);
            held.sealed_id = seal.sealed_id;
        }
        held.last_id = seal.last_id;
        for segment in tail.finish() {
            held.dataset.push(&Arc::new(segment));
        }
        merge_tail(&mut held.dataset, held.sealed_id);
        Ok(())
    }

    /// Loads the segments that are not in memory, the newest first, as far as the budget goes.
    fn load(
        &self,
        project: ProjectId,
        version: i64,
        entries: &[SegmentEntry],
        held: &mut Held,
    ) -> Result<(), ReadError> {
        let in_memory = |entry: &SegmentEntry| held.dataset.segments().any(|segment| is_of(segment, entry));
        let missing: Vec<_> = entries.iter().rev().filter(|entry| !in_memory(entry)).copied().collect();
        held.cold.clear();
        let next = AtomicUsize::new(0);
        let (sender, loaded) = std::sync::mpsc::sync_channel(self.threads.get());
        std::thread::scope(|scope| {
            for _ in 0..self.threads.get().min(missing.len()) {
                let (sender, next, missing) = (sender.clone(), &next, &missing);
                scope.spawn(move || {
                    while let Some(entry) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let segment = sealing::load(&self.storage, project, version, entry);
                        if sender.send((*entry, segment)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            for (entry, segment) in loaded {
                let segment = Arc::new(segment?);
                if held.dataset.memory() + segment.memory() <= self.budget_bytes {
                    held.dataset.push(&segment);
                } else {
                    held.dataset.learn(&segment);
                    held.cold.push(entry);
                }
            }
            Ok(())
        })
    }
}

fn is_of(segment: &Segment, entry: &SegmentEntry) -> bool {
    let bounds = segment.bounds();
    (bounds.first_id, bounds.last_id) == (entry.first_id, entry.last_id)
}

/// Rows that are in no segment yet, as segments in memory.
#[derive(Default)]
struct Tail {
    full: Vec<Segment>,
    builder: SegmentBuilder,
}

impl Tail {
    fn push(&mut self, stored: &StoredEvent) {
        self.builder.push(stored.id, &stored.event);
        if self.builder.len() == TAIL_ROWS {
            self.full.push(std::mem::take(&mut self.builder).build());
        }
    }

    fn finish(mut self) -> Vec<Segment> {
        if !self.builder.is_empty() {
            self.full.push(self.builder.build());
        }
        self.full
    }
}

/// Each question adds the newest rows as a segment of its own. Neighbours are merged as long as the older one
/// is not clearly larger, so there are few, and each row is merged few times.
fn merge_tail(dataset: &mut Dataset, sealed_id: i64) {
    let is_tail = |segment: &Segment| segment.bounds().first_id > sealed_id;
    let mut tail: Vec<Arc<Segment>> =
        dataset.segments().filter(|segment| is_tail(segment)).cloned().collect();
    let mut newest: Vec<Arc<Segment>> = tail.pop().into_iter().collect();
    let mut rows = newest.iter().map(|segment| segment.len()).sum::<usize>();
    while let Some(older) = tail.last().filter(|older| older.len() <= 2 * rows && older.len() < TAIL_ROWS) {
        rows += older.len();
        newest.push(Arc::clone(older));
        tail.pop();
    }
    if newest.len() < 2 {
        return;
    }
    let mut builder = SegmentBuilder::default();
    for segment in &newest {
        builder.append(segment);
    }
    dataset.retain(|segment| !newest.iter().any(|merged| merged.bounds() == segment.bounds()));
    dataset.push(&Arc::new(builder.build()));
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
